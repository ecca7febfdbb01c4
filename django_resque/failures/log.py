"""Failures in the log, for whoever collects logs and alerts on them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django_resque.exceptions import DecodeError
from django_resque.failures.base import FailureBackend
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.wire.failure import FailureRecord

logger = logging.getLogger("django_resque.failures")


class LogBackend(FailureBackend):
    """One ERROR line for each failure on the logger ``django_resque.failures``.

    The traceback and the arguments follow at DEBUG.
    """

    masked = True

    def save(self, record: FailureRecord) -> None:
        """Log one failure."""
        try:
            name = Payload.decode(record.payload).name
        except DecodeError:
            name = "(invalid payload)"
        extra = {
            "event": "failure.saved",
            "queue": printable(record.queue),
            "job": printable(name),
            "worker": printable(record.worker),
        }
        logger.error(
            "%s from queue %s failed on %s: %s: %s",
            extra["job"],
            extra["queue"],
            extra["worker"],
            printable(record.exception),
            printable(record.error, 1000),
            extra=extra,
        )
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug(
                "payload %s, traceback:\n%s",
                printable(record.payload.decode(errors="backslashreplace"), 10_000),
                "\n".join(printable(line, 1000) for line in record.backtrace),
                extra=extra,
            )
