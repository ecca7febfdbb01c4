"""A worker that performs in its own process hears signals whenever they come."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from django_resque import enqueue_to, job
from django_resque.process.procline import Procline
from tests.interop.forked import ForkedWorker

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_signal_between_reserving_and_performing(
    number: signal.Signals,
    resque_settings: Configure,
    redis_client: redis.Redis,
) -> None:
    """A worker without forks, told to stop just before its job begins, gives the job back."""
    handle = enqueue_to("high", "Mailer", 1)

    def prepare() -> None:
        job(name="Mailer")(lambda _: signal.pause())
        processing = Procline.processing

        def told(procline: Procline, queue: str, name: str | None) -> None:
            processing(procline, queue, name)
            os.kill(os.getpid(), number)

        Procline.processing = told  # type: ignore[method-assign,assignment]

    worker = ForkedWorker(
        prepare, environment={"QUEUE": "high", "FORK_PER_JOB": "false", "TERM_CHILD": "1"}
    )
    try:
        expected = 0
        assert expected == worker.wait(5)
    finally:
        worker.clean_up()
    assert [handle.payload.encode()] == redis_client.lrange("resque:queue:high", 0, -1)
    assert redis_client.get("resque:stat:processed") is None
