"""``manage.py resque_status``: queues, workers and figures at a glance."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django_resque.management.operating import OperatingCommand
from django_resque.management.working import seconds
from django_resque.monitor.overview import overview

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.monitor.overview import Overview
    from django_resque.monitor.workers import WorkerRow
    from django_resque.store import Store


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
        show = self._json if options["json"] else self._text
        while True:
            state = overview(store)
            if options["watch"] is None:
                show(state)
                return
            if not options["json"] and self.stdout.isatty():
                self.stdout.write("\x1b[H\x1b[2J", ending="")
            show(state)
            try:
                time.sleep(options["watch"])
            except KeyboardInterrupt:
                return

    def _text(self, state: Overview) -> None:
        if state.paused:
            self.stdout.write(self.style.WARNING("All workers are paused (pause-all-workers)."))
        self.stdout.write(
            f"{state.pending} pending, {state.processed} processed, {state.failed} failed, "
            f"{state.working} of {len(state.workers)} workers working"
        )
        if state.queues:
            self.stdout.write("")
            rows = [(row.name, row.size, "paused" if row.paused else "") for row in state.queues]
            self.table(["QUEUE", "SIZE", ""], rows)
        if state.workers:
            self.stdout.write("")
            self.table(
                ["WORKER", "STATE", "PROCESSED", "FAILED", "SILENT", "JOB"],
                [_worker(row) for row in state.workers],
            )
        lists = [(name, size) for name, size in state.failed_lists.items() if size]
        if lists:
            self.stdout.write("")
            self.table(["FAILED LIST", "SIZE"], lists)

    def _json(self, state: Overview) -> None:
        self.json(
            {
                "pending": state.pending,
                "processed": state.processed,
                "failed": state.failed,
                "failures_counted": state.failures_counted,
                "working": state.working,
                "paused": state.paused,
                "queues": [
                    {"name": row.name, "size": row.size, "paused": row.paused}
                    for row in state.queues
                ],
                "workers": [
                    {
                        "id": row.id,
                        "state": row.state,
                        "started": row.started,
                        "heartbeat": row.heartbeat.isoformat() if row.heartbeat else None,
                        "processed": row.processed,
                        "failed": row.failed,
                        "queue": row.reservation.queue if row.reservation else None,
                        "job": _job(row),
                        "run_at": row.reservation.run_at if row.reservation else None,
                        "error": row.error or None,
                    }
                    for row in state.workers
                ],
                "failed_lists": state.failed_lists,
            }
        )


def _worker(row: WorkerRow) -> tuple[object, ...]:
    silent = "" if row.silent_for is None else f"{row.silent_for} s"
    doing = row.error
    if row.reservation:
        doing = f"{_job(row) or '(unreadable)'} from {row.reservation.queue}"
        doing += f" since {row.reservation.run_at}"
    return row.id, row.state, row.processed, row.failed, silent, doing


def _job(row: WorkerRow) -> str | None:
    return row.job.payload.name if row.job and row.job.payload else None
