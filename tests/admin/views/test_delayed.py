"""Delayed jobs are shown by time, by class and one by one, whatever lies there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.admin import reading
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis

    from tests.admin.conftest import MakeUser

DELAYED = f"{ROOT}delayed/"
DUE = 2000000000
NASTY = "<script>alert(1)</script>\x1b[2J\u202e"


def item(number: Any = 0, name: str = "shop.send", **extras: Any) -> bytes:
    """Return an item as Ruby writes it."""
    return json.dumps({"class": name, "args": [number], "queue": "mail", **extras}).encode()


def lay(client: redis.Redis, *raws: bytes, at: str | bytes | int = DUE, score: float = DUE) -> None:
    """Delay items as any client does."""
    name = at if isinstance(at, bytes) else str(at).encode()
    client.zadd("resque:delayed_queue_schedule", {name: score})
    client.rpush(b"resque:delayed:" + name, *raws)


def page_of(raw: bytes, index: int = 0, at: int = DUE) -> str:
    """Return the URL of the page of one job."""
    digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
    return f"{DELAYED}at/{at}/jobs/{digest}/?at={index}"


def data(client: Client, url: str = DELAYED, **query: Any) -> Any:
    """Return what a page shows, as a program reads it."""
    return reading.data(client, url, **query)


def text(client: Client, url: str = DELAYED, **query: Any) -> str:
    """Return a page as a person reads it."""
    return reading.text(client, url, **query)


def test_times(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """Each timestamp is a row, its only job or how many there are; the soonest comes first."""
    lay(redis_client, item(1), item(2), at=DUE + 1, score=DUE + 1)
    lay(redis_client, item(0, attempt=2))

    found = text(admin_client)
    round_trips.clear()
    shown = data(admin_client)
    trips = len(round_trips)

    first, second = shown["rows"]
    assert ("job", "shop.send", "0", "mail") == (
        first["field"], first["job"]["name"], first["job"]["arguments"], first["queue"]
    )  # fmt: skip
    assert ("timestamp", 2, f"{DELAYED}at/{DUE + 1}/") == (
        second["field"], second["size"], second["url"]
    )  # fmt: skip
    assert (3, 2) == (shown["scheduler"]["delayed"], shown["timestamps"])
    assert "2 jobs" in found
    assert "attempt 2<" in found
    assert "No scheduler is running" in found
    assert 8 == trips


def test_pages(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """Of many timestamps a page is shown, in as many round trips."""
    for number in range(120):
        lay(redis_client, item(number), at=DUE + number, score=DUE + number)

    text(admin_client)
    round_trips.clear()
    first = data(admin_client)
    trips = len(round_trips)
    last = data(admin_client, start=100)

    assert (50, f"{DELAYED}?start=50") == (len(first["rows"]), first["pages"]["next"])
    assert (20, "") == (len(last["rows"]), last["pages"]["next"])
    assert 8 == trips
    assert "nothing is left here" in text(admin_client, start=10**12)


def test_none(admin_client: Client) -> None:
    """Where nothing is delayed, it says what would be."""
    assert "No job is delayed." in text(admin_client)
    assert "No job is delayed." in text(admin_client, f"{DELAYED}classes/")
    assert "No scheduler" not in text(admin_client)


def test_search(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """Jobs are found by name and arguments, part by part, in few round trips."""
    lay(redis_client, *[item(number) for number in range(5500)])
    lay(redis_client, item("needle", "Other"), at=DUE + 1, score=DUE + 1)
    text(admin_client, q="nothing")
    round_trips.clear()

    first = data(admin_client, q="NEEDLE")
    assert 6 == len(round_trips)
    assert ([], 5000) == (first["rows"], first["examined"])
    second = data(admin_client, first["pages"]["next"])
    assert (["Other"], 501, "") == (
        [row["job"]["name"] for row in second["rows"]], second["examined"],
        second["pages"]["next"],
    )  # fmt: skip
    assert "501 further" in text(admin_client, first["pages"]["next"])
    found = text(admin_client, q="needle")
    assert 'data-live=""' in found
    assert "Looked through the next 5000 delayed jobs." in found
    assert 50 == len(data(admin_client, q="shop.send")["rows"])


def test_classes(admin_client: Client, redis_client: redis.Redis) -> None:
    """Classes are counted, and lead to their jobs."""
    lay(redis_client, item(1), item(2), item(3, "Other"), b"{oops")

    shown = data(admin_client, f"{DELAYED}classes/")
    found = text(admin_client, f"{DELAYED}classes/")

    assert [("shop.send", 2), ("", 1), ("Other", 1)] == [
        (row["name"], row["count"]) for row in shown["rows"]
    ]
    assert 2 == len(data(admin_client, shown["rows"][0]["url"])["rows"])
    assert "unreadable" in found


def test_timestamp(admin_client: Client, redis_client: redis.Redis, round_trips: list[int]) -> None:
    """All that is due at one timestamp, page by page."""
    lay(redis_client, *[item(number) for number in range(60)])
    text(admin_client, f"{DELAYED}at/{DUE}/")
    round_trips.clear()

    shown = data(admin_client, f"{DELAYED}at/{DUE}/")
    trips = len(round_trips)
    found = text(admin_client, f"{DELAYED}at/{DUE}/", start=50)

    assert (60, 50) == (shown["size"], len(shown["rows"]))
    assert f"{DELAYED}at/{DUE}/?start=50" == shown["pages"]["next"]
    assert 6 == trips
    assert f'name="timestamp" value="{DUE}"' in found
    assert 10 == found.count('form="chosen"')


def test_job(admin_client: Client, redis_client: redis.Redis) -> None:
    """One job with its arguments, its time and its id, masked."""
    raw = item({"api_key": "canary", "depth": 1}, id="f00")
    lay(redis_client, item(), raw)

    shown = data(admin_client, page_of(raw, 1))
    found = text(admin_client, page_of(raw, 1))

    assert "canary" not in found + json.dumps(shown)
    assert "depth" in found
    assert f"{ROOT}results/f00/?queue=mail" in found
    assert f'name="job" value="{DUE}/' in found


@pytest.mark.parametrize("url", [f"{DELAYED}at/7/", page_of(b"gone"), page_of(b"gone", at=7)])
@pytest.mark.parametrize("form", ["html", "json", "fragment"])
def test_gone(admin_client: Client, redis_client: redis.Redis, url: str, form: str) -> None:
    """What went meanwhile is no error."""
    lay(redis_client, item())

    answer = admin_client.get(f"{url}{'&' if '?' in url else '?'}format={form}")

    assert 404 == answer.status_code
    assert b"%missing" not in answer.content


def test_hostile(admin_client: Client, redis_client: redis.Redis) -> None:
    """Whatever another client has left there is shown as text, and leads to its page."""
    raws = [
        item(NASTY, NASTY, queue=NASTY, id=NASTY),
        NASTY.encode(),
        b"",
        b"\xff\x00",
        b"[" * 500,
        b'{"class":"\\ud800","args":["\\ud800"],"queue":"\\ud800"}',
        b'{"class":"A","args":{},"queue":"q"}',
        item("x" * 100_000, "A" * 100_000),
        b"x" * 1_000_000,
    ]
    names: list[bytes] = [NASTY.encode(), b"\xff", b"", b"a/b?c#d", b"nan"]
    for score, at in enumerate(names):
        lay(redis_client, *raws, at=at, score=score)
    redis_client.zadd("resque:delayed_queue_schedule", {"99": 99, "-1": "-inf", "1": "inf"})
    redis_client.set("resque:delayed:99", "no list")

    shown = data(admin_client)
    text(admin_client)
    text(admin_client, q=NASTY)
    text(admin_client, f"{DELAYED}classes/")

    assert len(names) + 3 == len(shown["rows"])
    for row in shown["rows"]:
        if row["size"]:
            text(admin_client, row["url"])
    for row in data(admin_client, shown["rows"][1]["url"])["rows"]:
        assert len(text(admin_client, row["url"])) < 400_000


def test_looking_only(staff: MakeUser, redis_client: redis.Redis, resque_settings: object) -> None:
    """Who may only look sees neither buttons nor arguments, and finds nothing by them."""
    lay(redis_client, item("canary"))
    client = Client()
    client.force_login(staff("view_resque"))

    for url in (DELAYED, f"{DELAYED}at/{DUE}/", page_of(item("canary")), f"{DELAYED}classes/"):
        found = text(client, url)
        assert "canary" not in found
        assert "formaction" not in found
    assert [] == data(client, q="canary")["rows"]
    assert 1 == len(data(client, q="shop")["rows"])


def test_fragment_has_no_fields(admin_client: Client, redis_client: redis.Redis) -> None:
    """What is refreshed holds neither texts to fill in nor tokens that would differ each time."""
    lay(redis_client, item())
    for url in (DELAYED, f"{DELAYED}at/{DUE}/", page_of(item())):
        first, second = (
            admin_client.get(url + ("&" if "?" in url else "?") + "format=fragment")
            for _ in range(2)
        )
        assert first["ETag"] == second["ETag"]
        assert b"csrfmiddlewaretoken" not in first.content
        assert b'type="datetime-local"' not in first.content


@pytest.mark.parametrize(
    ("raw", "title"),
    [(item(1), "shop.send"), (b"{oops", "Unreadable job"), (b"{}", "Unreadable job")],
)
def test_title(admin_client: Client, redis_client: redis.Redis, raw: bytes, title: str) -> None:
    """The page of a job bears its name, or says that there is none to read."""
    lay(redis_client, raw)

    assert f"<h1>{title}</h1>" in text(admin_client, page_of(raw))
