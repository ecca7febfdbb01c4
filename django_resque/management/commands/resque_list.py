"""``manage.py resque_list``: the workers, as Ruby's ``resque list`` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.management.operating import OperatingCommand
from django_resque.monitor.workers import workers
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.store import Store


class Command(OperatingCommand):
    """List the registered workers."""

    help = "Lists the registered workers of all clients, a line each."

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Write each worker's id and state."""
        rows = workers(store)
        for row in rows:
            state = "working" if row.busy else "idle"
            self.stdout.write(f"{printable(row.id, 500)} ({state})")
        if not rows:
            self.stdout.write("None")
