"""A worker's name tells machines and namespaces apart, and a dead neighbour from a living one."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from django_resque.execution.identity import (
    FOREIGN_TTL,
    died_here,
    hostname,
    is_here,
    is_silent,
    machine,
    new_worker_id,
)
from django_resque.wire.worker import WorkerId

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _fresh_mark() -> Iterator[None]:
    """The mark is worked out once a process; a test may see another machine."""
    machine.cache_clear()
    yield
    machine.cache_clear()


@pytest.fixture
def dead() -> int:
    """Return the pid of a process that is gone."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def worker(pid: int, *, mark: str | None = None, host: str | None = None) -> WorkerId:
    """Return the id of a worker with this pid, here by default."""
    token = (machine() if mark is None else mark) + "abcd"
    return WorkerId(hostname() if host is None else host, pid, "q", token)


def test_new_id() -> None:
    """An id of this process has this host, pid, mark and the queues as given."""
    made = new_worker_id("high,low*")

    assert (hostname(), os.getpid(), "high,low*") == (made.host, made.pid, made.queues)
    assert machine() == made.machine
    assert 12 == len(made.token)
    assert made == WorkerId.parse(str(made))


def test_new_ids_differ() -> None:
    """A pid used again makes another id."""
    assert len({str(new_worker_id("q")) for _ in range(20)}) > 10


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web-1.example.org", "web-1.example.org"),
        ("", "unknown"),
        ("::", "unknown"),
        ("fe80::1%eth0", "fe80-1-eth0"),
        ("my host,a:b~c", "my-host-a-b-c"),
        ("bücher\n", "b-cher"),
        ("x" * 255, "x" * 200),
    ],
)
def test_hostname(monkeypatch: pytest.MonkeyPatch, name: str, expected: str) -> None:
    """Whatever the host is called, the id keeps its three fields and is plain ASCII."""
    monkeypatch.setattr(socket, "gethostname", lambda: name)

    assert expected == hostname()
    made = str(new_worker_id("q"))
    assert 3 == len(made.split(":"))
    assert made.isascii()
    assert expected == WorkerId.parse(made).host


def test_machine() -> None:
    """The mark stays the same on one machine and differs in another pid namespace."""
    mark = machine()
    machine.cache_clear()

    assert mark == machine()
    assert 8 == len(mark)
    assert int(mark, 16) >= 0


@pytest.mark.parametrize("which", ["boot_id", "pid"])
def test_other_machine(monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    """Another boot or pid namespace has another mark."""
    here = machine()
    machine.cache_clear()
    read_bytes, readlink = Path.read_bytes, Path.readlink
    if which == "boot_id":
        monkeypatch.setattr(Path, "read_bytes", lambda path: read_bytes(path) + b"x")
    else:
        monkeypatch.setattr(Path, "readlink", lambda path: Path(f"{readlink(path)}x"))

    assert here != machine()


def test_unknown_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not tell, the mark is nobody else's."""
    monkeypatch.setattr(Path, "read_bytes", _raise)
    first = machine()
    assert first == machine()
    machine.cache_clear()

    assert first != machine()


def _raise(path: Path) -> bytes:
    raise FileNotFoundError(path)


def test_died_here(dead: int) -> None:
    """A worker that ran here and whose pid is gone is dead."""
    assert is_here(worker(dead))
    assert died_here(worker(dead))
    assert not died_here(worker(os.getpid()))
    assert not died_here(worker(1))


def test_ended_and_not_buried() -> None:
    """A worker that ended is dead, though its parent has not taken note of it."""
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    try:
        assert died_here(worker(process.pid))
    finally:
        process.wait()


def test_impossible_pid() -> None:
    """A pid that no process can have is that of no living worker."""
    assert died_here(worker(9_999_999_999))


def test_not_mine(dead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that may not be asked is alive."""

    def refuse(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)

    assert not died_here(worker(dead))


@pytest.mark.parametrize(
    "elsewhere", [{"mark": "00000000"}, {"host": "other"}, {"mark": ""}], ids=str
)
def test_elsewhere(dead: int, elsewhere: dict[str, str]) -> None:
    """Of a worker elsewhere a pid of this machine tells nothing."""
    assert not is_here(worker(dead, **elsewhere))
    assert not died_here(worker(dead, **elsewhere))


def test_other_clients(dead: int) -> None:
    """Nor of another client's worker on this host, which may live in another namespace."""
    assert not died_here(WorkerId(hostname(), dead, "q"))


@pytest.mark.parametrize(
    ("worker", "seconds", "expected"),
    [
        (WorkerId("host", 1, "q", "0123456789ab"), 60, False),
        (WorkerId("host", 1, "q", "0123456789ab"), 61, True),
        (WorkerId("host", 1, "q"), 61, False),
        (WorkerId("host", 1, "q"), FOREIGN_TTL + 1, True),
        (None, FOREIGN_TTL, False),
        (None, FOREIGN_TTL + 1, True),
    ],
)
def test_silence(worker: WorkerId | None, seconds: float, *, expected: bool) -> None:
    """Ours are dead after the time of the settings, all others after Ruby's."""
    assert expected == is_silent(worker, seconds, 60.0)
