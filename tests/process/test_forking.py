"""A forked child begins with a clean slate, follows its parent and never returns into its code."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from signal import SIGKILL, SIGQUIT, SIGTERM, SIGUSR1
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import signals
from django_resque.process import forking
from django_resque.process.forking import flush, fork, fork_all
from django_resque.process.mailbox import HEARD, Mailbox
from tests.e2e.project.effects import note
from tests.e2e.running import alive
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Effects = Callable[[], list[str]]


def status_of(child: Callable[[], int]) -> int:
    """Return the exit code of a forked child."""
    pid = fork(child, on_parent_death=SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def noting(word: str) -> Callable[[], int]:
    """Return what notes a word and returns 0."""

    def child() -> int:
        note(word)
        return 0

    return child


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """The mailbox of a worker in this process."""
    mailbox = Mailbox()
    mailbox.open()
    yield mailbox
    mailbox.close()


def test_status() -> None:
    """The child leaves with the status that its function returns."""
    assert [0, 7] == [status_of(lambda: 0), status_of(lambda: 7)]


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(0), KeyboardInterrupt()])
def test_never_returns(error: BaseException, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever its function raises ends the child, with a traceback and a status of its own."""

    def child() -> int:
        raise error

    assert 70 == status_of(child)
    assert type(error).__name__ in capfd.readouterr().err


def test_signals(effects: Effects) -> None:
    """The one signal is sent before the fork, in the parent; the other after it, in the child."""

    def forking_(**_: Any) -> None:
        note("forking", os.getpid())

    def forked(**_: Any) -> None:
        note("forked", os.getpid())

    def child() -> int:
        note("child", os.getpid())
        return 0

    signals.forking.connect(forking_)
    signals.forked.connect(forked)
    try:
        pid = fork(child, on_parent_death=SIGKILL)
        os.waitpid(pid, 0)
    finally:
        signals.forking.disconnect(forking_)
        signals.forked.disconnect(forked)

    assert [f"forking {os.getpid()}", f"forked {pid}", f"child {pid}"] == effects()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone knows SCHED_IDLE")
@pytest.mark.parametrize("is_little", [True, False])
def test_gives_way(monkeypatch: pytest.MonkeyPatch, is_little: bool) -> None:
    """What the kernel still has to do for a child that leaves waits, unless that frees a lot."""
    if not is_little:
        monkeypatch.setattr(forking, "_LITTLE_MEMORY", 1)
    pid = fork(lambda: 0, on_parent_death=SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    policy = os.sched_getscheduler(pid)
    os.waitpid(pid, 0)

    assert (os.SCHED_IDLE if is_little else os.SCHED_OTHER) == policy


def test_may_not_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system forbids it, a child leaves all the same, with its own status."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)

    assert 7 == status_of(lambda: 7)


def test_receivers_raise(effects: Effects) -> None:
    """A receiver that raises keeps neither the parent from forking nor the child from its work."""

    def refuse(**_: Any) -> None:
        raise ValueError("refused")

    signals.forking.connect(refuse)
    signals.forked.connect(refuse)
    try:
        assert 0 == status_of(noting("child"))
    finally:
        signals.forking.disconnect(refuse)
        signals.forked.disconnect(refuse)

    assert ["child"] == effects()


def test_clean_signals(mailbox: Mailbox, effects: Effects) -> None:
    """The child has none of the worker's handlers, blocks nothing and writes to no mailbox."""

    def child() -> int:
        for number in HEARD:
            assert signal.SIG_DFL == signal.getsignal(number)
        assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ())
        assert -1 == signal.set_wakeup_fd(-1)
        signal.signal(SIGUSR1, lambda *_: note("own handler"))
        os.kill(os.getpid(), SIGUSR1)
        return 0

    assert 0 == status_of(child)
    assert ["own handler"] == effects()
    assert SIGUSR1 not in mailbox.read()


def test_signal_during_fork(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes while forking reaches the worker's mailbox; the child's is its own."""
    real = os.fork

    def fork_under_fire() -> int:
        signal.pthread_kill(threading.get_ident(), SIGTERM)
        pid = real()
        if pid == 0:
            os.kill(os.getpid(), SIGUSR1)  # the child has SIG_DFL for it when it gets through
        return pid

    monkeypatch.setattr(os, "fork", fork_under_fire)

    assert -SIGUSR1 == status_of(lambda: 0)
    heard = mailbox.read()
    assert SIGTERM in heard
    assert SIGUSR1 not in heard
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_fork_all(effects: Effects) -> None:
    """Several children are forked at once, each with its own function."""

    def child(number: int) -> int:
        note(number)
        return number

    children = [partial(child, number) for number in range(3)]
    pids = fork_all(children, on_parent_death=SIGKILL)

    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    assert [0, 1, 2] == [os.waitstatus_to_exitcode(status) for status in statuses]
    assert ["0", "1", "2"] == sorted(effects())


def test_some_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system refuses some of several, there are those that it allowed."""
    real = os.fork
    pids: list[int] = []

    def fork_twice() -> int:
        if len(pids) == 2:
            raise BlockingIOError("no more processes")
        pids.append(real())
        return pids[-1]

    monkeypatch.setattr(os, "fork", fork_twice)

    assert pids == fork_all([lambda: 0] * 4, on_parent_death=SIGKILL)
    assert [0, 0] == [os.waitpid(pid, 0)[1] for pid in pids]
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the system refuses, that is raised, and signals are heard as before."""

    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)

    with pytest.raises(OSError, match="no more processes"):
        fork(lambda: 0, on_parent_death=SIGKILL)
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.parametrize("number", [SIGKILL, SIGQUIT])
def test_parent_dies(effects: Effects, number: signal.Signals) -> None:
    """When its parent is killed, the child receives the signal chosen for that."""

    def grandchild() -> int:
        signal.signal(SIGQUIT, lambda *_: note("quit"))
        note("grandchild", os.getpid())
        signal.pause()
        return 0

    def child() -> int:
        fork(grandchild, on_parent_death=number)
        signal.pause()
        return 0

    pid = fork(child, on_parent_death=SIGKILL)
    line = eventually(lambda: next(iter(effects()), ""))
    os.kill(pid, SIGKILL)
    os.waitpid(pid, 0)

    eventually(lambda: not alive(int(line.split()[1])))
    assert ("quit" in effects()) == (number == SIGQUIT)


def test_parent_dies_first(
    effects: Effects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child whose parent died before it could be followed leaves at once."""
    go = tmp_path / "go"

    def slow_prctl(*_: int) -> int:
        note("following", os.getpid())
        eventually(go.exists)
        return 0

    def child() -> int:
        monkeypatch.setattr(forking, "_prctl", slow_prctl)
        fork(noting("worked"), on_parent_death=SIGKILL)
        signal.pause()
        return 0

    pid = fork(child, on_parent_death=SIGKILL)
    line = eventually(lambda: next(iter(effects()), ""))
    os.kill(pid, SIGKILL)
    os.waitpid(pid, 0)
    go.touch()

    eventually(lambda: not alive(int(line.split()[1])))
    assert [line] == effects()


def test_output_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was printed before the fork is printed once, what the child prints is not lost."""
    path = tmp_path / "out"
    with path.open("w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        sys.stdout.write("parent ")
        status_of(lambda: 0 * sys.stdout.write("child"))

    assert "parent child" == path.read_text()


def test_flush_unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that cannot be written, or is closed or missing, is no reason to stop."""
    full = Path("/dev/full").open("w")  # noqa: SIM115 closed below, with its error
    full.write("x")
    closed = Path(os.devnull).open("w")  # noqa: SIM115
    closed.close()
    for stream in (full, closed, None):
        monkeypatch.setattr(sys, "stdout", stream)
        flush()

    with pytest.raises(OSError, match="No space"):
        full.close()


class Holding(logging.Handler):
    """A handler of the project's own that writes at its end only."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hold it back."""

    def close(self) -> None:
        """Write."""
        note("written")
        super().close()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(Holding, ["written"]), (logging.StreamHandler, []), (logging.NullHandler, [])],
)
def test_log(effects: Effects, kind: type[logging.Handler], expected: list[str]) -> None:
    """What a handler of the log holds back is written before the child leaves."""
    handler = kind()  # which the log knows of for as long as it lives

    assert 0 == status_of(lambda: 0)

    assert expected == effects()
    del handler


def test_log_held_in_memory(effects: Effects, tmp_path: Path) -> None:
    """Records that wait in memory for more of them reach their file."""
    target = logging.FileHandler(tmp_path / "log")
    handler = logging.handlers.MemoryHandler(1000, target=target)
    logger = logging.getLogger("shop")

    def child() -> int:
        logger.addHandler(handler)
        logger.warning("the last word")
        return 0

    assert 0 == status_of(child)
    target.close()
    assert "the last word\n" == (tmp_path / "log").read_text()
