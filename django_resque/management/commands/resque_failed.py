"""``manage.py resque_failed``: list, show, retry, remove and clear failures."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from django_resque.control.failures import (
    clear_failures,
    clear_retried,
    remove_failure,
    retry_failure,
    retry_failures,
)
from django_resque.exceptions import DecodeError, FailureNotFound, InvalidQueueName
from django_resque.management.arguments import count, name, number
from django_resque.management.operating import OperatingCommand
from django_resque.monitor.failures import all_failures, failures, find_failures
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.core.management.base import CommandParser

    from django_resque.reading.failures import FailureRow
    from django_resque.store import Store

_SHORT = 10  # digits of a digest that are shown, and nearly always enough to name it
_LEAST = 4  # digits that must be given
_PREFIX = re.compile(f"[0-9a-fA-F]{{{_LEAST},40}}")
_CANDIDATES = 5  # digests that are shown when too few digits were given
_FAR_OFF = datetime.max.replace(tzinfo=timezone.utc)


class Command(OperatingCommand):
    """Deal with failures, each named by the digest that ``list`` shows."""

    help = "Lists, shows, retries and removes failures; each is named by its digest."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the actions and their options."""
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="List failures, the newest first.")
        listing.add_argument("--queue", type=name, help="Only those of jobs from this queue.")
        listing.add_argument("--class", dest="job", type=name, help="Only those of this job.")
        listing.add_argument("--start", type=number, default=0, help="Leave out that many.")
        listing.add_argument("--limit", type=count, default=20, help="At most so many (20).")
        listing.add_argument("--json", action="store_true", help="Write JSON.")
        show = actions.add_parser("show", help="Show all that is known of failures.")
        show.add_argument("digests", nargs="+", metavar="DIGEST")
        retry = actions.add_parser("retry", help="Enqueue failed jobs again.")
        retry.add_argument("digests", nargs="*", metavar="DIGEST")
        retry.add_argument("--all", action="store_true", help="All that were not retried yet.")
        retry.add_argument(
            "--from-queue",
            type=name,
            help="With --all: only those of jobs from this queue.",
        )
        retry.add_argument("--queue", type=name, help="Enqueue to this queue instead.")
        retry.add_argument("--remove", action="store_true", help="Remove the failures as well.")
        remove = actions.add_parser("remove", help="Remove failures.")
        remove.add_argument("digests", nargs="+", metavar="DIGEST")
        clear = actions.add_parser("clear", help="Remove all failures.")
        clear.add_argument("--retried", action="store_true", help="Only those already retried.")

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Take the action."""
        getattr(self, f"_{options['action']}")(store, options)

    def _list(self, store: Store, options: dict[str, Any]) -> None:
        rows = list(_selected(store, options))
        if options["json"]:
            self.json([_plain(row) for row in rows])
            return
        sizes = store.failures.counts(store.failures.lists())
        self.stdout.write(f"{len(rows)} of {sum(sizes)} failures")
        if rows:
            self.table(
                ["DIGEST", "FAILED AT", "QUEUE", "JOB", "EXCEPTION", "ERROR", "RETRIED"],
                [_cells(row) for row in rows],
            )

    def _show(self, store: Store, options: dict[str, Any]) -> None:
        def show(row: FailureRow) -> None:
            self.stdout.write(self.style.MIGRATE_HEADING(f"failure {row.digest}"))
            for label, value in _details(row):
                if value:
                    self.stdout.write(f"{label:<10} {printable(value, 2000)}")
            for line in row.record.backtrace if row.record else ():
                self.stdout.write(f"    {printable(line, 1000)}")

        _each(store, options["digests"], show)

    def _retry(self, store: Store, options: dict[str, Any]) -> None:
        if bool(options["digests"]) == options["all"]:
            raise CommandError("Give the digests of failures, or --all", returncode=2)
        if options["all"]:
            self._retry_all(store, options)
            return
        if options["from_queue"]:
            raise CommandError("--from-queue goes with --all", returncode=2)

        def retry(row: FailureRow) -> None:
            queue = retry_failure(
                store,
                row.list,
                row.raw,
                row.index,
                to=options["queue"] or "",
                remove=options["remove"],
            )
            self.stdout.write(f"{row.digest[:_SHORT]} retried on queue {printable(queue)}")

        _each(store, options["digests"], retry)

    def _retry_all(self, store: Store, options: dict[str, Any]) -> None:
        if options["remove"]:
            raise CommandError("--remove goes with digests; see clear --retried", returncode=2)
        retried, refused = retry_failures(
            store, queue=options["from_queue"] or "", to=options["queue"] or ""
        )
        self.stdout.write(f"{retried} retried")
        if refused:
            raise CommandError(f"{refused} cannot be retried: retry them by digest to see why")

    def _remove(self, store: Store, options: dict[str, Any]) -> None:
        def remove(row: FailureRow) -> None:
            remove_failure(store, row.list, row.raw, row.index)
            self.stdout.write(f"{row.digest[:_SHORT]} removed")

        _each(store, options["digests"], remove)

    def _clear(self, store: Store, options: dict[str, Any]) -> None:
        clear = clear_retried if options["retried"] else clear_failures
        self.stdout.write(f"{clear(store)} removed")


def _selected(store: Store, options: dict[str, Any]) -> Iterator[FailureRow]:
    names = store.failures.lists()
    if not options["queue"] and not options["job"] and len(names) == 1:
        # Nothing to filter: read just the page that is shown.
        yield from failures(store, names[0], options["start"], options["limit"])
        return
    rows = (
        row
        for _when, row in merge(
            *(_dated(all_failures(store, name)) for name in names), key=itemgetter(0), reverse=True
        )
        if options["queue"] in (None, row.record.queue if row.record else "")
        and options["job"] in (None, row.job)
    )
    yield from islice(rows, options["start"], options["start"] + options["limit"])


def _dated(rows: Iterator[FailureRow]) -> Iterator[tuple[datetime, FailureRow]]:
    latest = _FAR_OFF
    for row in rows:
        moment = timestamps.parse(row.record.failed_at) if row.record else None
        # One without a date is where it is in its list, and never keeps older ones from coming.
        latest = min(latest, moment or latest)
        yield latest, row


def _each(store: Store, prefixes: Sequence[str], act: Callable[[FailureRow], None]) -> None:
    """Act on each failure named, also when another cannot be; say at the end which could not."""
    refusals = []
    for prefix in prefixes:
        try:
            act(_named(store, prefix))
        except (DecodeError, FailureNotFound, InvalidQueueName) as error:
            refusals.append(f"{printable(prefix, 40)}: {printable(str(error), 500)}")
    if refusals:
        raise CommandError("\n".join(refusals))


def _named(store: Store, prefix: str) -> FailureRow:
    if not _PREFIX.fullmatch(prefix):
        raise FailureNotFound(f"give at least {_LEAST} hex digits of a digest")
    rows = find_failures(store, prefix.lower())
    digests = sorted({row.digest for row in rows})
    if not digests:
        raise FailureNotFound("no failure has a digest that begins so; a retry gives it another")
    if len(digests) > 1:
        shown = ", ".join(digests[:_CANDIDATES])
        raise FailureNotFound(f"{len(digests)} failures have a digest that begins so: {shown}")
    return rows[0]


def _cells(row: FailureRow) -> tuple[object, ...]:
    record = row.record
    if record is None:
        return row.digest[:_SHORT], "", "", "", "(unreadable)", row.error, ""
    error = printable(record.error, 60)
    job = row.job or "(unreadable)"
    retried = "yes" if row.retried_at else ""
    return (
        row.digest[:_SHORT],
        record.failed_at,
        record.queue,
        job,
        record.exception,
        error,
        retried,
    )


def _details(row: FailureRow) -> list[tuple[str, str]]:
    record = row.record
    raw = row.raw.decode(errors="backslashreplace")
    if record is None:
        return [("unreadable", row.error), ("raw", raw)]
    payload = record.payload.decode(errors="backslashreplace")
    return [
        ("list", row.list),
        ("failed at", record.failed_at),
        ("retried at", row.retried_at),
        ("queue", record.queue),
        ("worker", record.worker),
        ("job", row.job or f"(unreadable: {row.error})"),
        ("payload", payload),
        ("exception", record.exception),
        ("error", record.error),
    ]


def _plain(row: FailureRow) -> dict[str, Any]:
    record = row.record
    return {
        "digest": row.digest,
        "list": row.list,
        "failed_at": record.failed_at if record else None,
        "retried_at": row.retried_at or None,
        "queue": record.queue if record else None,
        "worker": record.worker if record else None,
        "job": row.job or None,
        "args": row.payload.args if row.payload else None,
        "exception": record.exception if record else None,
        "error": record.error if record else row.error,
        "backtrace": record.backtrace if record else [],
    }
