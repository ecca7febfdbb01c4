"""A pid file refuses a second live process, replaces a dead one's, and goes with its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest

from django_resque.process.forking import fork
from django_resque.process.pidfile import PidfileHeld, PidfileRefused, pidfile
from tests.polling import eventually

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the pid file is to be."""
    return tmp_path / "worker.pid"


def hold(path: Path) -> int:
    """Have another process hold the file, and return its pid."""

    def child() -> int:
        with pidfile(path):
            signal.pause()
        return 0

    pid = fork(child, on_parent_death=SIGKILL)
    eventually(lambda: path.exists() and path.read_text() == str(pid))
    return pid


def end(pid: int) -> None:
    """Kill a process and wait for its end."""
    os.kill(pid, SIGKILL)
    os.waitpid(pid, 0)


def test_written_and_removed(path: Path) -> None:
    """It holds the pid, as Ruby writes it, while the block runs, and is gone afterwards."""
    with pidfile(path):
        assert str(os.getpid()) == path.read_text()
        assert 0o644 == path.stat().st_mode & 0o777 | 0o044

    assert not path.exists()


def test_removed_after_error(path: Path) -> None:
    """It goes when the block raises, too."""
    with pytest.raises(ValueError, match="boom"), pidfile(path):
        raise ValueError("boom")

    assert not path.exists()


def test_live(path: Path) -> None:
    """A file of a live process is refused with its pid, and left as it is."""
    pid = hold(path)

    expected = f"{path} belongs to the running process {pid}"
    with pytest.raises(PidfileHeld, match=expected), pidfile(path):
        raise AssertionError
    assert str(pid) == path.read_text()
    end(pid)


def test_stale(path: Path) -> None:
    """A file left by a process that was killed is replaced."""
    end(hold(path))
    assert path.exists()

    with pidfile(path):
        assert str(os.getpid()) == path.read_text()


def test_stale_unburied(path: Path) -> None:
    """So is one of a process that ended, though its parent has not taken note of it."""
    pid = hold(path)
    os.kill(pid, SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    with pidfile(path):
        assert str(os.getpid()) == path.read_text()
    os.waitpid(pid, 0)


@pytest.mark.parametrize("text", ["", "\n", "0", "9" * 30, str(2**31), "\0" * 5, " 999999\n"])
def test_no_pid(path: Path, text: str) -> None:
    """A file with no pid in it, or one that no process has, is nobody's."""
    path.write_text(text)

    with pidfile(path):
        assert str(os.getpid()) == path.read_text()


@pytest.mark.parametrize("text", ["nonsense", "-1", "\xff", "12 34", "12345\n/var/lib", "{" * 99])
def test_something_else(path: Path, text: str) -> None:
    """A file with something else in it was named by mistake, and is left alone."""
    path.write_text(text)

    with pytest.raises(PidfileRefused, match="is no pid file"), pidfile(path):
        raise AssertionError

    assert text == path.read_text()


def test_foreign_live(path: Path) -> None:
    """A live process that locks nothing, such as a Ruby worker, is not displaced either."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        path.write_text(f"{process.pid}\n")

        with pytest.raises(PidfileHeld, match=str(process.pid)), pidfile(path):
            raise AssertionError
        assert f"{process.pid}\n" == path.read_text()


def test_left_behind_by_a_job(path: Path, tmp_path: Path) -> None:
    """A process that a dead worker's job left running does not hold its file."""

    def child() -> int:
        with pidfile(path):
            pid = os.fork()
            if pid == 0:
                signal.pause()
            (tmp_path / "grandchild").write_text(str(pid))
            signal.pause()
        return 0

    pid = fork(child, on_parent_death=SIGKILL)
    noted = tmp_path / "grandchild"
    left = int(eventually(lambda: noted.exists() and noted.read_text()))
    end(pid)

    try:
        with pidfile(path):
            assert str(os.getpid()) == path.read_text()
    finally:
        os.kill(left, SIGKILL)


def test_child_removes_nothing(path: Path) -> None:
    """A child that leaves the block in its own way does not remove its parent's file."""
    with pidfile(path):
        pid = os.fork()
        if pid == 0:
            try:
                raise SystemExit
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert path.exists()


def test_replaced_meanwhile(path: Path) -> None:
    """A file that somebody else has put in its place is left alone."""
    with pidfile(path):
        path.unlink()
        path.write_text("4711")

    assert "4711" == path.read_text()


def test_removed_meanwhile(path: Path) -> None:
    """A file that somebody has removed is no error."""
    with pidfile(path):
        path.unlink()

    assert not path.exists()


def test_symbolic_link(path: Path, tmp_path: Path) -> None:
    """A symbolic link is not followed: whoever planted it chooses what is overwritten."""
    target = tmp_path / "precious"
    target.write_text("data")
    path.symlink_to(target)

    with pytest.raises(PidfileRefused, match="it is a symbolic link"), pidfile(path):
        raise AssertionError
    assert "data" == target.read_text()


def test_unwritable(tmp_path: Path) -> None:
    """A place that cannot be written is named, with what the system says to it."""
    missing = tmp_path / "missing" / "worker.pid"

    with (
        pytest.raises(PidfileRefused, match=f"{missing}: No such file") as raised,
        pidfile(missing),
    ):
        raise AssertionError

    assert "Errno" not in str(raised.value)


def test_no_ordinary_file(path: Path) -> None:
    """What is no file to write a number into is refused."""
    os.mkfifo(path)

    with pytest.raises(PidfileRefused, match="no ordinary file"), pidfile(path):
        raise AssertionError


def test_one_winner(path: Path) -> None:
    """Of many that start at once over a stale file exactly one gets it."""
    path.write_text("999999")
    read, write = os.pipe()

    def child() -> int:
        os.close(write)
        os.read(read, 1)
        try:
            with pidfile(path):
                eventually((path.parent / "done").exists)
        except PidfileHeld:
            return 73
        return 0

    pids = [fork(child, on_parent_death=SIGKILL) for _ in range(8)]
    os.close(write)
    os.close(read)
    statuses = [_status_of_any(pids) for _ in range(7)]
    (winner,) = pids
    assert str(winner) == path.read_text()
    (path.parent / "done").touch()

    assert [73] * 7 == statuses
    assert 0 == _status_of_any(pids)
    assert not path.exists()


def _status_of_any(pids: list[int]) -> int:
    """Wait for one of these processes to end, take it from the list and return its exit code."""

    def ended() -> tuple[int, int] | None:
        for pid in pids:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return pid, status
        return None

    found = eventually(ended)
    assert found is not None
    pids.remove(found[0])
    return os.waitstatus_to_exitcode(found[1])
