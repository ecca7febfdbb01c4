"""``manage.py resque_resume``: end a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from django_resque.control.queues import resume_queue
from django_resque.control.workers import resume_all, resume_worker
from django_resque.management.operating import OperatingCommand
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.store import Store


class Command(OperatingCommand):
    """Resume queues, all workers, or one."""

    help = "Ends the pause of queues, of all workers, or of one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("queues", nargs="*", metavar="QUEUE", help="Queues to resume.")
        parser.add_argument("--all", action="store_true", help="Resume all workers instead.")
        parser.add_argument("--worker", metavar="ID", help="Resume one worker of ours instead.")

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Resume what was named."""
        if [bool(options[what]) for what in ("queues", "all", "worker")].count(True) != 1:
            raise CommandError("Name queues, or give --all or --worker", returncode=2)
        if options["worker"]:
            resume_worker(store, options["worker"])
            self.stdout.write(f"{printable(options['worker'])} takes jobs again")
        if options["all"]:
            resume_all(store)
            self.stdout.write("All workers take jobs again")
            # Somebody paused them for a reason that the pause of all has nothing to do with.
            for queue in store.queues.paused():
                self.stdout.write(f"{printable(queue)} is still paused by itself")
        for queue in options["queues"]:
            was = resume_queue(store, queue)
            self.stdout.write(f"{printable(queue)} is {'resumed' if was else 'not paused'}")
