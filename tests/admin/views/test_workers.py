"""The pages of workers show every worker, however odd, and give each the orders it can obey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from django_resque.wire import timestamps
from django_resque.wire.order import Order
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation
from tests.admin import reading
from tests.records import claim

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store
    from tests.admin.conftest import MakeUser
    from tests.trips import Trips

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("resque_store")]

ROOT = "/admin/django_resque/resque/"
OURS = "web~0123456789ab:7:mail"
OURS_URL = f"{ROOT}workers/{OURS}/"
HOSTILE = [
    b"nonsense",
    b"<script>alert(1)</script>:1:<b>",
    b'"><img src=x onerror=alert(1)>',
    "\u202eh\x1b[2J:1:\u2028".encode(),
    b"\xff:1:\xfe",
    b"",
    b"x" * 5000,
    b"h:1:" + b"q," * 5000,
]
CLAIMS: list[Any] = [
    b"{oops",
    b"null",
    b"[]",
    b"\xff\x00",
    b'{"queue":{"a":1},"run_at":[],"payload":{"class":"<script>","args":{"a":1}}}',
    b'{"rid":"r","queue":"q","run_at":"x","payload":{oops}',
    b'{"queue":"\\ud800","run_at":"99999999999999999999","payload":{"class":"\\ud800"}}',
    b'{"queue":"mail","payload":{"class":"A","args":["' + b"x" * 2_000_000 + b'"]}}',
]


def enter(
    client: redis.Redis, name: str | bytes, held: Any = b"", *, vitals: Vitals | None = None
) -> None:
    """Register a worker as it would itself."""
    id_ = name if isinstance(name, bytes) else name.encode()
    client.sadd("resque:workers", id_)
    if held:
        client.set(b"resque:worker:" + id_, held)
    if vitals:
        client.hset("resque:workers:vitals", id_, vitals.encode())


def held(rid: str = "rid-1", run_at: str = "2026-11-21T04:48:58Z") -> bytes:
    """Return the claim of a worker of ours."""
    payload = b'{"class":"shop.send","args":[1,{"password":"hunter2","to":"kim"}]}'
    return Reservation(OURS, "mail", run_at, payload, rid).encode()


def page(client: Client, url: str = "workers/", **query: Any) -> Any:
    """Return the data of a page, whose other forms have nothing missing in them."""
    return reading.data_of_whole(client, ROOT + url, **query)


def html(client: Client, url: str = "workers/", **query: Any) -> str:
    """Return a page as text."""
    return client.get(ROOT + url, query).content.decode()


def ids(shown: Any) -> list[str]:
    """Return the ids of the workers on a page."""
    return [row["id"] for host in shown["hosts"] for row in host["workers"]]


def allowed(staff: MakeUser, *names: str) -> Client:
    """Return a browser of somebody who may do only this."""
    client = Client()
    client.force_login(staff("view_resque", *names))
    return client


def orders(store: Store) -> list[Order]:
    """Return the orders that wait for our worker."""
    raws = store.commander.call("LRANGE", store.keys.orders(OURS), 0, -1)
    return [Order.decode(raw) for raw in raws]


def test_host_by_host(admin_client: Client, redis_client: redis.Redis) -> None:
    """Workers of all clients stand under their hosts, with how many are in which state."""
    enter(redis_client, OURS, held(), vitals=Vitals("working", 1000, 3000, 2000, "1"))
    enter(redis_client, "web:12:*", claim())
    enter(redis_client, "php:3:mail")

    shown = page(admin_client)

    assert [("php", ["php:3:mail"]), ("web", [OURS, "web:12:*"])] == [
        (host["name"], [row["id"] for row in host["workers"]]) for host in shown["hosts"]
    ]
    counts = {state["name"]: state["count"] for state in shown["states"]}
    assert {"working": 2, "idle": 1, "paused": 0, "stopping": 0, "silent": 0} == counts
    assert (3, 3, False) == (shown["all"], shown["total"], shown["paused"])
    text = html(admin_client)
    assert "unknown" in text
    assert "2 of 3 workers are working." in text
    assert "Pause all workers" in text


def test_looking_for_some(admin_client: Client, redis_client: redis.Redis) -> None:
    """They can be looked for by text and by state; what is no state is none."""
    enter(redis_client, OURS, held())
    enter(redis_client, "db:33:images")

    assert ["db:33:images"] == ids(page(admin_client, q="IMAGES"))
    assert [OURS] == ids(page(admin_client, state="working"))
    assert 2 == page(admin_client, state="nonsense")["total"]
    assert "No worker is like this" in html(admin_client, q="<script>alert(1)</script>")
    assert "1 worker found" in html(admin_client, q="db")


def test_pages(admin_client: Client, redis_client: redis.Redis, trips: Trips) -> None:
    """A page has a hundred, at any number of workers in as many round trips and few bytes."""
    redis_client.sadd("resque:workers", *[f"h:{number:03}:q" for number in range(250)])
    for number in range(250):
        redis_client.set(f"resque:worker:h:{number:03}:q", claim())
    trips.count()

    assert 200 == admin_client.get(ROOT + "workers/?format=json&start=100").status_code
    assert 8 == trips.count()
    shown = page(admin_client, start=100)
    assert ("h:100:q", "h:199:q") == (ids(shown)[0], ids(shown)[-1])
    assert shown["pages"]["previous"].endswith("/workers/")
    assert shown["pages"]["next"].endswith("?start=200")
    assert [] == ids(page(admin_client, start=10**9))
    assert "250 workers" in html(admin_client)
    assert admin_client.get(ROOT + "working/?format=json").status_code
    trips.count()
    admin_client.get(ROOT + "working/?start=100")
    assert 7 == trips.count()


def test_nobody(admin_client: Client) -> None:
    """Without workers the page says how to start one."""
    assert [] == ids(page(admin_client))
    assert "resque_work" in html(admin_client)
    assert [] == page(admin_client, "working/")["workers"]
    assert "Nothing is being worked on" in html(admin_client, "working/")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_workers(admin_client: Client, redis_client: redis.Redis, name: bytes) -> None:
    """Whatever another client calls its worker, it is text, has a page, and can be removed."""
    enter(redis_client, name, claim())
    redis_client.set(b"resque:worker:" + name + b":started", "<b>\x00")
    redis_client.hset("resque:workers:heartbeat", name, "<b>")

    (host,) = page(admin_client)["hosts"]
    (row,) = host["workers"]
    page(admin_client, "working/")
    answer = admin_client.get(row["url"])

    assert 200 == answer.status_code
    assert b"%missing" not in answer.content
    answer = admin_client.post(f"{row['url']}remove/", {"confirmed": "1"})
    assert f"{ROOT}workers/" == answer["Location"]
    assert not redis_client.exists("resque:workers")
    assert 1 == redis_client.llen("resque:failed")


@pytest.mark.parametrize("content", CLAIMS)
def test_hostile_claims(admin_client: Client, redis_client: redis.Redis, content: bytes) -> None:
    """Whatever lies in a claim, the pages show that there is something."""
    enter(redis_client, OURS, content, vitals=Vitals("working"))

    (host,) = page(admin_client)["hosts"]
    (row,) = page(admin_client, "working/")["workers"]
    shown = page(admin_client, f"workers/{OURS}/")["worker"]

    assert host["workers"] == [row]
    assert row["job"]["error"] or "\\ud800" == row["job"]["name"]
    assert shown["state"] == "working"


def test_pause_all(admin_client: Client, redis_client: redis.Redis) -> None:
    """All are paused and resumed on top of the page, where a pause cannot be overlooked."""
    enter(redis_client, OURS)

    answer = admin_client.post(f"{ROOT}workers/pause/", follow=True)
    assert b"All workers are paused: each finishes" in answer.content
    assert b"Resume all workers" in answer.content
    assert b"true" == redis_client.get("resque:pause-all-workers")
    for url in ("workers/", "working/", f"workers/{OURS}/"):
        assert page(admin_client, url)["paused"]
        assert 'id="all-paused"' in html(admin_client, url)

    answer = admin_client.post(f"{ROOT}workers/resume/", follow=True)
    assert b"All workers go on." in answer.content
    assert not redis_client.exists("resque:pause-all-workers")
    assert ["workers", "workers"] == [entry.object_id for entry in LogEntry.objects.all()]


def test_working(admin_client: Client, redis_client: redis.Redis) -> None:
    """What is worked on stands with its arguments, masked, the longest running first."""
    enter(redis_client, "ruby:5:mail", claim())
    enter(redis_client, OURS, held(run_at="2026-11-20T00:00:00Z"), vitals=Vitals("working"))
    enter(redis_client, "idle:1:mail")

    first, second = page(admin_client, "working/")["workers"]

    assert (OURS, "ruby:5:mail") == (first["id"], second["id"])
    assert "kim" in first["job"]["arguments"]
    assert first["queue_url"].endswith("/queues/mail/")
    text = html(admin_client, "working/")
    assert "hunter2" not in text
    assert 1 == text.count('name="rid" value="rid-1"')
    assert "2 jobs are being worked on." in text


def test_who_may_see_what(admin_client: Client, redis_client: redis.Redis, staff: MakeUser) -> None:
    """Arguments and buttons are there only for those who may see and use them."""
    enter(redis_client, OURS, held(), vitals=Vitals("working"))
    enter(redis_client, "nonsense")
    watcher = allowed(staff)

    for url in ("workers/", "working/", f"workers/{OURS}/", "workers/nonsense/"):
        for form in ("", "fragment", "json"):
            answer = watcher.get(ROOT + url, {"format": form})
            assert 200 == answer.status_code
            assert b"kim" not in answer.content
            assert b"formaction" not in answer.content
            assert b"/remove/" not in answer.content or form == "json"
        assert "formaction" in html(admin_client, url) or "nonsense" in url
    assert "kim" in html(admin_client, f"workers/{OURS}/")


def test_one_worker(admin_client: Client, redis_client: redis.Redis, trips: Trips) -> None:
    """All that is known of one worker stands on its page, with the orders it obeys."""
    enter(redis_client, OURS, held(), vitals=Vitals("working", 50_000_000, 70_000_000, 60, "1.2"))
    redis_client.set(f"resque:worker:{OURS}:started", timestamps.started(timestamps.now()))
    trips.count()

    text = html(admin_client, f"workers/{OURS}/")

    assert 6 == trips.count()
    for expected in ("shop.send", "kim", "66.8", "1.2", "Stop after this job", "Kill this job"):
        assert expected in text, expected
    assert "hunter2" not in text
    assert "Resume<" not in text
    assert "Remove this worker" in text
    redis_client.delete(f"resque:worker:{OURS}")
    redis_client.hset("resque:workers:vitals", OURS, Vitals("paused").encode())
    text = html(admin_client, f"workers/{OURS}/")
    assert "It has no job." in text
    assert ">Resume<" in text
    assert ">Pause<" not in text


def test_one_that_takes_no_orders(admin_client: Client, redis_client: redis.Redis) -> None:
    """Of others it is said why not, and what to send where they run."""
    enter(redis_client, "ruby:77:mail", claim())
    enter(redis_client, OURS)
    enter(redis_client, "nonsense")

    text = html(admin_client, "workers/ruby:77:mail/")
    assert "not one of django-resque" in text
    assert "kill -QUIT 77" in text
    assert "formaction" not in text
    text = html(admin_client, f"workers/{OURS}/")
    assert "of an older django-resque" in text
    assert "formaction" not in text
    assert "can only be removed" in html(admin_client, "workers/nonsense/")


def test_a_dead_worker(
    admin_client: Client, redis_client: redis.Redis, resque_store: Store
) -> None:
    """One that is silent is said to pass for dead, and can be removed from the list."""
    enter(redis_client, OURS, held(), vitals=Vitals("working"))
    beat = timestamps.heartbeat(resque_store.workers.now() - 4000)
    redis_client.hset("resque:workers:heartbeat", OURS, beat)

    text = html(admin_client, f"workers/{OURS}/")
    assert "no sign of life for 66 min" in text
    assert "formaction" not in text
    assert f'formaction="{OURS_URL}remove/"' in html(admin_client)
    assert "formaction" not in html(admin_client, "working/")


def test_one_that_is_gone(admin_client: Client) -> None:
    """A worker that has ended is said to be gone, in the live part of an open page too."""
    answer = admin_client.get(OURS_URL)
    assert 404 == answer.status_code
    assert b"is registered. It has ended or was removed." in answer.content
    assert 404 == admin_client.get(OURS_URL, {"format": "json"}).status_code
    answer = admin_client.get(OURS_URL, {"format": "fragment"})
    assert "ETag" in answer  # by which the script takes it for an answer of ours
    assert b"It has ended" in answer.content


@pytest.mark.parametrize("kind", ["pause", "resume", "stop"])
def test_orders(
    admin_client: Client, redis_client: redis.Redis, resque_store: Store, kind: str
) -> None:
    """An order goes to the worker through Redis, and is told in the admin's log."""
    enter(redis_client, OURS, vitals=Vitals("idle"))

    answer = admin_client.post(f"{OURS_URL}{kind}/", {"confirmed": "1"}, follow=True)

    assert b"it obeys within a second" in answer.content
    assert [Order(kind)] == orders(resque_store)  # type: ignore[arg-type]
    (entry,) = LogEntry.objects.all()
    assert entry.object_id.startswith("worker/web~0123456789ab:7:mail")
    assert 302 == admin_client.get(f"{ROOT}{entry.object_id}/change/").status_code


def test_kill(admin_client: Client, redis_client: redis.Redis, resque_store: Store) -> None:
    """The job that was shown is killed after a confirmation, and never the one after it."""
    enter(redis_client, OURS, held("rid-1"), vitals=Vitals("working"))

    answer = admin_client.post(f"{OURS_URL}kill/", {"rid": "rid-1"})
    assert b'name="rid" value="rid-1"' in answer.content
    assert b"Yes, kill it" in answer.content
    assert [] == orders(resque_store)
    admin_client.post(f"{OURS_URL}kill/", {"rid": "rid-1", "confirmed": "1"})
    assert [Order("kill", rid="rid-1")] == orders(resque_store)

    redis_client.set(f"resque:worker:{OURS}", held("rid-2"))
    for rid in ("rid-1", "", "<script>"):
        form = {"rid": rid, "confirmed": "1", "next": OURS_URL}
        answer = admin_client.post(f"{OURS_URL}kill/", form, follow=True)
        assert b"does not have this job any more" in answer.content
    assert 1 == len(orders(resque_store))
    assert 1 == LogEntry.objects.count()
    admin_client.post(f"{OURS_URL}kill/", {"rid": "rid-2", "confirmed": "1"})
    assert Order("kill", rid="rid-2") in orders(resque_store)


@pytest.mark.parametrize("kind", ["stop", "kill", "remove"])
def test_what_is_asked_first(
    admin_client: Client, redis_client: redis.Redis, resque_store: Store, kind: str
) -> None:
    """What cannot be undone asks first, and does nothing before."""
    enter(redis_client, OURS, held(), vitals=Vitals("working"))

    answer = admin_client.post(f"{OURS_URL}{kind}/", {"rid": "rid-1"})

    assert b'name="confirmed" value="1"' in answer.content
    assert b"web~0123456789ab:7:mail" in answer.content
    assert b"%missing" not in answer.content
    assert [] == orders(resque_store)
    assert redis_client.sismember("resque:workers", OURS)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("kind", ["pause", "resume", "stop", "kill"])
@pytest.mark.parametrize("name", ["ruby:1:mail", "gone~0123456789ab:1:mail", "nonsense"])
def test_orders_for_those_who_take_none(
    admin_client: Client, redis_client: redis.Redis, name: str, kind: str
) -> None:
    """Who posts one all the same is told why nothing comes of it."""
    enter(redis_client, "ruby:1:mail", claim())
    enter(redis_client, "nonsense", claim())

    form = {"confirmed": "1", "rid": "rid-1", "next": f"{ROOT}workers/"}
    answer = admin_client.post(f"{ROOT}workers/{name}/{kind}/", form, follow=True)

    assert 200 == answer.status_code
    assert b"errornote" in answer.content or b'class="error"' in answer.content
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("busy", [True, False])
def test_remove(admin_client: Client, redis_client: redis.Redis, *, busy: bool) -> None:
    """A removed worker is struck off; its job, if it held one, fails."""
    enter(redis_client, OURS, held() if busy else b"", vitals=Vitals("working"))

    answer = admin_client.post(f"{OURS_URL}remove/", {"confirmed": "1"}, follow=True)

    told = b"Removed; its job failed." if busy else b"Removed; it held no job."
    assert told in answer.content
    assert [] == ids(page(admin_client))
    assert int(busy) == redis_client.llen("resque:failed")
    assert 1 == LogEntry.objects.count()
    form = {"confirmed": "1", "next": f"{ROOT}workers/"}
    answer = admin_client.post(f"{OURS_URL}remove/", form, follow=True)
    assert b"No worker" in answer.content
