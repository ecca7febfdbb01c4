"""``manage.py resque_kill``: kill a worker and strike it off, as Ruby's ``resque kill`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.control.workers import kill_worker
from django_resque.execution.verdict import in_words
from django_resque.management.arguments import name
from django_resque.management.operating import OperatingCommand
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.store import Store


class Command(OperatingCommand):
    """Kill a worker's process and strike it off."""

    help = "Kills the process of a worker on this machine and strikes it off; its job fails."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "worker", metavar="ID", nargs="+", type=name, help="As resque_list shows it."
        )

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Kill what was named."""
        for worker in options["worker"]:
            held = kill_worker(store, wiring.failure_backends(), worker)
            job = f"; {in_words(held)}" if held else ""
            self.stdout.write(f"{printable(worker, 500)} killed{job}")
