"""What pages show of jobs, queues and workers: texts fit to be seen by this user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.monitor.queues import QueueRow


@dataclass(frozen=True, slots=True)
class QueueShown:
    """One queue in a table."""

    name: str
    size: int
    paused: bool
    url: str
    pause_url: str

    @classmethod
    def of(cls, visit, row: QueueRow) -> QueueShown:
        """Show a row."""
        verb = "resume_queue" if row.paused else "pause_queue"
        return cls(
            name=printable(row.name),
            size=row.size,
            paused=row.paused,
            url="",
            pause_url=visit.url(verb, queue=row.name),
        )
