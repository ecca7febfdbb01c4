"""A pid file that refuses a second live process and replaces what a dead one left behind."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django_resque.exceptions import ResqueError
from django_resque.execution.identity import is_running

if TYPE_CHECKING:
    from collections.abc import Iterator


_LONGEST = 64  # bytes: more than any pid, and enough to tell that it is none


class PidfileRefused(ResqueError):
    """Raised when a pid file cannot be written there, or not without harm."""


class PidfileHeld(PidfileRefused):
    """Raised when the process that a pid file names is alive."""

    def __init__(self, path: str, pid: str) -> None:
        """Name the file and the process in it."""
        super().__init__(f"{path} belongs to the running process {pid or '(unknown)'}")


@contextmanager
def pidfile(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold ``path`` with this process' pid in it, as Ruby writes it, while the block runs.

    Raises PidfileHeld for one of a live process, PidfileRefused for what cannot be written, is a
    symbolic link, or holds something else than a pid: that is somebody's, and was named by mistake.
    The lock, not the number, tells ours from a pid used again.
    """
    descriptor = _open_locked(Path(path))
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        # Only the process that wrote it removes it, and only while it is still the same file.
        if os.pread(descriptor, 32, 0) == str(os.getpid()).encode() and _is(descriptor, path):
            with suppress(FileNotFoundError):
                Path(path).unlink()
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    while True:
        descriptor = _open(path)
        # A machine that crashed may have left zeros in the place of what was written last.
        pid = os.pread(descriptor, _LONGEST, 0).decode(errors="replace").strip("\0 \t\r\n")
        try:
            # Not flock: processes that jobs leave behind would go on holding it.
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            raise PidfileHeld(str(path), pid) from None
        if not _is(descriptor, path):
            os.close(descriptor)  # its owner removed it between our open and our lock
            continue
        if _is_foreign_and_alive(pid):
            os.close(descriptor)
            raise PidfileHeld(str(path), pid)
        if pid and not pid.isdecimal():
            os.close(descriptor)
            msg = f"{path} is no pid file: it holds something else. Name another, or remove it"
            raise PidfileRefused(msg)
        return descriptor


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        link = error.errno == errno.ELOOP
        reason = "it is a symbolic link" if link else error.strerror
        raise PidfileRefused(f"Cannot write the pid file {path}: {reason}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PidfileRefused(f"Cannot write the pid file {path}: it is no ordinary file")
    return descriptor


def _is(descriptor: int, path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), Path(path).lstat())
    except FileNotFoundError:
        return False


def _is_foreign_and_alive(pid: str) -> bool:
    """Tell whether a process that does not lock its pid file (Ruby's) still runs."""
    return pid.isdecimal() and int(pid) not in (0, os.getpid()) and is_running(int(pid))
