"""Does with our code what a transcript's steps did with Ruby's, each step by its equivalent."""

from __future__ import annotations

import json
import os
import re
import select
import shlex
import signal
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

from django_resque import enqueue_to, job, signals
from tests.e2e.running import title
from tests.interop.forked import ForkedWorker
from tests.interop.normal import every_key
from tests.interop.operations import Operations
from tests.polling import eventually

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
            worker = self._workers[-1]
            if found[1] == "CONT":
                # A pause changes no key to wait for; ended at once, it would not even begin.
                eventually(lambda: "Paused" in title(worker.pid))
            worker.signal(signal.Signals[f"SIG{found[1]}"])
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

    def await_rest(self) -> None:
        """Wait until the worker says that it has nothing to do."""
        ps = ["ps", "-o", "command=", "-p", str(self._workers[-1].pid)]
        eventually(
            lambda: re.search(
                ": (Waiting for|Paused)",
                subprocess.run(ps, capture_output=True, text=True, check=False).stdout,
            )
        )

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
