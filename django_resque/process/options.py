"""How a worker is to work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.execution.queue_names import QueuePatterns


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker was told at its start; all times in seconds."""

    queues: QueuePatterns
    interval: float = 5.0
    burst: bool = False
    max_jobs: int | None = None
    max_idle: float | None = None
    jobs_per_fork: int = 1
    fork: bool = True
    fork_ahead: bool = True
    """Whether it has a performer ready while it is idle, so that the next job waits for no fork."""
    term_child: bool = False
    term_timeout: float = 4.0
    pre_shutdown_timeout: float = 0.0
    graceful_term: bool = False
    run_at_exit_hooks: bool = False
