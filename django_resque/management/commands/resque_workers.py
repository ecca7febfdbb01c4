"""``manage.py resque_workers --count 5``: several workers from one loaded Django."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from django_resque.management.arguments import count, seconds
from django_resque.management.working import EXIT_USAGE, WorkingCommand
from django_resque.process.supervisor import Supervisor

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.process.options import WorkerOptions

_SHUTDOWN_TIMEOUT = 30.0


class Command(WorkingCommand):
    """Keep several workers alive, forked from one process that has loaded Django once."""

    help = "Runs several workers that share the memory of one loaded Django."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the number of workers beside the options of a worker."""
        super().add_arguments(parser)
        parser.add_argument(
            "--count", type=count, help="Number of workers (default 1). Environment: COUNT."
        )
        parser.add_argument(
            "--scheduler",
            action="store_true",
            help="Run a scheduler beside the workers, as resque_scheduler does.",
        )
        parser.add_argument(
            "--shutdown-timeout",
            type=seconds,
            help="Seconds that workers may take after TERM, INT or HUP before they are killed "
            "(default 30, and with --term-child those besides that it gives to jobs).",
        )

    def work(self, working: WorkerOptions, options: dict[str, Any]) -> int:
        """Run the supervisor; return its exit status."""
        number = self._number(options, "count", "COUNT", count, 1)
        replace = not working.burst and not working.max_idle
        if options["scheduler"] and not replace:
            text = "--scheduler keeps running: it does not go with --burst or --max-idle."
            raise CommandError(text, returncode=EXIT_USAGE)
        # With a worker on every core, a next job waits for a core and not for a fork.
        working = dataclasses.replace(working, fork_ahead=number < _cores())
        interval = self.scheduler_interval(options)
        supervisor = Supervisor(
            number,
            lambda: self.make_worker(working).run(),
            replace=replace,
            scheduler=(lambda: self.make_scheduler(interval).run())
            if options["scheduler"]
            else None,
            shutdown_timeout=_shutdown_timeout(working, options["shutdown_timeout"]),
            graceful_term=working.graceful_term,
        )
        return supervisor.run()


def _shutdown_timeout(working: WorkerOptions, given: float | None) -> float:
    if given is not None:
        return given
    # A worker that was killed before its jobs had their time could not even record their end.
    promised = working.pre_shutdown_timeout + working.term_timeout if working.term_child else 0.0
    return _SHUTDOWN_TIMEOUT + promised


def _cores() -> int:
    # Not os.cpu_count: a container or taskset may leave this process fewer.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
