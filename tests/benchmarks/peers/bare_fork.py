"""The least that a fork per job can cost: fork, leave, wait, in django-resque's own worker.

``python -m tests.benchmarks.peers.bare_fork 150`` starts ``resque_work`` and, where the worker
would fork its first child, forks that many empty ones.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management import execute_from_command_line

from django_resque import signals
from tests.benchmarks.project import work


def fork_barely(count: int) -> None:
    """Fork empty children one after the other and mark the time of some and of all."""
    for _ in range(20):
        _fork_one()
    work.mark()
    for _ in range(count):
        _fork_one()
    work.mark()


def _fork_one() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


if __name__ == "__main__":

    def instead_of_working(**_: Any) -> None:
        """Fork in the state in which the worker forks."""
        fork_barely(int(sys.argv[1]))

    signals.before_first_fork.connect(instead_of_working)
    execute_from_command_line([sys.argv[0], "resque_work", "--queues", "bench"])
