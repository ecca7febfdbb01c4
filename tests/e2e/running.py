"""Real ``manage.py`` processes under the eye of a test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from django_resque.wire.payload import Payload
from tests.e2e.project.effects import VARIABLE, noted
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

_ROOT = Path(__file__).resolve().parents[2]


class Project:
    """The project in one test: starts its commands and knows what its jobs have done."""

    def __init__(self, folder: Path, url: str) -> None:
        """Keep files in ``folder`` and lead to the Redis at ``url``."""
        self.folder = folder
        self.resque: dict[str, Any] = {"URL": url}
        self.environment = {VARIABLE: str(folder / "effects")}
        self._running: list[Running] = []

    def start(self, *words: str, **environment: str) -> Running:
        """Start ``manage.py`` with these words and further environment variables."""
        running = Running(
            [*words, "--no-color"],
            {
                **{name: text for name, text in os.environ.items() if name not in ELSEWHERE},
                "PROJECT_RESQUE": json.dumps(self.resque),
                **self.environment,
                **environment,
            },
            self.folder / f"log-{len(self._running)}",
        )
        self._running.append(running)
        return running

    def worker(self, *options: str, queues: str = "*", **environment: str) -> Running:
        """Start a worker that looks only when told, and wait until it is idle."""
        running = self.start(
            "resque_work", "--queues", queues, "--interval", "60", *options, **environment
        )
        running.await_title("Waiting for")
        return running

    def effects(self) -> list[str]:
        """Return what the jobs have noted so far."""
        return noted(self.folder / "effects")

    def await_effect(self, line: str) -> None:
        """Wait until a job has noted this."""
        eventually(lambda: line in self.effects(), message=f"no effect {line!r}")

    def release(self) -> None:
        """Let the jobs that wait for it go on."""
        (self.folder / "released").touch()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what still runs."""
        for running in self._running:
            running.kill_tree()


class Running:
    """One command, in a session of its own."""

    def __init__(self, words: list[str], environment: dict[str, str], log: Path) -> None:
        """Start it; what it prints goes to ``log``."""
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.project.manage", *words],
                cwd=_ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._asleep: tuple[list[str], float] = ([], 0.0)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    @property
    def title(self) -> str:
        """Its process title."""
        return title(self.pid)

    @property
    def children(self) -> list[int]:
        """The pids of its children."""
        return children(self.pid)

    def asleep_for(self, seconds: float) -> bool:
        """Tell whether it has been seen doing nothing for this long; ask again and again."""
        switches = [line for line in self._status() if line.startswith("voluntary_ctxt")]
        if switches != self._asleep[0]:
            self._asleep = (switches, time.monotonic())
        return time.monotonic() - self._asleep[1] > seconds

    @property
    def processor_time(self) -> float:
        """The seconds of processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def await_title(self, part: str) -> None:
        """Wait until its title has this in it."""

        def reached() -> bool:
            assert self.alive, f"ended with {self._process.returncode}: {self.log}"
            return part in self.title

        eventually(reached, message=f"title never had {part!r}")

    def signal(self, *numbers: signal.Signals) -> None:
        """Send it signals."""
        for number in numbers:
            os.kill(self.pid, number)

    def wait(self, timeout: float = 10.0) -> int:
        """Wait for its end and return its exit status."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            message = f"still runs after {timeout:g} s as {self.title!r}: {self.log}"
            raise AssertionError(message) from None

    def _status(self) -> list[str]:
        return Path(f"/proc/{self.pid}/status").read_text().splitlines()

    def kill_tree(self) -> None:
        """Kill it, its children and theirs, and wait for its end."""
        for pid in (*descendants(self.pid), self.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)


def push(client: redis.Redis, job: str, *args: Any, queue: str = "q") -> bytes:
    """Enqueue a job of the project as any client would, and return its payload."""
    payload = Payload(f"tests.e2e.project.jobs.{job}", list(args)).encode()
    push_raw(client, payload, queue=queue)
    return payload


def push_raw(client: redis.Redis, *payloads: bytes, queue: str = "q") -> None:
    """Enqueue bytes that need not be a payload."""
    client.sadd("resque:queues", queue)
    client.rpush(f"resque:queue:{queue}", *payloads)


def failures(client: redis.Redis) -> list[dict[str, Any]]:
    """Return all failure records."""
    return [json.loads(raw) for raw in client.lrange("resque:failed", 0, -1)]


def failed_args(client: redis.Redis) -> list[Any]:
    """Return the arguments of the failed jobs."""
    return [record["payload"]["args"] for record in failures(client)]


def stats(client: redis.Redis) -> tuple[int, int]:
    """Return the counters of all workers: processed and failed."""
    return int(client.get("resque:stat:processed") or 0), int(client.get("resque:stat:failed") or 0)


def title(pid: int) -> str:
    """Return the title of a process; empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return ""


def alive(pid: int) -> bool:
    """Tell whether a process runs: a zombie does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children(pid: int) -> list[int]:
    """Return the pids of the living children of a process."""
    with suppress(OSError):
        pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [child for child in map(int, pids) if alive(child)]
    return []


def descendants(pid: int) -> list[int]:
    """Return the pids of a process' children and theirs."""
    return [each for child in children(pid) for each in (child, *descendants(child))]


# A Procfile's variables of the person who runs the tests are not meant for these workers.
ELSEWHERE = {
    "QUEUE", "QUEUES", "INTERVAL", "COUNT", "TERM_CHILD", "GRACEFUL_TERM", "FORK_PER_JOB",
    "JOBS_PER_FORK", "RESQUE_TERM_TIMEOUT", "RESQUE_PRE_SHUTDOWN_TIMEOUT", "RUN_AT_EXIT_HOOKS",
    "PIDFILE", "BACKGROUND", "VVERBOSE", "RESQUE_PROCLINE_PREFIX", "RESQUE_SCHEDULER_INTERVAL",
    "DJANGO_SETTINGS_MODULE",
}  # fmt: skip
