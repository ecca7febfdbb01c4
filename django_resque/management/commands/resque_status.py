"""``manage.py resque_status``: queues, workers and figures at a glance."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import StoreUnavailable
from django_resque.management.arguments import seconds
from django_resque.management.operating import OperatingCommand
from django_resque.monitor.overview import overview
from django_resque.store.connection import describe

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.jobs.queues import QueuedJob
    from django_resque.monitor.overview import Overview
    from django_resque.monitor.workers import WorkerRow
    from django_resque.store import Store

_CLEAR = "\x1b[H\x1b[2J"
_SHORTEST = 0.1  # seconds between two looks: whoever asks for less still does not burden Redis


class Command(OperatingCommand):
    """Show queues, workers and figures."""

    help = "Shows the queues, the workers and what they do, and Resque's figures."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="Write JSON for other programs.")
        parser.add_argument(
            "--watch",
            nargs="?",
            type=seconds,
            const=2.0,
            metavar="SECONDS",
            help="Show it again every few seconds (default 2) until Ctrl-C.",
        )

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Show the state, once or again and again."""
        if options["watch"] is None:
            self._show(overview(store), options)
            return
        with suppress(KeyboardInterrupt):
            while True:
                self._watch(store, options)
                time.sleep(max(_SHORTEST, options["watch"]))

    def _watch(self, store: Store, options: dict[str, Any]) -> None:
        try:
            state = overview(store)
        except StoreUnavailable as error:  # whoever watches wants to see it come back
            self.stderr.write(str(error))
            return
        if self.stdout.isatty() and not options["json"]:
            self.stdout.write(_CLEAR, ending="")
        self._show(state, options)
        self.stdout.flush()

    def _show(self, state: Overview, options: dict[str, Any]) -> None:
        if not options["json"]:
            self._text(state, verbose=options["verbosity"] > 1)
        elif options["watch"] is None:
            self.json(_plain(state))
        else:  # a line each time, so that a program can read them one by one
            self.stdout.write(json.dumps(_plain(state)))

    def _text(self, state: Overview, *, verbose: bool) -> None:
        if verbose:
            self.stdout.write(f"{_where()}, namespace {get_settings().namespace}\n\n")
        if state.paused:
            self.stdout.write(self.style.WARNING("All workers are paused"))
        self.stdout.write(
            f"{state.pending} pending, {state.processed} processed, {state.failed} failed, "
            f"{state.working} of {len(state.workers)} workers working"
        )
        if state.queues:
            self.stdout.write("")
            self.table(
                ["QUEUE", "SIZE", "STATE", "NEXT"],
                [
                    (row.name, row.size, "paused" if row.paused else "", _shown(row.next))
                    for row in state.queues
                ],
            )
        if state.workers:
            self.stdout.write("")
            self.table(
                ["WORKER", "STATE", "PROCESSED", "FAILED", "SILENT", "JOB"],
                [_worker(row) for row in state.workers],
            )
        if state.parked:
            self.stdout.write("")
            self.table(["LIMIT", "PARKED"], sorted(state.parked.items()))
        lists = [(name, size) for name, size in state.failed_lists.items() if size]
        if lists:
            self.stdout.write("")
            self.table(["FAILED LIST", "SIZE"], lists)


def _where() -> str:
    return describe(wiring.pool_factory()())


def _plain(state: Overview) -> dict[str, Any]:
    return {
        "redis": _where(),
        "namespace": get_settings().namespace,
        "pending": state.pending,
        "processed": state.processed,
        "failed": state.failed,
        "failures_counted": state.failures_counted,
        "working": state.working,
        "paused": state.paused,
        "queues": [
            {
                "name": row.name,
                "size": row.size,
                "paused": row.paused,
                "next": _name(row.next),
            }
            for row in state.queues
        ],
        "workers": [_plain_worker(row) for row in state.workers],
        "failed_lists": state.failed_lists,
        "parked": state.parked,
    }


def _plain_worker(row: WorkerRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": row.state,
        "started": row.started,
        "heartbeat": row.heartbeat.isoformat() if row.heartbeat else None,
        "silent_for": row.silent_for,
        "processed": row.processed,
        "failed": row.failed,
        "queue": row.reservation.queue if row.reservation else None,
        "job": _name(row.job),
        "run_at": row.reservation.run_at if row.reservation else None,
        "error": row.error or None,
    }


def _worker(row: WorkerRow) -> tuple[object, ...]:
    silent = "" if row.silent_for is None else f"{row.silent_for} s"
    doing = f"unreadable: {row.error}" if row.error else ""
    if row.reservation:
        held = f"{_shown(row.job)} from {row.reservation.queue} since {row.reservation.run_at}"
        doing = f"{held} ({doing})" if doing else held
    return row.id, row.state, row.processed, row.failed, silent, doing


def _name(job: QueuedJob | None) -> str | None:
    return job.payload.name if job and job.payload else None


def _shown(job: QueuedJob | None) -> str:
    return "" if job is None else _name(job) or "(unreadable)"
