"""``manage.py resque_remove``: strike a worker off, as Ruby's ``resque remove`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.control.workers import remove_worker
from django_resque.execution.verdict import in_words
from django_resque.management.arguments import name
from django_resque.management.operating import OperatingCommand
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from django_resque.store import Store


class Command(OperatingCommand):
    """Strike a worker off."""

    help = "Strikes a worker off, which should be dead; its job fails."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "worker", metavar="ID", nargs="+", type=name, help="As resque_list shows it."
        )

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Strike off what was named."""
        for worker in options["worker"]:
            held = remove_worker(store, wiring.failure_backends(), worker)
            job = f"; {in_words(held)}" if held else ""
            self.stdout.write(f"{printable(worker, 500)} removed{job}")
