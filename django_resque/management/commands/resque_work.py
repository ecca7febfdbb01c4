"""``manage.py resque_work``: one worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque.management.working import WorkingCommand

if TYPE_CHECKING:
    from django_resque.process.options import WorkerOptions


class Command(WorkingCommand):
    """Work off queues in this process, each job in a child of its own."""

    help = "Works off queues: takes one job after another and performs each in a child."

    def work(self, working: WorkerOptions, options: dict[str, Any]) -> int:
        """Run one worker; return its exit status."""
        return self.make_worker(working).run()
