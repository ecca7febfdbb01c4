"""The supervisor keeps its workers alive, passes signals on, and leaves none behind."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path
from signal import SIGCONT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, Signals
from typing import TYPE_CHECKING, TypeAlias

import pytest

from django_resque.process import supervisor as supervisor_module
from django_resque.process.forking import fork
from django_resque.process.mailbox import Mailbox
from django_resque.process.supervisor import Supervisor
from tests.e2e.project.effects import note
from tests.e2e.running import alive, children, title
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Effects = Callable[[], list[str]]


class Supervised:
    """A supervisor in a process of its own."""

    def __init__(
        self,
        count: int,
        work: Callable[[], int],
        *,
        replace: bool,
        shutdown_timeout: float,
        graceful_term: bool = False,
    ) -> None:
        """Start it."""

        def run() -> int:
            supervisor = Supervisor(
                count,
                work,
                replace=replace,
                shutdown_timeout=shutdown_timeout,
                graceful_term=graceful_term,
            )
            # What it is told when it has nobody left to tell must not change how it ended.
            signal.signal(SIGTERM, signal.SIG_IGN)
            return supervisor.run()

        self.pid = fork(run, on_parent_death=SIGKILL)
        self._status: int | None = None

    @property
    def workers(self) -> list[int]:
        """The pids of its workers."""
        return children(self.pid)

    def signal(self, number: Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ended(self) -> bool:
        """Tell whether it has ended."""
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if pid else None
        return self._status is not None

    def status(self, timeout: float = 10.0) -> int:
        """Wait for its end and return its exit code."""
        eventually(self.ended, timeout, "the supervisor did not end")
        assert self._status is not None
        return self._status


Supervise: TypeAlias = "Callable[..., Supervised]"


@pytest.fixture
def supervise(effects: Effects) -> Iterator[Callable[..., Supervised]]:
    """Start supervisors that end with the test."""
    started: list[Supervised] = []

    def supervise(
        work: Callable[[], int],
        count: int = 2,
        *,
        replace: bool = True,
        timeout: float = 30.0,
        graceful_term: bool = False,
    ) -> Supervised:
        supervised = Supervised(
            count, work, replace=replace, shutdown_timeout=timeout, graceful_term=graceful_term
        )
        started.append(supervised)
        return supervised

    yield supervise
    for supervised in started:
        if not supervised.ended():
            for pid in [*supervised.workers, supervised.pid]:
                os.kill(pid, SIGKILL)
            supervised.status()


def steady() -> int:
    """Work until told to leave, noting what is heard."""
    mailbox = Mailbox()
    mailbox.open()
    note("began", os.getpid())
    while True:
        for number in mailbox.wait(None):
            note(number.name, os.getpid())
            if number in (SIGQUIT, SIGTERM, SIGINT, SIGHUP):
                return 0


def handle(number: Signals, handler: Callable[[], None]) -> None:
    """Handle a signal without a mailbox, for which a worker's signals wait."""
    signal.signal(number, lambda *_: handler())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])


def stubborn() -> int:
    """Ignore TERM."""
    handle(SIGTERM, lambda: note("TERM ignored"))
    note("began", os.getpid())
    while True:
        signal.pause()


def told(effects: Effects, word: str) -> list[int]:
    """Return the processes that noted a word."""
    lines = [line.split() for line in effects()]
    return [int(line[1]) for line in lines if line[0] == word]


def await_workers(effects: Effects, count: int) -> list[int]:
    """Wait until so many workers have begun in all, and return them."""
    return eventually(
        lambda: pids if len(pids := told(effects, "began")) >= count else [],
        message=f"never {count} workers",
    )


@pytest.mark.parametrize("number", [SIGQUIT, SIGTERM, SIGINT, SIGHUP])
def test_stops_all(supervise: Supervise, effects: Effects, number: Signals) -> None:
    """Told to stop, it tells every worker once and in the same way, and leaves none."""
    supervised = supervise(steady, 3)
    workers = await_workers(effects, 3)

    supervised.signal(number)

    assert 0 == supervised.status(2.0)
    assert sorted(workers) == sorted(told(effects, number.name))
    assert 6 == len(effects())
    assert not any(map(alive, workers))


@pytest.mark.parametrize("number", [SIGUSR1, SIGUSR2, SIGCONT])
def test_forwards(supervise: Supervise, effects: Effects, number: Signals) -> None:
    """What is meant for the workers is passed on to all of them."""
    supervised = supervise(steady, 2)
    workers = await_workers(effects, 2)

    supervised.signal(number)

    eventually(lambda: len(told(effects, number.name)) == 2)
    assert sorted(workers) == sorted(told(effects, number.name))
    assert sorted(workers) == sorted(supervised.workers)


def test_term_then_quit(supervise: Supervise, effects: Effects) -> None:
    """Signals while stopping are passed on as well: a second TERM presses the workers."""
    supervised = supervise(stubborn, 1)
    await_workers(effects, 1)
    supervised.signal(SIGTERM)
    eventually(lambda: effects().count("TERM ignored") == 1)

    supervised.signal(SIGTERM)

    eventually(lambda: effects().count("TERM ignored") == 2)
    assert not supervised.ended()


def test_shutdown_timeout(supervise: Supervise, effects: Effects) -> None:
    """Workers that do not leave in time are killed."""
    supervised = supervise(stubborn, 2, timeout=0.3)
    workers = await_workers(effects, 2)
    began = time.monotonic()

    supervised.signal(SIGTERM)

    assert 128 + SIGKILL == supervised.status(3.0)
    assert time.monotonic() - began >= 0.3
    assert not any(map(alive, workers))


def test_told_again(supervise: Supervise, effects: Effects) -> None:
    """Telling it again and again does not put off the end of those that do not leave."""
    supervised = supervise(stubborn, 1, timeout=1.0)
    await_workers(effects, 1)
    supervised.signal(SIGTERM)

    def ended() -> bool:
        if not supervised.ended():
            supervised.signal(SIGTERM)
        return supervised.ended()

    eventually(ended, 5.0, "it was put off")

    assert 128 + SIGKILL == supervised.status()


@pytest.mark.parametrize("number", [SIGQUIT, SIGTERM])
def test_finishing(supervise: Supervise, effects: Effects, number: Signals) -> None:
    """Told to finish, it waits for as long as its workers take."""

    def slow() -> int:
        handle(number, lambda: note("told", os.getpid()))
        note("began", os.getpid())
        signal.pause()
        time.sleep(0.5)
        return 0

    supervised = supervise(slow, 1, timeout=0.1, graceful_term=number == SIGTERM)
    await_workers(effects, 1)

    supervised.signal(number)

    assert 0 == supervised.status()


def test_graceful_term_in_a_hurry(supervise: Supervise, effects: Effects) -> None:
    """Where TERM lets the workers finish, INT still gives them a limited time."""

    def slow() -> int:
        handle(SIGINT, lambda: note("INT ignored"))
        return stubborn()

    supervised = supervise(slow, 1, timeout=0.3, graceful_term=True)
    await_workers(effects, 1)

    supervised.signal(SIGTERM)
    eventually(lambda: "TERM ignored" in effects())
    supervised.signal(SIGINT)

    assert 128 + SIGKILL == supervised.status(3.0)
    assert "INT ignored" in effects()


def test_replaces(supervise: Supervise, effects: Effects) -> None:
    """A worker that has done its jobs and left is replaced at once."""

    def one_turn() -> int:
        note("began", os.getpid())
        mailbox = Mailbox()
        mailbox.open()
        return 0

    began = time.monotonic()
    supervised = supervise(one_turn, 1)

    workers = await_workers(effects, 5)

    # One that had crashed so often would have been held back for longer than that.
    assert time.monotonic() - began < 5.0
    assert len(set(workers)) == len(workers)
    supervised.signal(SIGQUIT)
    assert 0 == supervised.status()


def test_worker_not_ready(supervise: Supervise, effects: Effects, tmp_path: Path) -> None:
    """A signal to a worker that cannot hear it yet waits until it can, and does not kill it."""

    def slow_to_start() -> int:
        note("began", os.getpid())
        eventually((tmp_path / "go").exists)
        return steady()

    supervised = supervise(slow_to_start, 1)
    (worker,) = await_workers(effects, 1)
    os.kill(worker, SIGUSR1)
    supervised.signal(SIGQUIT)
    (tmp_path / "go").touch()

    assert 0 == supervised.status()
    assert [worker] == told(effects, "SIGUSR1") == told(effects, "SIGQUIT")


def test_all_done(supervise: Supervise, effects: Effects) -> None:
    """Where workers are not to be replaced, it ends with the last of them."""

    def one_turn() -> int:
        note("began", os.getpid())
        return 0

    supervised = supervise(one_turn, 3, replace=False)

    assert 0 == supervised.status()
    assert 3 == len(told(effects, "began"))


def test_crash(supervise: Supervise, effects: Effects) -> None:
    """A worker that crashes is replaced, ever more slowly while it goes on crashing."""

    def crash() -> int:
        note("began", os.getpid(), time.monotonic())
        return 3

    supervised = supervise(crash, 1)
    third = await_workers(effects, 3)[-1]
    eventually(lambda: not Path(f"/proc/{third}").exists())  # dead, and known to be
    supervised.signal(SIGQUIT)

    assert 0 == supervised.status()
    times = [float(line.split()[2]) for line in effects()]
    assert [1.0, 2.0] == [round(b - a, 0) for a, b in itertools.pairwise(times)]


def test_killed(supervise: Supervise, effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was killed is replaced; one that had lived long is at once on its feet."""
    monkeypatch.setattr(supervisor_module, "_SETTLED", 0.0)
    supervised = supervise(steady, 2)
    first, second = await_workers(effects, 2)

    os.kill(first, SIGKILL)

    workers = await_workers(effects, 3)
    assert sorted([second, workers[2]]) == sorted(supervised.workers)
    supervised.signal(SIGQUIT)
    assert 0 == supervised.status()


def test_burst_with_a_crash(supervise: Supervise, effects: Effects) -> None:
    """Where workers end by themselves, one that crashed is replaced until it ends well."""

    def crash_once() -> int:
        note("began", os.getpid())
        return 3 if len(told(effects, "began")) == 1 else 0

    supervised = supervise(crash_once, 1, replace=False)

    assert 3 == supervised.status()
    assert 2 == len(effects())


def test_no_replacement_while_stopping(supervise: Supervise, effects: Effects) -> None:
    """A worker that crashes while all are to stop is not replaced, and its status is told."""

    def crash_at_the_end() -> int:
        handle(SIGTERM, lambda: os._exit(3))
        note("began", os.getpid())
        while True:
            signal.pause()

    supervised = supervise(crash_at_the_end, 2)
    await_workers(effects, 2)

    supervised.signal(SIGTERM)

    assert 3 == supervised.status(2.0)
    assert 2 == len(effects())


def test_master_killed(supervise: Supervise, effects: Effects) -> None:
    """When the supervisor is killed its workers finish and leave."""
    supervised = supervise(steady, 2)
    workers = await_workers(effects, 2)

    supervised.signal(SIGKILL)

    eventually(lambda: len(told(effects, "SIGQUIT")) == 2)
    eventually(lambda: not any(map(alive, workers)))
    assert -SIGKILL == supervised.status()


def test_cannot_fork(
    supervise: Supervise, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that refuses to fork is asked again."""
    real, asked = os.fork, []

    def refuse_once() -> int:
        asked.append(True)
        if len(asked) == 2:
            raise BlockingIOError("no more processes")
        return real()

    monkeypatch.setattr(os, "fork", refuse_once)  # the first fork is the supervisor's own

    supervised = supervise(steady, 1)

    await_workers(effects, 1)
    supervised.signal(SIGQUIT)
    assert 0 == supervised.status()


def test_places(supervise: Supervise, effects: Effects) -> None:
    """Its title counts its workers; each worker has a group of its own, out of Ctrl-C's reach."""
    supervised = supervise(steady, 2)
    workers = await_workers(effects, 2)

    eventually(lambda: title(supervised.pid).endswith(": Supervising 2 of 2 workers"))
    assert workers == [os.getpgid(pid) for pid in workers]
    supervised.signal(SIGQUIT)
    assert 0 == supervised.status()


def test_a_scheduler_beside_the_workers(effects: Effects) -> None:
    """It is one process more, kept alive as they are, and told to leave with them."""

    def schedule() -> int:
        note("scheduler", os.getpid())
        return steady()

    supervisor = Supervisor(1, steady, replace=True, shutdown_timeout=30.0, scheduler=schedule)
    pid = fork(supervisor.run, on_parent_death=SIGKILL)
    (first,) = eventually(lambda: told(effects, "scheduler"))
    eventually(lambda: len(children(pid)) == 2)

    os.kill(first, SIGKILL)
    eventually(lambda: len(told(effects, "scheduler")) == 2)
    eventually(lambda: "Supervising 1 of 1 workers" in title(pid))
    os.kill(pid, SIGQUIT)
    _, status = os.waitpid(pid, 0)

    assert 0 == os.waitstatus_to_exitcode(status)
