"""The first page answers an on-call engineer's first questions, whatever lies in Redis."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis
    from django.test import Client


def push(redis_client: redis.Redis, queue: str, waiting: float = 0.0) -> None:
    """Enqueue a job that has waited for so many seconds."""
    payload: dict[str, object] = {"class": "shop.jobs.send", "args": ["<b>"], "id": "1"}
    payload["queue_time"] = time.time() - waiting
    redis_client.sadd("resque:queues", queue)
    redis_client.rpush(f"resque:queue:{queue}", json.dumps(payload))


def test_figures(admin_client: Client, redis_client: redis.Redis) -> None:
    """The figures, queues, jobs at work and failures stand on the page and in its data."""
    push(redis_client, "mail")
    redis_client.mset({"resque:stat:processed": 12345, "resque:stat:failed": 7})
    redis_client.sadd("resque:workers", "web1:411:mail")
    claim = {"queue": "mail", "run_at": "2026-11-27T12:00:00Z", "payload": {"class": "A<i>"}}
    redis_client.set("resque:worker:web1:411:mail", json.dumps(claim))
    record = {
        "payload": {"class": "Gone", "args": []},
        "exception": "E<u>",
        "error": "why",
        "queue": "mail",
    }
    redis_client.rpush("resque:failed", json.dumps(record))

    page = admin_client.get(ROOT).content.decode()
    data = admin_client.get(f"{ROOT}?format=json").json()

    assert "%missing" not in page
    for text in ("A&lt;i&gt;", "E&lt;u&gt;", "Gone", "web1:411", f'{ROOT}queues/mail/"'):
        assert text in page
    assert "<i>" not in page
    assert (1, 12345, 7, 1, 1, 1) == tuple(
        data[name]
        for name in (
            "pending",
            "processed",
            "failures_counted",
            "failed",
            "workers",
            "working_count",
        )
    )
    assert ["mail"] == [row["name"] for row in data["queues"]]
    assert ["A<i>"] == [row["job"]["name"] for row in data["working"]]
    assert ["Gone"] == [row["job"] for row in data["failures"]]


def test_held_back(admin_client: Client, redis_client: redis.Redis) -> None:
    """Jobs that wait elsewhere than in queues are counted."""
    assert b"Held back" not in admin_client.get(ROOT).content
    redis_client.zadd("resque:parked", {"mail": 1})
    redis_client.rpush("resque:parked:mail", "a", "b")
    redis_client.zadd("resque:waiting", {"1": 1, "2": 1, "3": 1})

    data = admin_client.get(f"{ROOT}?format=json").json()
    page = admin_client.get(ROOT).content.decode()

    assert (2, 3) == (data["parked"], data["waiting"])
    assert "Held back by limits</dt><dd>2<" in page
    assert "Waiting for other jobs</dt><dd>3<" in page


def test_nothing(admin_client: Client) -> None:
    """An empty Redis gets kind words."""
    page = admin_client.get(ROOT).content.decode()

    assert "%missing" not in page
    for text in ("No queue is known yet", "No worker has a job", "Nothing has failed"):
        assert text in page


def test_nobody_works(admin_client: Client, redis_client: redis.Redis) -> None:
    """Jobs that wait without any worker are shouted about."""
    push(redis_client, "mail")

    assert b"No worker is there" in admin_client.get(ROOT).content


def test_long_waits(admin_client: Client, redis_client: redis.Redis) -> None:
    """Queues whose next job waits long stand out, and no others; paused workers explain it."""
    push(redis_client, "slow", 7200)
    push(redis_client, "quick")

    page = admin_client.get(ROOT).content.decode()
    data = admin_client.get(f"{ROOT}?format=json").json()
    redis_client.set("resque:pause-all-workers", "true")
    paused = admin_client.get(ROOT).content.decode()

    assert ["slow"] == [row["name"] for row in data["late"]]
    assert "Jobs wait long:" in page
    assert "Jobs wait long:" not in paused
    assert "All workers are paused." in paused


@pytest.mark.parametrize(
    ("query", "step", "bars"),
    [("?", 60, 61), ("?span=hour", 60, 61), ("?span=day", 900, 97), ("?span=days", 3600, 73)],
)
def test_spans(
    admin_client: Client, redis_client: redis.Redis, query: str, step: int, bars: int
) -> None:
    """The chart covers the span asked for, with the same figures in a table."""
    begin = (int(time.time()) // step - 1) * step
    redis_client.lpush("resque:history:minutes", f"{begin} 100 10")
    redis_client.mset({"resque:stat:processed": 200, "resque:stat:failed": 30})

    page = admin_client.get(ROOT + query).content.decode()
    chart = admin_client.get(f"{ROOT}{query}&format=json").json()["chart"]

    assert bars == len(chart["bars"]) == page.count('<rect class="resque-bar-hover"')
    assert bars == page.partition("</details>")[0].count('<th scope="row">')
    assert (100, 20) == (chart["processed"], chart["failed"])


def test_strange_span(admin_client: Client) -> None:
    """A span that there is not is the last hour."""
    page = admin_client.get(f"{ROOT}?span=<script>").content.decode()

    assert "Last hour" in page
    assert "<script>" not in page.replace("<script src", "")


def test_announcement(admin_client: Client, redis_client: redis.Redis) -> None:
    """Screen readers hear how much waits and how much failed."""
    push(redis_client, "mail")
    push(redis_client, "mail")
    redis_client.rpush("resque:failed", "{}")

    page = admin_client.get(f"{ROOT}?format=fragment").content.decode()

    assert 'data-announce="2 jobs wait, 1 failure"' in page


def test_round_trips(
    admin_client: Client, redis_client: redis.Redis, round_trips: list[int]
) -> None:
    """The page costs the same few round trips, however much there is."""
    pipeline = redis_client.pipeline(transaction=False)
    for number in range(300):
        pipeline.sadd("resque:queues", f"q{number}")
        pipeline.rpush(f"resque:queue:q{number}", "{}")
        pipeline.sadd("resque:workers", f"web:{number}:q")
        pipeline.set(f"resque:worker:web:{number}:q", '{"queue":"q","payload":{}}')
    pipeline.rpush("resque:failed", *["{}"] * 5000)
    pipeline.execute()
    round_trips.clear()

    assert 200 == admin_client.get(f"{ROOT}?format=fragment").status_code

    assert len(round_trips) <= 28


def test_delayed(admin_client: Client, redis_client: redis.Redis) -> None:
    """What is delayed is told where there is any, and that nobody schedules it."""
    assert b"No scheduler" not in admin_client.get(ROOT).content
    due = int(time.time()) - 100
    redis_client.zadd("resque:delayed_queue_schedule", {str(due): due})
    redis_client.rpush(f"resque:delayed:{due}", "{}", "{}")

    page = admin_client.get(ROOT).content.decode()
    shown = admin_client.get(f"{ROOT}?format=json").json()["scheduler"]

    assert "No scheduler is running" in page
    assert "100 s overdue" in page or "101 s overdue" in page
    assert (2, True, True) == (shown["delayed"], shown["overdue"], shown["missing"])
    redis_client.set("resque:resque:resque_scheduler_master_lock", "<b>ruby")
    assert b"No scheduler" not in admin_client.get(ROOT).content
