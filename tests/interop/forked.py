"""Our worker in a process forked from the test: nothing to load, so that many can be run."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.management import call_command

from django_resque import wiring
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RESERVED = ("INTERVAL", "GRACEFUL_TERM", "TERM_CHILD", "FORK_PER_JOB", "RESQUE_TERM_TIMEOUT",
             "RESQUE_PRE_SHUTDOWN_TIMEOUT", "COUNT", "QUEUE", "QUEUES")  # fmt: skip


class ForkedWorker:
    """``resque_work`` in a process of its own, told everything by Resque's environment names."""

    def __init__(
        self, prepare: Callable[[], object], *arguments: str, environment: Mapping[str, str]
    ) -> None:
        """Start it; ``prepare`` registers the jobs, in the new process only."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.status: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_run(prepare, arguments, environment))

    def wait(self, timeout: float = 20.0) -> int:
        """Wait for its end; return its exit status, negative for a signal."""
        eventually(self._ended, timeout, f"worker {self.pid} has not ended")
        assert self.status is not None
        return self.status

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def clean_up(self) -> None:
        """Kill it if it still runs."""
        if not self._ended():
            with suppress(ProcessLookupError):
                self.signal(signal.SIGKILL)
            self.wait()

    def _ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None


def _run(
    prepare: Callable[[], object], arguments: tuple[str, ...], environment: Mapping[str, str]
) -> int:
    status = 1
    try:
        faulthandler.disable()  # jobs that die here are meant to
        wiring.disconnect()
        for name in _RESERVED:
            os.environ.pop(name, None)
        os.environ.update(environment)
        prepare()
        call_command("resque_work", *arguments, verbosity=0)
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 the test must see it, and this process must end here
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return status
