"""``manage.py resque_prune``: strike off dead workers now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.execution.outcome import Failed
from django_resque.execution.perform import mourn
from django_resque.management.operating import OperatingCommand
from django_resque.process.prune import prune
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.store import Store


class Command(OperatingCommand):
    """Strike off the workers that died without a word; their jobs fail."""

    help = "Strikes off dead workers, as every running worker does by itself; their jobs fail."

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Prune, and say what was found."""
        backends = wiring.failure_backends()
        pruned = prune(store, backends, get_settings().heartbeat_ttl)
        for row in pruned:
            if row.reservation is not None:
                mourn(row.reservation, row.outcome, backends)
            held = "held no job"
            if row.reservation is not None:
                is_over = isinstance(row.outcome, Failed)
                held = f"held a job, which {'failed' if is_over else 'is performed again'}"
            self.stdout.write(f"{printable(row.worker)} {held}")
        self.stdout.write(f"{len(pruned)} dead workers")
