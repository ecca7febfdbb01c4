"""``manage.py resque_resume``: end a pause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.control.queues import resume_queue
from django_resque.control.workers import resume_all, resume_worker
from django_resque.management.operating import OperatingCommand, add_targets, check_targets
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.store import Store


class Command(OperatingCommand):
    """Resume queues, all workers, or one."""

    help = "Ends the pause of queues, of all workers, or of one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_targets(parser, "resume")

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Resume what was named."""
        check_targets(options)
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
