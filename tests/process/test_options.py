"""A worker that is told nothing but its queues works as Ruby's does."""

from __future__ import annotations

import dataclasses

import pytest

from django_resque.execution.queue_names import QueuePatterns
from django_resque.process.options import WorkerOptions


def test_defaults() -> None:
    """Ruby's intervals and timeouts, and a fork for every job."""
    options = WorkerOptions(QueuePatterns.parse(["q"]))

    assert (5.0, 4.0, 0.0) == (options.interval, options.term_timeout, options.pre_shutdown_timeout)
    assert (1, True) == (options.jobs_per_fork, options.fork)
    assert (None, None) == (options.max_jobs, options.max_idle)
    assert [False] * 3 == [options.burst, options.term_child, options.graceful_term]


def test_fixed() -> None:
    """Nothing changes them while the worker runs."""
    options = WorkerOptions(QueuePatterns.parse(["q"]))

    with pytest.raises(dataclasses.FrozenInstanceError):
        options.burst = True  # type: ignore[misc]
