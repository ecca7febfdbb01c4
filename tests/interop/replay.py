"""Does with our code what a transcript's steps did with Ruby's, each step by its equivalent."""

from __future__ import annotations

import io
import json
import os
import re
import select
import shlex
import signal
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.management import call_command

from django_resque import dequeue, enqueue_to, job, signals, wiring
from django_resque.monitor.queues import queues
from django_resque.wire.codec import loads
from django_resque.wire.failure import digest
from tests.interop.forked import ForkedWorker
from tests.interop.normal import every_key

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from tests.conftest import Configure
    from tests.interop.normal import Keys, Normal
    from tests.interop.transcript import Step

_WORKER_HOOKS = ("before_first_fork", "before_fork", "after_fork", "before_pause", "after_pause",
                 "queue_empty", "worker_exit")  # fmt: skip
_LONG = 10  # seconds that no job of a transcript sleeps to the end
_TOLD = {"GRACEFUL_TERM", "TERM_CHILD", "FORK_PER_JOB", "RESQUE_TERM_TIMEOUT",
         "RESQUE_PRE_SHUTDOWN_TIMEOUT"}  # fmt: skip


class Replay:
    """The steps of one transcript, done by us."""

    def __init__(self, configure: Configure, client: redis.Redis) -> None:
        """Work on the server that ``configure`` leads to and ``client`` talks to."""
        self._configure = configure
        self._client = client
        self.answer: Any = None
        """What the last step has found out, as JSON; None if that is nothing to compare."""
        self._workers: list[ForkedWorker] = []
        # Jobs that sleep wait for this pipe instead, so that nothing depends on how fast we are.
        self._awaited, self._released = os.pipe()
        self._begun, self._beginning = os.pipe()
        self._hooked, self._hooking = os.pipe()
        self._releasing = True
        self.configure()

    def configure(self, **settings: Any) -> None:
        """Work with these settings besides those that make our payloads Ruby's."""
        self._configure(JOB_IDS=False, **settings)

    def do(self, step: Step) -> None:
        """Do one step; a worker in the foreground has ended when this returns."""
        self.answer = None
        if found := re.fullmatch(r"kill -(\w+) <w>", step.line):
            self._workers[-1].signal(signal.Signals[f"SIG{found[1]}"])
            # Ruby leaves the job to itself at HUP; we kill it, so it must not end before.
            self._releasing = found[1] != "HUP"
            if found[1] == "KILL":
                self._workers[-1].wait()
        elif step.line.startswith("redis "):
            name, key, *rest = step.line.removeprefix("redis ").split(" ", 2)
            texts = rest[0].split() if name in ("SADD", "DEL") and rest else rest
            texts = rest[0].split(" ", 1) if name == "HSET" else texts
            self._client.execute_command(name, key, *texts)
        else:
            for words in _simple_commands(step.line):
                self._run(words, background=step.background)

    def await_job(self) -> None:
        """Wait until a job that sleeps has begun."""
        readable, _, _ = select.select([self._begun], [], [], 10)
        assert readable, "no job has begun"

    def end(self) -> int:
        """Let jobs that sleep come to their end; return the exit status of the worker."""
        if self._releasing:
            os.write(self._released, b"!")
        return self._workers[-1].wait()

    def hooks(self) -> list[str]:
        """Return the names of the workers' hooks that have run, in order."""
        os.write(self._hooking, b"\n")
        return os.read(self._hooked, 10_000).decode().split()

    def keys(self, normal: Normal) -> Keys:
        """Return all keys there are."""
        return normal.keys(every_key(self._client))

    def clean_up(self) -> None:
        """Leave nothing behind."""
        for worker in self._workers:
            worker.clean_up()
        for descriptor in (
            self._awaited,
            self._released,
            self._begun,
            self._beginning,
            self._hooked,
            self._hooking,
        ):
            os.close(descriptor)

    def _run(self, words: list[str], *, background: bool) -> None:
        environment = {}
        while words and ("=" in words[0] or words[0] == "env"):
            name, _, value = words.pop(0).partition("=")
            environment[name] = value
        if words[:1] != ["ruby"]:
            return  # what the shell did to show Ruby's log
        if namespace := environment.get("RESQUE_NAMESPACE"):
            self.configure(NAMESPACE=namespace)
        program, *arguments = words[1:]
        if program.endswith("op.rb"):
            self.answer = getattr(Operations(self._client), arguments[0])(*arguments[1:])
        elif program.endswith("enqueue.rb"):
            name, queue, args = arguments
            enqueue_to(queue, name, *json.loads(args))
        elif program.endswith("work.rb"):
            queues, *jobs = arguments
            self._work(queues, jobs, environment, background=background)
        else:
            message = f"no equivalent of {words}"
            raise NotImplementedError(message)

    def _work(
        self, queues: str, jobs: list[str], environment: dict[str, str], *, background: bool
    ) -> None:
        told = {name: value for name, value in environment.items() if name in _TOLD}
        told["INTERVAL"] = environment.get("WORK_INTERVAL", "0")
        told["QUEUE"] = queues
        hooks = _WORKER_HOOKS if "HOOK_LOG" in environment else ()
        worker = ForkedWorker(lambda: self._define(jobs, hooks), environment=told)
        self._workers.append(worker)
        if not background:
            expected = 0
            assert expected == worker.wait()

    def _define(self, jobs: list[str], hooks: tuple[str, ...]) -> None:
        for hook in hooks:

            def note(hook: str = hook, **_: Any) -> None:
                os.write(self._hooking, hook.encode() + b"\n")

            getattr(signals, hook).connect(note, weak=False)
        for each in jobs:
            name, _, behaviour = each.partition("=")
            kind, _, number = behaviour.partition(":")
            job(name=name)(self._behaviour(kind, int(number or 0)))

    def _behaviour(self, kind: str, number: int) -> Callable[..., Any]:
        def ok(*args: Any) -> None:
            pass

        def fail(*args: Any) -> NoReturn:
            message = "boom from ruby"
            raise ValueError(message)

        def kill(*args: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        def leave(*args: Any) -> NoReturn:
            os._exit(number)

        def sleep(*args: Any) -> None:
            os.write(self._beginning, b"!")
            if number >= _LONG:
                signal.pause()
            os.read(self._awaited, 1)

        return {"ok": ok, "raise": fail, "kill": kill, "exit": leave, "sleep": sleep}[kind]


class Operations:
    """What operators do, under the names of Ruby's methods, by our API and commands."""

    def __init__(self, client: redis.Redis) -> None:
        """Look for what we have no name for through ``client``."""
        self._client = client

    def pause(self) -> None:
        """Pause all workers."""
        _call("resque_pause", "--all")

    def unpause(self) -> None:
        """Resume all workers."""
        _call("resque_resume", "--all")

    def dequeue(self, name: str, queue: str, args: str = "[]") -> int:
        """Remove a job where it waits with these arguments, or with any."""
        return dequeue(name, *json.loads(args), queue=queue)

    def peek(self, queue: str, start: str, count: str) -> list[Any]:
        """Return payloads that wait."""
        return [loads(raw) for raw in wiring.store().queues.peek(queue, int(start), int(count))]

    def queue_sizes(self) -> dict[str, int]:
        """Return the size of each queue."""
        return {row.name: row.size for row in queues(wiring.store())}

    def sample_queues(self) -> None:
        """Change nothing."""

    def remove_queue(self, queue: str) -> None:
        """Remove a queue with all that waits in it."""
        wiring.store().queues.remove(queue)

    def pop(self, queue: str) -> None:
        """Take what waits first, as another client: our workers alone take jobs."""
        self._client.lpop(f"resque:queue:{queue}")

    def workers(self) -> list[str]:
        """List the workers with their states."""
        return _call("resque_list")

    def requeue(self, index: str, name: str = "failed") -> None:
        """Retry one failure."""
        _call("resque_failed", "retry", self._digest(index, name))

    def remove(self, index: str, name: str = "failed") -> None:
        """Remove one failure."""
        _call("resque_failed", "remove", self._digest(index, name))

    def requeue_queue(self, queue: str) -> None:
        """Retry the failures of one queue."""
        _call("resque_failed", "retry", "--all", "--from-queue", queue)

    def requeue_all(self) -> None:
        """Retry all failures."""
        _call("resque_failed", "retry", "--all")

    def clear(self, name: str = "failed") -> None:
        """Remove all failures."""
        _call("resque_failed", "clear")

    def clear_retried(self) -> None:
        """Remove those that were retried."""
        _call("resque_failed", "clear", "--retried")

    def fail_remove_queue(self, queue: str) -> None:
        """Remove the failures of one queue."""
        (line,) = _call("resque_failed", "list", "--queue", queue, "--json", lines=False)
        for row in json.loads(line):
            _call("resque_failed", "remove", row["digest"])

    def _digest(self, index: str, name: str) -> str:
        return digest(wiring.store().failures.page(name, int(index), 1)[0])


def _call(name: str, *arguments: str, lines: bool = True) -> list[str]:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().splitlines() if lines else [out.getvalue()]


def _simple_commands(line: str) -> list[list[str]]:
    """Split a shell line into its commands, without redirections."""
    words = shlex.split(line.replace(";", " ; "))
    commands: list[list[str]] = [[]]
    for word in words:
        if word == ";":
            commands.append([])
        elif not re.match(r"\d?>", word):
            commands[-1].append(word)
    return [words for words in commands if words]
