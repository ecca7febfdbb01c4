"""A job that failed comes back by way of the scheduler, and tells its end to those who wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque import JobHandle, enqueue_to
from tests.polling import eventually

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure
    from tests.e2e.running import Project


def test_delayed_retry(
    project: Project, redis_client: redis.Redis, resque_settings: Configure
) -> None:
    """The attempt, the id and the result survive the way there and back."""
    del resque_settings
    project.start("resque_scheduler")
    project.worker()

    handle = enqueue_to("q", "tests.e2e.project.jobs.later", 7)
    eventually(lambda: handle.status == "retrying")

    assert 2 == handle.wait(20)
    assert ["attempt 7 1", "attempt 7 2"] == project.effects()
    assert not redis_client.exists("resque:failed", "resque:delayed_queue_schedule")
    (found,) = [JobHandle.for_id(str(handle.id)).record]
    assert found is not None
    assert ("succeeded", 2) == (found.status, found.attempt)


def test_stop_elsewhere(
    project: Project, redis_client: redis.Redis, resque_settings: Configure
) -> None:
    """A job that runs in a worker somewhere is killed through Redis, and the worker goes on."""
    del resque_settings
    worker = project.worker()

    handle = enqueue_to("q", "tests.e2e.project.jobs.wait", 1)
    eventually(lambda: handle.status == "running")
    handle.stop()
    eventually(lambda: redis_client.llen("resque:failed") == 1)

    assert "unknown" == handle.status
    enqueue_to("q", "tests.e2e.project.jobs.ok", 2)
    project.await_effect("ok 2")
    assert worker.alive
