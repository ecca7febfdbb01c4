"""Recurring jobs are shown with their next times and their history, whoever set them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import translation

from django_resque import job
from django_resque.jobs.registry import registry
from django_resque.wire.schedule import ScheduleRun
from tests.admin import reading
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis

    from tests.admin.conftest import MakeUser
    from tests.conftest import Configure

RECURRING = f"{ROOT}recurring/"
NASTY = "<script>alert(1)</script>\x1b[2J\u202e"
OFTEN = b'{"every":"1h","class":"Mailer","queue":"mail","args":[7],"description":"Mail"}'


@pytest.fixture(autouse=True)
def content(
    resque_settings: Configure, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let something recur of each kind."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))

    def tidy(depth: int = 1, token: str = "") -> None:
        """Do nothing."""

    job(name="Tidy", queue="low")(tidy)
    nightly = {"cron": "0 3 * * *", "job": "Tidy", "kwargs": {"depth": 2}, "timezone": "UTC"}
    resque_settings(SCHEDULE={"nightly": nightly})
    redis_client.hset(
        "resque:persistent_schedules", mapping={"often": OFTEN, "broken": b"{<b>", "never": b"{}"}
    )


def data(client: Client, url: str = RECURRING, **query: Any) -> Any:
    """Return what a page shows, as a program reads it."""
    return reading.data(client, url, **query)


def text(client: Client, url: str = RECURRING, **query: Any) -> str:
    """Return a page as a person reads it."""
    found = reading.text(client, url, **query)
    assert "<b>" not in found
    return found


def test_all(admin_client: Client, round_trips: list[int]) -> None:
    """Each is a row with its rule in words, its next time, and its buttons."""
    found = text(admin_client)
    round_trips.clear()
    shown = data(admin_client)

    assert 10 == len(round_trips)
    rows = {row["name"]: row for row in shown["rows"]}
    assert ["broken", "never", "nightly", "often"] == list(rows)
    assert ("At 03:00 every day (UTC)", "Every hour") == (
        rows["nightly"]["words"], rows["often"]["words"]
    )  # fmt: skip
    assert [0, 0, 1, 1] == [len(row["next_runs"]) for row in rows.values()]
    assert "not JSON" in rows["broken"]["error"]
    for part in ("Run often now", "Switch off nightly", "cannot run", "No scheduler is running"):
        assert part in found
    for part in ("Run broken now", "Switch off broken"):
        assert part not in found


def test_filter_and_pages(admin_client: Client, redis_client: redis.Redis) -> None:
    """They are found by a part of their names, 50 on a page."""
    redis_client.hset(
        "resque:persistent_schedules", mapping={f"more{number:02}": OFTEN for number in range(60)}
    )

    assert ["often"] == [row["name"] for row in data(admin_client, q="OFT")["rows"]]
    text(admin_client, q="more")
    first = data(admin_client, q="more")
    assert (50, 60) == (len(first["rows"]), first["total"])
    assert 10 == len(data(admin_client, first["pages"]["next"], q="more", start=50)["rows"])
    assert "has this in its name" in text(admin_client, q=NASTY)


def test_none(admin_client: Client, redis_client: redis.Redis, resque_settings: Configure) -> None:
    """Where nothing recurs, it says how to change that."""
    resque_settings()
    redis_client.flushall()

    found = text(admin_client)
    assert "No job recurs." in found
    assert "No scheduler" not in found


def test_one(admin_client: Client, redis_client: redis.Redis) -> None:
    """Its next five times, its history, and a form for other arguments."""
    for run in (ScheduleRun("missed", 7), ScheduleRun("enqueued", 70, "f00", "low")):
        redis_client.lpush("resque:schedule:nightly:runs", run.encode())
    redis_client.lpush("resque:schedule:nightly:runs", "garbage")
    redis_client.hset("resque:delayed:last_enqueued_at", "nightly", "2026-11-21 04:48:58 +0000")

    shown = data(admin_client, f"{RECURRING}nightly/")
    found = text(admin_client, f"{RECURRING}nightly/")

    assert 5 == len(shown["row"]["next_runs"])
    assert [("enqueued", "f00"), ("missed", "")] == [
        (run["kind"], run["id"]) for run in shown["runs"]
    ]
    assert '"**": {"depth": 2}' in shown["row"]["arguments"] or "2" == shown["row"]["arguments"]
    assert f"{ROOT}results/f00/?queue=low" in found
    assert 'name="arg-depth" value="2"' in found
    assert "skipped: missed" in found
    assert "remove/" not in found


def test_dynamic(admin_client: Client, redis_client: redis.Redis) -> None:
    """One that was set at run time can be removed; one that is off has no next times."""
    redis_client.sadd("resque:schedules:off", "often")

    found = text(admin_client, f"{RECURRING}often/")

    assert f'formaction="{RECURRING}often/remove/"' in found
    assert f'formaction="{RECURRING}often/on/"' in found
    assert "None, while it is off." in found


def test_unreadable(admin_client: Client, staff: MakeUser) -> None:
    """What cannot be read is shown as it lies there, and can be removed."""
    found = text(admin_client, f"{RECURRING}broken/")
    assert "{&lt;b&gt;" in found
    assert f'formaction="{RECURRING}broken/remove/"' in found
    assert "broken/run/" not in found

    client = Client()
    client.force_login(staff("view_resque"))
    assert "{&lt;b&gt;" not in text(client, f"{RECURRING}broken/")
    assert "formaction" not in text(client, f"{RECURRING}often/")


def test_hostile(admin_client: Client, redis_client: redis.Redis) -> None:
    """Names and documents of any bytes are shown as text, and lead to their pages."""
    names = [NASTY.encode(), b"\xff", b"", b"a/b?c#d", b"x" * 5000]
    entry = {
        "cron": NASTY, "class": NASTY, "queue": NASTY, "args": NASTY, "description": NASTY,
    }  # fmt: skip
    redis_client.hset(
        "resque:persistent_schedules", mapping=dict.fromkeys(names, json.dumps(entry))
    )
    redis_client.hset("resque:persistent_schedules", "huge", b'"' + b"x" * 1_000_000)
    redis_client.hset("resque:delayed:last_enqueued_at", "a/b?c#d", NASTY)
    redis_client.set(b"resque:schedule:\xff:runs", "no list")

    shown = data(admin_client)
    assert len(text(admin_client)) < 100_000
    assert 10 == len(shown["rows"])
    for row in shown["rows"]:
        assert len(text(admin_client, row["url"])) < 200_000


@pytest.mark.parametrize("form", ["html", "json", "fragment"])
def test_gone(admin_client: Client, form: str) -> None:
    """What is not there is said to be gone."""
    answer = admin_client.get(f"{RECURRING}nosuch/", {"format": form})

    assert 404 == answer.status_code
    assert b"nosuch" in answer.content
    assert b"%missing" not in answer.content


def test_fragment_has_no_fields(admin_client: Client) -> None:
    """What is refreshed holds no texts to fill in and no tokens."""
    for url in (RECURRING, f"{RECURRING}nightly/"):
        found = admin_client.get(url, {"format": "fragment"}).content
        assert b"csrfmiddlewaretoken" not in found
        assert b'type="text"' not in found


def test_filter_is_a_verb(admin_client: Client) -> None:
    """The button of the filter says what it does, in languages that tell verbs from nouns."""
    with translation.override("de"):
        page = text(admin_client)

    assert ">Filtern</button>" in page
