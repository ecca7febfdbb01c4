// Another client of Resque for the tests: enqueues, works, lists. Prints one JSON value a line.
"use strict";

const fs = require("fs");
const Redis = require("ioredis");
const { Queue, Scheduler, Worker } = require("node-resque");

const connection = { redis: new Redis(process.env.REDIS_SOCKET), namespace: "resque" };
const say = (value) => console.log(JSON.stringify(value));
const note = (...words) => fs.appendFileSync(process.env.JOB_LOG, JSON.stringify(words) + "\n");
const moment = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const jobs = {
  Note: {
    perform: async (...args) => {
      note("node", ...args);
      await moment(2);
    },
  },
  Fail: {
    perform: async (text) => {
      throw new TypeError(text);
    },
  },
  Wait: {
    perform: async () => {
      note("node", "waiting");
      while (!fs.existsSync(process.env.RELEASED)) await moment(10);
    },
  },
};

// Enqueue [queue, class, args] each, in their order.
async function enqueue(calls) {
  const queue = new Queue({ connection });
  await queue.connect();
  for (const [name, job, args] of JSON.parse(calls)) await queue.enqueue(name, job, args);
  await queue.end();
}

// Let [milliseconds, queue, class, args] each be due then, in their order.
async function delay(calls) {
  const queue = new Queue({ connection });
  await queue.connect();
  for (const [moment, name, job, args] of JSON.parse(calls))
    await queue.enqueueAt(moment, name, job, args);
  await queue.end();
}

// Tell what is delayed: milliseconds to the items.
async function delayed() {
  const queue = new Queue({ connection });
  await queue.connect();
  say(await queue.allDelayed());
  await queue.end();
}

// Schedule until told to stop by a TERM.
async function schedule() {
  const scheduler = new Scheduler({ connection, timeout: 20 });
  scheduler.on("error", (error) => say({ error: String(error) }));
  process.on("SIGTERM", async () => {
    await scheduler.end();
    process.exit(0);
  });
  await scheduler.connect();
  await scheduler.start();
  say({ started: scheduler.name });
}

// Work on the queues until told to stop by a TERM.
async function work(queues) {
  const list = queues === "*" ? queues : queues.split(",");
  const worker = new Worker({ connection, queues: list, timeout: 10 }, jobs);
  worker.on("error", (error) => say({ error: String(error) }));
  process.on("SIGTERM", async () => {
    await worker.end();
    process.exit(0);
  });
  await worker.connect();
  await worker.start();
  say({ started: worker.name });
}

// Tell all that the library can see.
async function inspect() {
  const queue = new Queue({ connection });
  await queue.connect();
  const queues = {};
  for (const name of await queue.queues()) queues[name] = await queue.queued(name, 0, -1);
  say({
    queues,
    workers: await queue.workers(),
    workingOn: await queue.allWorkingOn(),
    failed: await queue.failed(0, -1),
    stats: await queue.stats(),
  });
  await queue.end();
}

const [verb, ...words] = process.argv.slice(2);
({ enqueue, delay, delayed, schedule, work, inspect })[verb](...words)
  .then(() => verb === "work" || verb === "schedule" || connection.redis.quit())
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
