"""One job by its id: where it is, how far, what came of it, and how to call it off."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.test import Client

from django_resque import Retry, job
from django_resque.jobs.registry import registry
from django_resque.wire.order import Order
from django_resque.wire.result import Progress, ResultRecord
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation
from tests.admin import reading
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.admin.conftest import MakeUser

RESULTS = f"{ROOT}results/"
F00 = f"{RESULTS}f00/"
WORKER = "web~0123456789ab:7:mail"
NASTY = "<script>alert(1)</script>\x1b[2J\u202e"
RAW = b'{"class":"shop.send","args":[7],"id":"f00","attempt":2}'

pytestmark = pytest.mark.usefixtures("resque_settings")


def data(client: Client, url: str = F00, status: int = 200, **query: Any) -> Any:
    """Return what a page shows, whose other forms have nothing missing in them."""
    return reading.data_of_whole(client, url, status=status, **query)


def told(client: Client) -> str:
    """Return what the next page tells."""
    page: str = client.get(ROOT).content.decode()
    return page.partition('class="messagelist"')[2].partition("</ul>")[0]


def record(store: Store, **fields: Any) -> None:
    """Keep a result."""
    given = {"job": "shop.send", "queue": "mail", **fields}
    store.results.record("f00", ResultRecord("f00", **given).encode(), 60)


def work(client: redis.Redis) -> None:
    """Let a worker have the job."""
    client.sadd("resque:workers", WORKER)
    held = Reservation(WORKER, "mail", "2026-11-21T04:48:58Z", RAW, "rid-1").encode()
    client.set(f"resque:worker:{WORKER}", held)
    client.hset("resque:workers:vitals", WORKER, Vitals("working", 1, 1, 1, "1").encode())


def test_succeeded(admin_client: Client, resque_store: Store) -> None:
    """What it returned, masked, with its times; nothing is left to call off."""
    value = {"pages": 3, "password": "canary"}
    record(resque_store, status="succeeded", value=value, queued=10, started=20, ended=32)

    shown = data(admin_client)

    assert ("succeeded", 12, "", "") == (
        shown["status"], shown["took"], shown["cancel_url"], shown["stop_url"]
    )  # fmt: skip
    assert '"pages": 3' in shown["value"]
    assert "canary" not in admin_client.get(F00).content.decode()
    assert "" == shown["worker_url"]


def test_worker(admin_client: Client, resque_store: Store) -> None:
    """Of one that has ended, the worker that had it is named, and leads to its page."""
    record(resque_store, status="succeeded", worker=WORKER)

    shown = data(admin_client)

    assert (WORKER, f"{ROOT}workers/{WORKER}/", "") == (
        shown["worker"], shown["worker_url"], shown["place_url"]
    )  # fmt: skip
    assert f'<a href="{shown["worker_url"]}">{WORKER}</a>' in admin_client.get(F00).content.decode()


def test_failed(admin_client: Client, resque_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why, and which attempt of how many that was."""
    monkeypatch.setattr(registry, "_jobs", {})
    job(name="shop.send", retry=Retry(max_attempts=5))(lambda: None)
    record(resque_store, status="failed", exception="E", error=NASTY, attempt=5)

    shown = data(admin_client)

    assert (5, 5, f"{ROOT}jobs/shop.send/") == (
        shown["attempt"], shown["attempts"], shown["job_url"]
    )  # fmt: skip
    assert "5 of 5" in admin_client.get(F00).content.decode()


def test_lost_value(admin_client: Client, resque_store: Store) -> None:
    """A value that could not be kept is told of."""
    record(resque_store, status="succeeded", error="no JSON")

    data(admin_client)
    assert b"Its value could not be kept." in admin_client.get(F00).content


def test_running(
    admin_client: Client, resque_store: Store, redis_client: redis.Redis, round_trips: list[int]
) -> None:
    """Who has it, and how far it is; it can be stopped."""
    work(redis_client)
    resque_store.results.tell_progress("f00", Progress(1, 4, "one", 5, {"a": 1}).encode(), 60)
    round_trips.clear()

    shown = data(admin_client)

    assert len(round_trips) <= 3 * 8
    assert ("running", 2, f"{ROOT}workers/{WORKER}/") == (
        shown["status"], shown["attempt"], shown["place_url"]
    )  # fmt: skip
    assert (25, "one") == (shown["progress"]["percent"], shown["progress"]["message"])
    assert '"a": 1' in shown["meta"]
    assert f"{F00}stop/" == shown["stop_url"]
    assert b'<progress value="25" max="100"' in admin_client.get(F00).content


def test_waiting(admin_client: Client, resque_store: Store) -> None:
    """Where it waits; it can be cancelled."""
    resque_store.queues.push("mail", RAW)

    shown = data(admin_client, queue="mail")

    assert ("queued", f"{F00}cancel/") == (shown["status"], shown["cancel_url"])
    assert shown["place_url"].startswith(f"{ROOT}queues/mail/jobs/")
    assert 200 == admin_client.get(shown["place_url"]).status_code


def test_retrying(admin_client: Client, resque_store: Store) -> None:
    """When it is performed again, and where it waits for that."""
    record(resque_store, status="retrying", retry=2000000000, exception="E", attempt=1)
    resque_store.delayed.push(RAW[:-1] + b',"queue":"mail"}', 2000000000)

    shown = data(admin_client)

    assert ("retrying", 2) == (shown["status"], shown["attempt"])
    assert shown["retry_at"].startswith("2033-05-18")
    assert shown["place_url"].startswith(f"{ROOT}delayed/at/2000000000/jobs/")
    assert 200 == admin_client.get(shown["place_url"]).status_code


def test_unknown(admin_client: Client) -> None:
    """Of what is nowhere, that is said."""
    assert "unknown" == data(admin_client, status=404)["status"]
    assert b"Nothing is known of a job of this id." in admin_client.get(F00).content


def test_garbage(admin_client: Client, redis_client: redis.Redis) -> None:
    """Whatever lies there is shown as far as it can be read."""
    redis_client.set("resque:result:f00", NASTY)
    redis_client.set("resque:result:f00:progress", b"\xff")
    assert "not JSON" in data(admin_client)["unreadable"]

    document = dict.fromkeys(("job", "queue", "value", "exception", "error", "worker"), NASTY)
    redis_client.set("resque:result:f00", json.dumps({"id": "f00", "status": "failed", **document}))
    redis_client.set(
        "resque:result:f00:progress", json.dumps({"done": 5, "total": 0, "message": NASTY})
    )
    assert data(admin_client)["progress"]["percent"] is None
    for id_ in ("!FF", "!", "!3Cscript!3E"):
        data(admin_client, f"{RESULTS}{id_}/", status=404)


def test_for_some(staff: MakeUser, resque_store: Store) -> None:
    """Who may not see arguments sees neither values nor words of the job."""
    record(resque_store, status="failed", value="canary", exception="E", error="canary")
    progress = Progress(1, 2, "canary", 5, {"canary": 1})
    resque_store.results.tell_progress("f00", progress.encode(), 60)
    client = Client()
    client.force_login(staff("view_resque"))

    shown = data(client)

    assert "canary" not in json.dumps(shown)
    assert (None, None, None) == (shown["value"], shown["error"], shown["meta"])
    assert b"canary" not in client.get(F00).content


def test_find(admin_client: Client) -> None:
    """An id that is filled in leads to its page; nothing leads nowhere."""
    assert F00 == admin_client.get(RESULTS, {"id": " f00 "})["Location"]
    assert f"{RESULTS}a!2Fb/" == admin_client.get(RESULTS, {"id": "a/b"})["Location"]
    for nothing in ("", "x" * 5000):
        page = admin_client.get(RESULTS, {"id": nothing})
        assert b"Find a job by its id" in page.content
        assert b"%missing" not in page.content
    assert b"Find a job by its id" in admin_client.get(f"{ROOT}jobs/").content


def test_cancel(admin_client: Client, resque_store: Store, redis_client: redis.Redis) -> None:
    """It leaves its queue when it is confirmed; one that is gone cannot be cancelled."""
    resque_store.queues.push("mail", RAW)
    given = {"queue": "mail"}
    page = admin_client.post(f"{F00}cancel/", given).content
    assert b"Cancel job f00?" in page
    assert b'name="queue" value="mail"' in page

    assert F00 == admin_client.post(f"{F00}cancel/", {**given, "confirmed": "1"})["Location"]

    assert not redis_client.exists("resque:queue:mail")
    assert "Job f00 is cancelled." in told(admin_client)
    assert "cancelled" == data(admin_client)["status"]
    entry = LogEntry.objects.get()
    assert ("result/f00", DELETION) == (entry.object_id, entry.action_flag)
    admin_client.post(f"{F00}cancel/", {**given, "confirmed": "1"})
    assert "cannot be cancelled" in told(admin_client)


def test_stop(admin_client: Client, resque_store: Store, redis_client: redis.Redis) -> None:
    """Its worker is asked to kill it; what does not run cannot be stopped."""
    admin_client.post(f"{F00}stop/", {"confirmed": "1"})
    assert "No worker has the job f00" in told(admin_client)
    work(redis_client)
    assert b"Stop job f00?" in admin_client.post(f"{F00}stop/").content
    orders = resque_store.keys.orders(WORKER)
    assert not redis_client.exists(orders)

    admin_client.post(f"{F00}stop/", {"confirmed": "1"})

    assert "is asked to kill it" in told(admin_client)
    (raw,) = resque_store.commander.call("LRANGE", orders, 0, -1)
    assert Order("kill", rid="rid-1") == Order.decode(raw)
    assert "Asked to stop." == LogEntry.objects.get().get_change_message()
