"""``manage.py resque_pause``: let workers take no further jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.control.queues import pause_queue
from django_resque.control.workers import pause_all, pause_worker
from django_resque.management.operating import OperatingCommand, add_targets, check_targets
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.store import Store


class Command(OperatingCommand):
    """Pause queues, all workers, or one."""

    help = "Pauses queues (for workers of ours), all workers of any client, or one worker of ours."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        add_targets(parser, "pause")

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Pause what was named."""
        check_targets(options)
        if options["worker"]:
            pause_worker(store, options["worker"])
            self.stdout.write(f"{printable(options['worker'])} takes no further jobs")
        if options["all"]:
            pause_all(store)
            self.stdout.write("All workers take no further jobs")
        known = store.queues.names()
        for queue in options["queues"]:
            state = "now" if pause_queue(store, queue) else "already"
            # Said because of misspellings; the queue may well come into being later.
            absent = "" if queue in known else ", though there is no such queue yet"
            self.stdout.write(f"{printable(queue)} is {state} paused{absent}")
