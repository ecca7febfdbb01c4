"""Queues and the jobs that wait in them are shown, however many, large or odd they are."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from django_resque import job
from django_resque.jobs.registry import registry
from tests.admin.conftest import ROOT
from tests.admin.reading import data, text

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.admin.conftest import MakeUser

QUEUES = f"{ROOT}queues/"
MAIL = f"{QUEUES}mail/"
NASTY = "<script>alert(1)</script>\x1b[2J\u202e"


def push(redis_client: redis.Redis, *raws: bytes, queue: str | bytes = "mail") -> list[bytes]:
    """Put items into a queue as any client does."""
    name = queue.encode() if isinstance(queue, str) else queue
    redis_client.sadd("resque:queues", name)
    redis_client.rpush(b"resque:queue:" + name, *raws)
    return list(raws)


def payload(name: str = "shop.send", *args: Any, age: float | None = None, **extras: Any) -> bytes:
    """Return a payload; ``age`` is how long it has waited."""
    if age is not None:
        extras["queue_time"] = time.time() - age
    return json.dumps({"class": name, "args": args, **extras}).encode()


def page_of(raw: bytes, at: int, queue: str = "mail") -> str:
    """Return the URL of the page of one job."""
    digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    return f"{QUEUES}{queue}/jobs/{digest}/?at={at}"


def test_queues(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """Each queue is a row with its size, the wait of its next job, and its pause."""
    push(redis_client, payload(age=400), payload(age=1))
    push(redis_client, payload(age=30), queue="low")
    push(redis_client, b"{oops", queue="odd")
    redis_client.sadd("resque:queues", "empty")
    redis_client.sadd("resque:queues:paused", "low")

    shown = data(admin_client, QUEUES)
    found = text(admin_client, QUEUES)

    rows = {row["name"]: row for row in shown["queues"]}
    assert ["empty", "low", "mail", "odd"] == list(rows)
    assert [0, 1, 2, 1] == [row["size"] for row in rows.values()]
    assert [False, False, True, False] == [row["late"] for row in rows.values()]
    assert [False, True, False, False] == [row["paused"] for row in rows.values()]
    assert (4, 4) == (shown["total"], shown["jobs"])
    assert f"{QUEUES}low/resume/" == rows["low"]["switch_url"]
    assert 'aria-label="Resume queue low"' in found
    assert 'aria-label="Pause queue mail"' in found
    assert "resque-badge-late" in found
    assert 10 == len(round_trips)


def test_rates(admin_client: Client, redis_client: redis.Redis, resque_store: Store) -> None:
    """Once workers have taken samples, it is told how fast queues fill and empty."""
    redis_client.sadd("resque:queues", "mail")
    assert None is data(admin_client, QUEUES)["queues"][0]["arriving"]
    resque_store.history.sample(int(time.time()) - 120)
    push(redis_client, *[payload()] * 4)
    redis_client.hincrby(resque_store.keys.finished, "mail", 2)

    (row,) = data(admin_client, QUEUES)["queues"]
    queue = data(admin_client, MAIL)

    for shown in (row, queue):
        assert 3.0 == pytest.approx(shown["arriving"], rel=0.05)
        assert 1.0 == pytest.approx(shown["finishing"], rel=0.05)
    assert "/ min" in text(admin_client, QUEUES)
    assert "Arriving" in text(admin_client, MAIL)


def test_queues_of_one_page(
    admin_client: Client, redis_client: redis.Redis, round_trips: list[int]
) -> None:
    """Of many queues a page is shown, and only there the next jobs are read."""
    for number in range(250):
        push(redis_client, payload(), queue=f"q{number:03}")
    push(redis_client, *[payload()] * 9, queue="q123")

    first = data(admin_client, QUEUES)
    most = max(round_trips)
    trips = len(round_trips)
    last = data(admin_client, QUEUES, start=200)
    largest = data(admin_client, QUEUES, sort="size")

    assert 100 == len(first["queues"])
    assert (f"{QUEUES}?start=100", "") == (first["pages"]["next"], first["pages"]["previous"])
    assert 50 == len(last["queues"])
    assert ("", f"{QUEUES}?start=100") == (last["pages"]["next"], last["pages"]["previous"])
    assert ["q123", "q000"] == [row["name"] for row in largest["queues"][:2]]
    assert 259 == first["jobs"]
    assert 5 == trips
    assert 250 == most  # the sizes; then 200 commands for the page


def test_filter(admin_client: Client, redis_client: redis.Redis) -> None:
    """Queues are found by a part of their names, whatever its case; the sorting stays."""
    for name in ("mail", "Mailing", "low"):
        push(redis_client, payload(), queue=name)

    shown = data(admin_client, QUEUES, q="MAIL", sort="size")

    assert ["Mailing", "mail"] == [row["name"] for row in shown["queues"]]
    assert f"{QUEUES}?q=MAIL" == shown["by_name"]
    assert "No queue has" in text(admin_client, QUEUES, q=NASTY)


def test_no_queues(admin_client: Client) -> None:
    """A fresh Redis says what to expect."""
    assert "A queue appears with the first job" in text(admin_client, QUEUES)


def test_odd_queues(admin_client: Client, redis_client: redis.Redis) -> None:
    """Names of any bytes lead to their pages; a key that is no list hides no other queue."""
    names = [NASTY.encode(), b"\xff", b"", b"a/b?c#d", "\u00fc ".encode()]
    for name in names:
        push(redis_client, payload(), queue=name)
    redis_client.sadd("resque:queues", "broken")
    redis_client.set("resque:queue:broken", "no list")

    shown = data(admin_client, QUEUES)
    text(admin_client, QUEUES)
    text(admin_client, QUEUES, sort="size")

    assert [1, 1, 1, 0, 1, 1] == sorted([row["size"] for row in shown["queues"]], reverse=True)[
        :3
    ] + [row["size"] for row in shown["queues"] if row["name"] == "broken"] + [1, 1]
    for row in shown["queues"]:
        assert row["size"] == data(admin_client, row["url"])["size"]
        text(admin_client, row["url"])


def test_queue(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """A queue shows its jobs in their order: number, name, arguments, id and how long they wait."""
    push(
        redis_client, payload("shop.send", 7, "x", age=100, id="1f"), payload("Ruby::Job"), b"{oops"
    )

    shown = data(admin_client, MAIL)
    trips = len(round_trips)
    found = text(admin_client, MAIL)

    first, second, third = shown["jobs"]
    assert ("shop.send", '7, "x"', "1f") == tuple(
        first["job"][key] for key in ("name", "arguments", "id")
    )
    assert [1, 2, 3] == [each["position"] for each in shown["jobs"]]
    assert ("Ruby::Job", "", None) == tuple(
        second["job"][key] for key in ("name", "arguments", "queued_at")
    )
    assert "payload is not JSON" in third["job"]["error"]
    assert shown["late"]
    assert not shown["paused"]
    assert "Unreadable job" in found
    assert f'href="{page_of(payload("Ruby::Job"), 1)}"' in found
    assert 'aria-label="Select job 3"' in found
    assert 4 == trips


def test_pages(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """A long queue is read page by page, in as many round trips as a short one."""
    push(redis_client, *[payload("shop.send", number) for number in range(120)])

    first = data(admin_client, MAIL)
    trips = len(round_trips)
    last = data(admin_client, MAIL, start=100)
    beyond = text(admin_client, MAIL, start=10**12)

    assert 50 == len(first["jobs"])
    assert f"{MAIL}?start=50" == first["pages"]["next"]
    assert ("", f"{MAIL}?start=50") == (last["pages"]["next"], last["pages"]["previous"])
    assert (101, 120) == (last["first"], last["size"])
    assert 4 == trips
    assert "nothing is left here" in beyond
    assert MAIL == data(admin_client, MAIL, start=50)["pages"]["previous"]


def test_same_jobs(admin_client: Client, redis_client: redis.Redis) -> None:
    """Jobs of the same bytes are told apart, and keep their ticks when those before them go."""
    push(redis_client, b"first", *[payload()] * 3)
    before = [each["key"] for each in data(admin_client, MAIL)["jobs"]]
    redis_client.lpop("resque:queue:mail")
    after = [each["key"] for each in data(admin_client, MAIL)["jobs"]]

    assert 4 == len(set(before))
    assert before[1:] == after


def test_search(admin_client: Client, redis_client: redis.Redis) -> None:
    """Jobs are found by name, id and arguments, part by part of a long queue."""
    push(
        redis_client,
        *[payload("shop.send", number) for number in range(6000)],
        payload("Other", "needle"),
    )

    first = data(admin_client, MAIL, q="NEEDLE")
    found = text(admin_client, MAIL, q="needle")
    assert [] == first["jobs"]
    assert 5000 == first["examined"]
    assert "Looked through the next 5000 of 6001 jobs." in found
    assert "Search on" in found
    assert 'data-live=""' in found
    second = data(admin_client, first["pages"]["next"])
    assert ["Other"] == [each["job"]["name"] for each in second["jobs"]]
    assert "from number 5001 on" in text(admin_client, MAIL, q="needle", start=5000)
    assert "" == second["pages"]["next"]


def test_search_without_arguments(
    staff: MakeUser, redis_client: redis.Redis, admin_client: Client
) -> None:
    """Who may not see arguments does not find by them, and reads a word in their place."""
    push(redis_client, payload("shop.send", "canary"), b'{"canary')
    client = Client()
    client.force_login(staff("view_resque"))

    assert [] == data(client, MAIL, q="canary")["jobs"]
    assert "hidden" == data(client, MAIL)["jobs"][0]["job"]["arguments"]
    assert 1 == len(data(client, MAIL, q="shop")["jobs"])
    for url in (MAIL, page_of(payload("shop.send", "canary"), 0), page_of(b'{"canary', 1)):
        found = text(client, url)
        assert "canary" not in found
        assert "resque-danger" not in found
        assert "formaction" not in found


def test_masked(admin_client: Client, redis_client: redis.Redis) -> None:
    """Arguments named like secrets are masked, in the table and on the job's page."""
    raw = payload("shop.send", {"api_key": "canary", "depth": 1}, api_key="canary")
    push(redis_client, raw)

    for url in (MAIL, page_of(raw, 0)):
        assert "canary" not in text(admin_client, url)
        assert "canary" not in json.dumps(data(admin_client, url))
    assert "depth" in text(admin_client, MAIL)


def test_hostile_jobs(admin_client: Client, redis_client: redis.Redis) -> None:
    """Whatever another client has left there is shown as text, and cut."""
    raws = push(
        redis_client,
        payload(NASTY, NASTY, {NASTY: [NASTY]}, id=NASTY),
        NASTY.encode(),
        b"",
        b"\xff\x00",
        b"[" * 500,
        b'{"class":"\\ud800","args":["\\ud800"]}',
        b'{"class":"A","args":{}}',
        payload("A" * 100_000, "x" * 100_000, queue_time=NASTY),
        b"x" * 1_000_000,
    )

    found = text(admin_client, MAIL)
    assert len(found) < 60_000
    data(admin_client, MAIL)
    for at, raw in enumerate(raws):
        assert len(text(admin_client, page_of(raw, at))) < 400_000
        assert at + 1 == data(admin_client, page_of(raw, at))["position"]


@pytest.mark.usefixtures("admin_client")
def test_job(
    admin_client: Client, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One job is shown with its arguments by the names of its parameters."""
    monkeypatch.setattr(registry, "_jobs", {})

    def send(user: int, template: str = "", *, size: str = "s") -> None:
        """Do nothing."""

    job(name="shop.send")(send)
    raws = push(
        redis_client,
        payload("shop.send", 7, "x", {"**": {"size": "m"}}, age=5, id="1f"),
        payload("shop.send", 1, 2, 3, 4),
        payload("Ruby::Job", [1]),
    )

    good, misfit, foreign = (data(admin_client, page_of(raw, at)) for at, raw in enumerate(raws))

    assert [("user", "7"), ("template", '"x"'), ("size", '"m"')] == [
        (each["name"], each["text"]) for each in good["arguments"]
    ]
    assert f"{ROOT}jobs/shop.send/" == good["job"]["url"]
    assert ["1", "2", "3", "4"] == [each["name"] for each in misfit["arguments"]]
    assert ["[\n  1\n]"] == [each["text"] for each in foreign["arguments"]]
    assert "" == foreign["job"]["url"]
    assert '"class": "Ruby::Job"' in foreign["raw"]
    found = text(admin_client, page_of(raws[2], 2))
    assert "not registered here" in found
    assert 'name="job" value="' in found


def test_job_that_has_moved(
    admin_client: Client, redis_client: redis.Redis, round_trips: list[int]
) -> None:
    """A job is found where it is by now."""
    push(redis_client, *[payload("A", number) for number in range(500)])
    redis_client.lpop("resque:queue:mail", 100)

    shown = data(admin_client, page_of(payload("A", 150), 150))

    assert 51 == shown["position"]
    assert len(round_trips) <= 3


@pytest.mark.parametrize("way", ["", "&format=json", "&format=fragment"])
def test_job_that_is_gone(admin_client: Client, redis_client: redis.Redis, way: str) -> None:
    """A job that was taken meanwhile is no error: it is said, and where to go on."""
    push(redis_client, payload("Other"))

    answer = admin_client.get(page_of(payload(), 0) + way)

    assert 404 == answer.status_code
    assert b"A worker has taken this job" in answer.content
    assert b"%missing" not in answer.content


def test_other_queues(admin_client: Client, redis_client: redis.Redis) -> None:
    """The other known queues are offered to move jobs to."""
    push(redis_client, payload())
    push(redis_client, payload(), queue="low")

    found = text(admin_client, MAIL)

    assert '<option value="low"></option>' in found
    assert '<option value="mail"></option>' not in found


def test_fragment_has_no_fields(admin_client: Client, redis_client: redis.Redis) -> None:
    """What is refreshed holds neither texts to fill in nor tokens that would differ each time."""
    push(redis_client, payload())
    for url in (QUEUES, MAIL, page_of(payload(), 0)):
        first, second = (
            admin_client.get(url + ("&" if "?" in url else "?") + "format=fragment")
            for _ in range(2)
        )
        assert first["ETag"] == second["ETag"]
        assert b"csrfmiddlewaretoken" not in first.content
        assert b'type="text"' not in first.content
