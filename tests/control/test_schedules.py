"""Operators run recurring jobs at once, switch them off and on, and remove them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.control.schedules import (
    remove_schedule,
    run_schedule,
    switch_schedule_off,
    switch_schedule_on,
)
from django_resque.exceptions import (
    ArgumentError,
    DecodeError,
    InvalidSchedule,
    ScheduleNotFound,
)
from django_resque.jobs.registry import registry
from django_resque.wire.schedule import ScheduleRun

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.conftest import Configure


@pytest.fixture
def store(
    resque_settings: Configure, resque_store: Store, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """Give a store with one schedule of each kind."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))

    def tidy(depth: int = 1) -> None:
        """Do nothing."""

    job(name="Tidy", queue="low")(tidy)
    resque_settings(SCHEDULE={"nightly": {"cron": "0 3 * * *", "job": "Tidy", "args": [2]}})
    document = b'{"every":"1h","class":"Mailer","queue":"mail","args":[7]}'
    resque_store.schedules.set("often", document)
    return resque_store


def waiting(client: redis.Redis, queue: str) -> list[Any]:
    """Return the arguments of the jobs in a queue."""
    return [json.loads(raw)["args"] for raw in client.lrange(f"resque:queue:{queue}", 0, -1)]


def test_run(store: Store, redis_client: redis.Redis) -> None:
    """Now, beside its times, with its own or other arguments; its history tells."""
    assert "low" == run_schedule(store, "nightly")
    assert "low" == run_schedule(store, "nightly", [3])
    assert "mail" == run_schedule(store, "often", [])

    assert [[2], [3]] == waiting(redis_client, "low")
    assert [[]] == waiting(redis_client, "mail")
    runs = [ScheduleRun.decode(raw) for raw in store.schedules.runs(["nightly"])[0]]
    ids = [json.loads(raw)["id"] for raw in redis_client.lrange("resque:queue:low", 0, -1)]
    assert [("manual", id_) for id_ in reversed(ids)] == [(run.kind, run.id) for run in runs]


def test_run_what_cannot_be(store: Store, redis_client: redis.Redis) -> None:
    """It is refused, with the reason."""
    store.schedules.set("broken", b"{oops")
    store.schedules.set("never", b'{"every":"x","class":"Mailer","queue":"mail"}')

    with pytest.raises(ScheduleNotFound, match="nosuch"):
        run_schedule(store, "nosuch")
    with pytest.raises(DecodeError):
        run_schedule(store, "broken")
    with pytest.raises(InvalidSchedule):
        run_schedule(store, "never")
    with pytest.raises(ArgumentError, match="too many"):
        run_schedule(store, "nightly", [1, 2])
    assert not redis_client.exists("resque:queues")


def test_off_and_on(store: Store) -> None:
    """Both kinds are switched; what is not there is not."""
    for name in ("nightly", "often"):
        assert switch_schedule_off(store, name)
        assert not switch_schedule_off(store, name)
        assert switch_schedule_on(store, name)
        assert not switch_schedule_on(store, name)
    with pytest.raises(ScheduleNotFound):
        switch_schedule_off(store, "nosuch")


def test_remove(store: Store) -> None:
    """What was set at run time goes; what the settings say stays."""
    assert remove_schedule(store, "often")
    assert not remove_schedule(store, "often")
    assert not remove_schedule(store, "nightly")
    assert "low" == run_schedule(store, "nightly")
