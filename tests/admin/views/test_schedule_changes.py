"""Recurring jobs are run now, switched and removed: told, logged, and asked for before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry

from django_resque import job
from django_resque.jobs.registry import registry
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis
    from django.test import Client

    from tests.conftest import Configure

RECURRING = f"{ROOT}recurring/"


@pytest.fixture(autouse=True)
def content(
    resque_settings: Configure, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let something recur of each kind."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))

    def tidy(depth: int = 1, token: str = "") -> None:
        """Do nothing."""

    job(name="Tidy", queue="low")(tidy)
    nightly = {"cron": "0 3 * * *", "job": "Tidy", "args": [2, "canary"]}
    resque_settings(SCHEDULE={"nightly": nightly})
    often = b'{"every":"1h","class":"Mailer","queue":"mail","args":[7]}'
    redis_client.hset("resque:persistent_schedules", mapping={"often": often, "broken": b"{"})


def post(client: Client, name: str, action: str, **given: Any) -> Any:
    """Press a button on the page of a recurring job."""
    return client.post(f"{RECURRING}{name}/{action}/", given)


def told(client: Client) -> str:
    """Return what the next page tells."""
    page: str = client.get(RECURRING).content.decode()
    return page.partition('class="messagelist"')[2].partition("</ul>")[0]


def waiting(client: redis.Redis, queue: str) -> list[Any]:
    """Return the arguments of the jobs in a queue."""
    return [json.loads(raw)["args"] for raw in client.lrange(f"resque:queue:{queue}", 0, -1)]


def test_run(admin_client: Client, redis_client: redis.Redis) -> None:
    """It is enqueued with its own arguments."""
    assert f"{RECURRING}nightly/" == post(admin_client, "nightly", "run")["Location"]
    assert "Enqueued nightly to queue low." in told(admin_client)
    post(admin_client, "often", "run")

    assert [[2, "canary"]] == waiting(redis_client, "low")
    assert [[7]] == waiting(redis_client, "mail")
    entry = LogEntry.objects.order_by("pk")[0]
    assert ("schedule/nightly", ADDITION, "Enqueued to queue low.") == (
        entry.object_id, entry.action_flag, entry.get_change_message()
    )  # fmt: skip


def test_run_with_other_arguments(admin_client: Client, redis_client: redis.Redis) -> None:
    """What was filled in is enqueued; a secret that is not shown stays what it was."""
    assert "canary" not in admin_client.get(f"{RECURRING}nightly/").content.decode()

    post(admin_client, "nightly", "edit", **{"arg-depth": "5", "arg-token": ""})
    post(admin_client, "often", "edit", **{"arg-args": "[8, 9]"})

    assert [[5, "canary"]] == waiting(redis_client, "low")
    assert [[8, 9]] == waiting(redis_client, "mail")


def test_mistakes(admin_client: Client, redis_client: redis.Redis) -> None:
    """A mistake is told at its field, and nothing is enqueued."""
    page = post(admin_client, "nightly", "edit", **{"arg-depth": "x"})

    assert 200 == page.status_code
    assert b'value="x"' in page.content
    assert b"errorlist" in page.content
    assert b"%missing" not in page.content
    assert not redis_client.exists("resque:queue:low")
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("action", ["run", "edit"])
def test_run_what_cannot_be(admin_client: Client, redis_client: redis.Redis, action: str) -> None:
    """The reason is told on its page."""
    answer = post(admin_client, "broken", action)
    assert f"{RECURRING}broken/" == answer["Location"]
    assert "not JSON" in told(admin_client)

    answer = post(admin_client, "nosuch", action)
    assert answer.status_code in (302, 404)
    assert not LogEntry.objects.exists()
    assert not redis_client.exists("resque:queues")


@pytest.mark.parametrize("name", ["nightly", "often"])
def test_off_and_on(admin_client: Client, redis_client: redis.Redis, name: str) -> None:
    """Each is switched off and on, once."""
    for action, said in (
        ("off", f"{name} is switched off."),
        ("off", "was switched off already"),
        ("on", f"{name} is switched on."),
        ("on", "was switched on already"),
    ):
        post(admin_client, name, action)
        assert said in told(admin_client)
        assert ("off" == action) == redis_client.sismember("resque:schedules:off", name)
    assert [("Switched off.", CHANGE), ("Switched on.", CHANGE)] == [
        (entry.get_change_message(), entry.action_flag) for entry in LogEntry.objects.order_by("pk")
    ]


@pytest.mark.parametrize("name", ["often", "broken"])
def test_remove(admin_client: Client, redis_client: redis.Redis, name: str) -> None:
    """What was set at run time goes when it is confirmed, readable or not."""
    assert f"Remove the recurring job {name}" in post(admin_client, name, "remove").content.decode()
    assert redis_client.hexists("resque:persistent_schedules", name)

    assert RECURRING == post(admin_client, name, "remove", confirmed="1")["Location"]

    assert f"{name} is removed." in told(admin_client)
    assert not redis_client.hexists("resque:persistent_schedules", name)
    assert DELETION == LogEntry.objects.get().action_flag
    post(admin_client, name, "remove", confirmed="1")
    assert "was gone already" in told(admin_client)


def test_remove_one_of_the_settings(admin_client: Client) -> None:
    """What the settings say stays."""
    post(admin_client, "nightly", "remove", confirmed="1")

    assert "is one of the settings" in told(admin_client)
    assert not LogEntry.objects.exists()
