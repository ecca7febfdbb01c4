"""``manage.py herd``: workers that are killed all the time, and replaced at once."""

from __future__ import annotations

import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from django_resque import signals, wiring
from django_resque.conf import get_settings
from django_resque.execution.queue_names import QueuePatterns
from django_resque.process.mailbox import Backoff
from django_resque.process.options import WorkerOptions
from django_resque.process.supervisor import Supervisor
from django_resque.process.worker import Worker
from django_resque.store.link import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.management.base import CommandParser

    from django_resque.store.commander import Command as RedisCommand

CHANCE = 0.2
"""How likely a worker dies at the boundary each time it comes there."""

IN_WORKER = {"forking": signals.forking, "job_finished": signals.job_finished}
IN_CHILD = {
    "forked": signals.forked,
    "after_fork": signals.after_fork,
    "performing": signals.performing,
    "performed": signals.performed,
    "performer_exit": signals.performer_exit,
}
BOUNDARIES = ["before step", "after step", *IN_WORKER, *IN_CHILD]
"""The moments between two steps of a job's way at which a worker can be made to die."""


class Command(BaseCommand):
    """Keep workers alive, some of which die at a given boundary now and then."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--count", type=int, default=2)
        parser.add_argument("--boundary", choices=BOUNDARIES)

    def handle(self, *_: Any, **options: Any) -> None:
        """Run until told to stop."""
        Dying.boundary, Dying.herd = options["boundary"], os.getpid()
        if signal_ := IN_WORKER.get(Dying.boundary):
            signal_.connect(Dying.perhaps)
        if signal_ := IN_CHILD.get(Dying.boundary):
            signal_.connect(Dying.perhaps_of_child)
        herd = Supervisor(options["count"], work, replace=True, shutdown_timeout=10.0)
        for place in herd._places:
            place.delays = Backoff(0.01, 0.01)
        sys.exit(herd.run())


class Dying:
    """Kills the worker, perhaps."""

    boundary: str = ""
    herd = 0

    @classmethod
    def perhaps(cls, **_: Any) -> None:
        """Kill this process, if it is a worker."""
        if os.getpid() != cls.herd and random.random() < CHANCE:
            os.kill(os.getpid(), signal.SIGKILL)

    @classmethod
    def perhaps_of_child(cls, **_: Any) -> None:
        """Kill the worker whose child this is."""
        if os.getppid() not in (cls.herd, 1) and random.random() < CHANCE:
            os.kill(os.getppid(), signal.SIGKILL)


class DyingLink(Link):
    """A connection whose worker dies just before or just after a step."""

    def exchange(self, commands: Sequence[RedisCommand]) -> list[Any]:
        """Exchange, and perhaps die."""
        is_step = commands[-1][0] == "EVALSHA"
        if is_step and Dying.boundary == "before step":
            Dying.perhaps()
        replies = super().exchange(commands)
        if is_step and Dying.boundary == "after step":
            Dying.perhaps()
        return replies


def work() -> int:
    """Be one worker."""
    random.seed()
    link = DyingLink(wiring.pool_factory())
    return Worker(
        WorkerOptions(QueuePatterns.parse(["*"])),
        get_settings(),
        wiring.failure_backends(),
        store=wiring.store_over(link),
        link=link,
        thread_store=wiring.store(),
    ).run()
