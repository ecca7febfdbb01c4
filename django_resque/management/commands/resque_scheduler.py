"""``manage.py resque_scheduler``: moves delayed jobs, enqueues recurring ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.management.arguments import seconds
from django_resque.management.working import DaemonCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(DaemonCommand):
    """Be the scheduler, or stand by for the one there is."""

    help = "Moves delayed jobs to their queues when they are due, and enqueues recurring ones."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options; those not given fall back to the environment, then to a default."""
        parser.add_argument(
            "--interval",
            type=seconds,
            dest="scheduler_interval",
            help="Seconds between two looks when nothing was announced (default 5). "
            "Environment: RESQUE_SCHEDULER_INTERVAL.",
        )
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Schedule until told to stop."""
        interval = self.scheduler_interval(options)
        self.run_daemon(options, lambda: self.make_scheduler(interval).run())
