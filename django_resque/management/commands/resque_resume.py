"""``manage.py resque_resume``: end a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from django_resque import control
from django_resque.management.operating import OperatingCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.store import Store


class Command(OperatingCommand):
    """Resume queues, or all workers."""

    help = "Ends the pause of queues or, with --all, of all workers and all queues."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("queues", nargs="*", metavar="QUEUE", help="Queues to resume.")
        parser.add_argument(
            "--all", action="store_true", help="Resume all workers and every paused queue."
        )

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Resume what was named."""
        if bool(options["queues"]) == options["all"]:
            raise CommandError("Name queues, or give --all", returncode=2)
        queues = options["queues"]
        if options["all"]:
            control.resume_all(store)
            self.stdout.write("Workers take jobs again")
            queues = store.queues.paused()
        for queue in queues:
            was = control.resume_queue(store, queue)
            self.stdout.write(f"{queue} is {'resumed' if was else 'not paused'}")
