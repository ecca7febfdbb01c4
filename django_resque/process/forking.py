"""Forks a child that begins with a clean slate and never returns into its parent's code."""

from __future__ import annotations

# The functions behind those of signal, whose enums would cost every child forty page faults.
import _signal  # type: ignore[import-not-found]
import ctypes
import logging
import logging.handlers
import os
import resource
import signal
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from django.utils.log import AdminEmailHandler

from django_resque import signals
from django_resque.process.mailbox import HEARD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CRASHED = 70  # EX_SOFTWARE: the child's own code, not a job, raised
_PR_SET_PDEATHSIG = 1
# Looked up in the parent, once: in the child it would cost page faults at every fork.
_prctl = getattr(ctypes.CDLL(None), "prctl", None) if sys.platform == "linux" else None
if sys.platform == "linux":
    _NO_PRIORITY = os.sched_param(0)
_LITTLE_MEMORY = 256 * 1024  # KiB
set_handler = _signal.signal
"""Handle a signal, as :func:`signal.signal` does, in a child that is to cost nothing."""
_HEARD = tuple(map(int, HEARD))
# They write each record before they return, so that none is left at the end.
_UNBUFFERED = {
    logging.StreamHandler,
    logging.FileHandler,
    logging.NullHandler,
    logging.handlers.RotatingFileHandler,
    logging.handlers.TimedRotatingFileHandler,
    logging.handlers.WatchedFileHandler,
    logging.handlers.SysLogHandler,
    type(logging.lastResort),
    AdminEmailHandler,
}


def fork(
    child: Callable[[], int], *, on_parent_death: signal.Signals, opens_mailbox: bool = False
) -> int:
    """Run ``child`` in a forked process, leave it with the status it returns; return its pid.

    The child handles no signals of its parent, receives ``on_parent_death`` when its parent
    dies (Linux), and leaves by ``os._exit``. Signals wait for one that ``opens_mailbox``: they
    must not end it before it can hear them. Raises OSError when the system cannot fork.
    """
    return fork_all([child], on_parent_death=on_parent_death, opens_mailbox=opens_mailbox)[0]


def fork_all(
    children: Sequence[Callable[[], int]],
    *,
    on_parent_death: signal.Signals,
    opens_mailbox: bool = False,
) -> list[int]:
    """Fork as :func:`fork` does, one process for each of ``children``; return their pids.

    Fewer than asked for if the system refuses some; raises OSError if it refuses the first.
    """
    signals.forking.send_robust(None)
    flush()
    parent = os.getpid()
    pids: list[int] = []
    # A signal that comes between fork and reset would run the parent's handler in the child.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    try:
        for child in children:
            try:
                pid = os.fork()
            except OSError:
                if not pids:
                    raise
                break
            if pid == 0:
                _be_child(child, parent, on_parent_death, unblocks=not opens_mailbox)
            pids.append(pid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pids


def flush() -> None:
    """Flush what is written but not yet out, lest a child print it again or take it along."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # closed, a broken pipe or a full disk: output is no reason to stop work


def _shut_down_logging() -> None:
    """Let go of what the log's handlers hold back, if there are any that do."""
    handlers = logging._handlerList  # type: ignore[attr-defined]  # noqa: SLF001 logging has no public name for it
    buffered = [ref for ref in handlers if type(ref()) not in _UNBUFFERED]
    if buffered:
        logging.shutdown(buffered)


def _give_way() -> None:
    """Let those who still have something to do go first while this process is taken apart.

    The kernel takes longer for that than a short job takes, and the next one need not wait for it.
    Much memory is given back at once, for it may be needed.
    """
    if sys.platform == "linux":
        try:
            if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < _LITTLE_MEMORY:
                os.sched_setscheduler(0, os.SCHED_IDLE, _NO_PRIORITY)
        except OSError:
            return  # some containers forbid it


def _be_child(
    child: Callable[[], int], parent: int, on_parent_death: signal.Signals, *, unblocks: bool
) -> NoReturn:
    status = _CRASHED
    try:
        _signal.set_wakeup_fd(-1)
        for number in _HEARD:
            set_handler(number, _signal.SIG_DFL)
        if unblocks:
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, _HEARD)
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(on_parent_death))
        if os.getppid() != parent:
            # The parent died before it could be followed.
            os._exit(0)
        signals.forked.send_robust(None)
        status = child()
        _shut_down_logging()
    except BaseException:  # noqa: BLE001 nothing may return into the parent's code
        traceback.print_exc()
    finally:
        flush()
        _give_way()
        os._exit(status)
