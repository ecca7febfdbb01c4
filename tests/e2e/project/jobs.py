"""Jobs that do what jobs do to workers."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from django_resque import Retry, get_current_job, job
from django_resque.exceptions import TermException
from tests.e2e.project.effects import VARIABLE, note

_HERE = Path(os.environ.get(VARIABLE, "/nonexistent/effects")).parent


@job
def ok(number: int) -> None:
    """Leave an effect."""
    note("ok", number)


@job
def whoami(number: int) -> None:
    """Tell which process performs it."""
    note("pid", number, os.getpid())


@job
def work(number: int, seconds: float) -> None:
    """Take a moment, leave an effect, take another."""
    time.sleep(seconds)
    note("ok", number)
    time.sleep(seconds)


@job
def fail(message: str) -> NoReturn:
    """Fail."""
    raise ValueError(message)


@job(retry=Retry(3, backoff=0), on_worker_loss="requeue", max_recoveries=1000)
def at_last(number: int) -> None:
    """Succeed at the third attempt."""
    current = get_current_job()
    attempt = current.attempt if current else 0
    note("attempt", number, attempt)
    if attempt < 3:
        raise ValueError(attempt)


@job(on_worker_loss="requeue", max_recoveries=1000, result_ttl=600)
def survive(number: int) -> None:
    """Leave an effect, however many workers are lost meanwhile."""
    note("ok", number)


@job(retry=Retry(2, backoff=0.5), result_ttl=60)
def later(number: int) -> int:
    """Succeed at the second attempt, some time after the first."""
    current = get_current_job()
    attempt = current.attempt if current else 0
    note("attempt", number, attempt)
    if attempt < 2:
        raise ConnectionError
    return attempt


@job
def wait(number: int) -> None:
    """Wait until the test releases it, and note how that went."""
    note("began", number, os.getpid())
    try:
        _until_released()
    except TermException:
        note("term", number)
        raise
    note("ok", number)


@job(on_worker_loss="requeue")
def insist(number: int) -> None:
    """Wait likewise, in another worker if this one is lost."""
    note("began", number, os.getpid())
    _until_released()
    note("ok", number)


@job
def ignore_term(number: int) -> None:
    """Wait, whatever is raised."""
    note("began", number, os.getpid())
    while True:
        try:
            _until_released()
        except BaseException:  # noqa: BLE001 such jobs exist
            note("term", number)
            continue
        break
    note("ok", number)


@job
def leave(status: int) -> NoReturn:
    """End the process."""
    os._exit(status)


@job
def die(number: int) -> None:
    """Die by a signal."""
    os.kill(os.getpid(), number)


@job(timeout=0.5)
def oversleep() -> None:
    """Sleep past the timeout."""
    time.sleep(60)


@job(timeout=0.5)
def busy_in_c() -> None:
    """Be in C code, where no Python signal handler runs."""
    hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 2_000_000_000)


@job(timeout=0.5)
def never_give_up() -> None:
    """Ignore whatever is raised."""
    while True:
        with suppress(BaseException):
            time.sleep(60)


@job(timeout=0.5)
def tidy_up() -> None:
    """Make use of the time between TERM and KILL."""
    try:
        time.sleep(60)
    finally:
        note("tidied")


@job(max_memory="150M")
def leak() -> None:
    """Take more and more memory."""
    held = []
    while True:
        held.append(bytearray(2_000_000))
        time.sleep(0.005)


@job
def burn(seconds: float, megabytes: int) -> NoReturn:
    """Use processor and memory, then die."""
    held = bytearray(b"x") * (megabytes * 2**20)
    end = time.process_time() + seconds
    while time.process_time() < end:
        hashlib.sha256(held[:65536]).digest()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@job
def leave_grandchild() -> NoReturn:
    """Die, leaving a process of its own behind."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    note("grandchild", child.pid)
    os._exit(1)


@job
def keep_grandchild(number: int) -> None:
    """End well, leaving behind a fork that holds all its descriptors."""
    pid = os.fork()
    if pid == 0:
        time.sleep(600)
        os._exit(0)
    note("grandchild", pid)
    note("ok", number)


@job
def fork_and_return(number: int) -> None:
    """Return twice: in this process and in one forked from it."""
    if os.fork() == 0:
        note("forked", number)
    else:
        os.wait()
        note("ok", number)


@job
def close_descriptors() -> None:
    """Close all that is open, as programs that become daemons do."""
    os.closerange(3, 1000)


@job
def take(text: str) -> None:
    """Take an argument of any size."""
    note("took", len(text))


@job
def tell_environment() -> None:
    """Note what the process inherited."""
    note("handlers", signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGUSR1))
    note("mask", sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
    note("wakeup", signal.set_wakeup_fd(-1))
    note("group", os.getpgid(0) == os.getpid())
    note("pid", os.getpid())


def _until_released() -> None:
    while not (_HERE / "released").exists():
        time.sleep(0.01)
