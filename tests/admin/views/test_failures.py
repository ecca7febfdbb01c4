"""The pages of failures show every record, however hostile, in a bounded number of reads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from django_resque.wire.failure import digest
from tests.records import record

if TYPE_CHECKING:
    import redis
    from django.contrib.auth.models import User

    from tests.admin.conftest import MakeUser
    from tests.trips import Trips

pytestmark = pytest.mark.usefixtures("resque_settings")

URL = "/admin/django_resque/resque/failed/"
GARBAGE = [
    b"",
    b"null",
    b"7",
    b"[]",
    b"{}",
    b"{oops",
    b"\xff\x00",
    b'"text"',
    record(payload=None),
    record(payload={"class": 5, "args": {}}),
    record(payload=[[[]]], backtrace=[[1, [2]], {"a": None}, None, 7]),
    record(backtrace={"a": [1]}, failed_at=7, worker=5, queue="", error=[1, 2], exception={}),
    record(backtrace="one\ntwo", failed_at="99999/99/99", retried_at=True),
    record("<script>alert(1)</script>", "<b>", queue='"><img src=x onerror=alert(1)>'),
    record(exception="\u202e\x1b[2J\ud800", error="\ud800", worker="\ud800", queue="\ud800"),
    record("x" * 100_000, error="e" * 1_000_000, backtrace=["b" * 1_000_000] * 3),
]


@pytest.fixture
def client(admin_client: Client) -> Client:
    """A browser of somebody who may do everything."""
    return admin_client


def browser(user: User) -> Client:
    """Return a browser of somebody."""
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, url: str = "", **query: Any) -> Any:
    """Return the data of a page."""
    response = client.get(URL + url, {**query, "format": "json"})
    assert 200 == response.status_code
    return json.loads(response.content)


def html(client: Client, url: str = "", **query: Any) -> str:
    """Return a page, in which nothing is missing."""
    response = client.get(URL + url, query)
    text = response.content.decode()
    assert "%missing" not in text
    return text


def jobs(shown: Any) -> list[str]:
    """Return the names of the jobs in the rows of a page."""
    return [row["job"] for row in shown["rows"]]


def test_newest_first(client: Client, redis_client: redis.Redis) -> None:
    """Fifty on a page, with a link to the older ones and back."""
    redis_client.rpush("resque:failed", *(record(f"job.n{number}") for number in range(60)))

    newest = page(client)

    assert [f"job.n{number}" for number in range(59, 9, -1)] == jobs(newest)
    assert ("60 failures", "", "", "") == tuple(
        newest[key] for key in ("counted", "looked", "newest_url", "more_url")
    )
    older = client.get(f"{newest['older_url']}&format=json").json()
    assert [f"job.n{number}" for number in range(9, -1, -1)] == jobs(older)
    assert (f"{URL}?list=failed", "") == (older["newest_url"], older["older_url"])
    text = html(client)
    assert newest["older_url"].replace("&", "&amp;") in text
    assert 'aria-current="page">Failures</a>' in text


def test_a_row(client: Client, redis_client: redis.Redis) -> None:
    """A row tells when, what, where and why, and whether it was retried."""
    raw = record(
        "shop.send",
        error="\nfirst line <b>\nsecond",
        exception="shop.MailError",
        retried_at="2026/11/21 05:00:00 UTC",
    )
    redis_client.rpush("resque:failed", raw)

    (row,) = page(client)["rows"]

    assert {
        "key": digest(raw),
        "digest": digest(raw),
        "address": f"{digest(raw)}:0",
        "url": f"{URL}failed/{digest(raw)}/?at=0",
        "failed_at": "2026-11-21T04:48:58+00:00",
        "failed_text": "",
        "job": "shop.send",
        "queue": "mail",
        "queue_url": "/admin/django_resque/resque/queues/mail/",
        "exception": "shop.MailError",
        "error": "first line <b>",
        "badge": "",
        "retried": True,
        "retried_at": "2026-11-21T05:00:00+00:00",
        "unreadable": "",
    } == row
    assert "first line &lt;b&gt;" in html(client)


def test_nothing_failed(client: Client) -> None:
    """An empty list says so, and offers nothing to do."""
    text = html(client)

    assert "Nothing has failed." in text
    assert "Clear all" not in text
    assert "Nothing has failed." in html(client, "groups/")


@pytest.mark.parametrize("raw", GARBAGE)
def test_garbage(client: Client, redis_client: redis.Redis, raw: bytes) -> None:
    """Whatever lies in the list is a row and a page, can be named, and is only text."""
    redis_client.rpush("resque:failed", raw)

    (row,) = page(client)["rows"]
    listed, grouped = html(client), html(client, "groups/")
    single = html(client, row["url"].removeprefix(URL))

    assert f'value="{digest(raw)}:0"' in listed
    assert f'value="{digest(raw)}:0"' in single
    for text in (listed, grouped, single):
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
        assert len(text) < 300_000


def test_the_same_twice(client: Client, redis_client: redis.Redis) -> None:
    """Records that are the same in every byte are told apart on the page."""
    redis_client.rpush("resque:failed", record(), record())

    rows = page(client)["rows"]

    assert [digest(record()), f"{digest(record())}-2"] == [row["key"] for row in rows]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"job": "shop.mail"}, ["shop.mail"]),
        ({"queue": "files"}, ["shop.file"]),
        ({"exception": "KeyError"}, ["shop.mail"]),
        ({"text": "NEEDLE"}, ["shop.other"]),
        ({"since": "2026-11-22T00:00"}, ["shop.file"]),
        ({"until": "2026-11-22T00:00"}, ["shop.other", "shop.mail"]),
        ({"state": "retried"}, ["shop.other"]),
        ({"state": "waiting", "job": "shop.file"}, ["shop.file"]),
        ({"job": "shop"}, []),
    ],
)
def test_filter(
    client: Client,
    redis_client: redis.Redis,
    settings: Any,
    query: dict[str, str],
    expected: list[str],
) -> None:
    """Each field of the filter narrows the page, and stays filled in."""
    settings.TIME_ZONE = "UTC"
    redis_client.rpush(
        "resque:failed",
        record("shop.mail", exception="KeyError"),
        record("shop.other", "needle", retried_at="2026/11/21 05:00:00 UTC"),
        record("shop.file", queue="files", failed_at="2026/11/23 04:48:58 UTC"),
    )

    shown = page(client, **query)
    text = html(client, **query)

    assert expected == jobs(shown)
    assert shown["filter"]
    for value in query.values():
        assert f'value="{value}"' in text
    assert ("Retry all that match" in text) == ("Show all" in text)


def test_a_wrong_filter(client: Client, redis_client: redis.Redis) -> None:
    """What cannot be read means nothing, not everything, and can be put right."""
    redis_client.rpush("resque:failed", record())

    for url in ("", "groups/"):
        text = html(client, url, since="yesterday", state="odd")

        assert "Please correct the filter above." in text
        assert "Enter a valid date/time." in text
        assert "Retry all" not in text
        assert page(client, url, job="\x00")["wrong"]


def test_looked_through(client: Client, redis_client: redis.Redis) -> None:
    """When the window is used up it is said, and one can look further."""
    many = [record("shop.mail", number) for number in range(2500)]
    redis_client.rpush("resque:failed", record("rare"), *many)

    first = page(client, job="rare")

    assert ([], "Looked through the newest 2,000 of 2,501 failures.") == (
        first["rows"],
        first["looked"],
    )
    assert "Look further" in html(client, job="rare")
    second = client.get(f"{first['more_url']}&format=json").json()
    assert (["rare"], "", "") == (jobs(second), second["looked"], second["more_url"])


def test_lists(client: Client, redis_client: redis.Redis) -> None:
    """With a failed list for each queue there is a choice, and no other key can be reached."""
    redis_client.rpush("resque:failed", record("main"))
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("mail"), record("mail", 2))
    redis_client.rpush("resque:queue:mail", b'{"class":"A","args":[]}')

    shown = page(client, list="mail_failed")

    assert ["mail", "mail"] == jobs(shown)
    assert [("failed (1)", False), ("mail_failed (2)", True)] == [
        (each["title"], each["current"]) for each in shown["lists"]
    ]
    assert "mail_failed (2)" in html(client)
    for url in (f"{URL}?list=queue:mail", f"{URL}queue:mail/{'0' * 40}/"):
        assert 404 == client.get(url).status_code


def test_groups(client: Client, redis_client: redis.Redis) -> None:
    """Failures of one kind are counted, and lead to the page of just these."""
    trace = ['  File "/srv/shop/mail.py", line 7, in send', "ValueError: boom"]
    redis_client.rpush(
        "resque:failed",
        *(record("a", number, backtrace=trace) for number in range(3)),
        record("b", backtrace=trace, retried_at="2026/11/21 05:00:00 UTC"),
        record("c", exception="KeyError"),
    )

    shown = page(client, "groups/")

    assert "Counted all 5 failures." == shown["looked"]
    first, second = shown["groups"]
    assert (4, 3, "ValueError", "/srv/shop/mail.py:7 in send", ["a", "b"]) == tuple(
        first[key] for key in ("count", "waiting", "exception", "place", "jobs")
    )
    assert "KeyError" == second["exception"]
    found = client.get(f"{first['url']}&format=json").json()
    assert ["b", "a", "a", "a"] == jobs(found)
    assert "group ValueError, /srv/shop/mail.py:7 in send" == found["filter"]
    text = html(client, "groups/")
    assert f'name="group" value="{first["fingerprint"]}"' in text
    assert "Retry all of ValueError at /srv/shop/mail.py:7 in send" in text


def test_filtered_groups(client: Client, redis_client: redis.Redis) -> None:
    """What is done to a group of a filtered page keeps to the filter."""
    redis_client.rpush("resque:failed", record("a"), record("b", queue="files"))

    text = html(client, "groups/", queue="files", group="x")

    assert '<input type="hidden" form="act" name="queue" value="files">' in text
    assert 'form="act" name="group" value="x"' not in text


def test_groups_of_a_window(client: Client, redis_client: redis.Redis) -> None:
    """Of a long list only the newest are counted, and that is said."""
    redis_client.rpush("resque:failed", *[record("a", number) for number in range(5100)])

    shown = page(client, "groups/")

    assert "Counted among the newest 5,000 of 5,100 failures." == shown["looked"]
    older = client.get(f"{shown['more_url']}&format=json").json()
    assert "Counted among 100 older ones of 5,100 failures." == older["looked"]
    assert [100] == [group["count"] for group in older["groups"]]


def test_one_failure(client: Client, redis_client: redis.Redis) -> None:
    """All that is known of a failure stands on its page."""
    raw = record(
        "shop.send",
        7,
        {"a": [1]},
        worker="web:1:mail",
        backtrace=[
            "Traceback (most recent call last):",
            '  File "/srv/shop/mail.py", line 7, in send',
            "    post()",
            '  File "/srv/lib/python3.12/site-packages/x.py", line 1, in post',
            "ValueError: boom",
        ],
    )
    redis_client.rpush("resque:failed", record("older"), raw, record("newer"))

    shown = page(client, f"failed/{digest(raw)}/", at="1")
    text = html(client, f"failed/{digest(raw)}/", at="1")

    assert ["other", "frame", "source", "frame-elsewhere", "error"] == [
        part["kind"] for part in shown["backtrace"]
    ]
    assert [("1", "7"), ("2", '{\n  "a": [\n    1\n  ]\n}')] == [
        (each["name"], each["text"]) for each in shown["arguments"]
    ]
    assert "/admin/django_resque/resque/workers/web:1:mail/" == shown["worker_url"]
    assert f"{URL}failed/{digest(record('newer'))}/?at=2" == shown["newer_url"]
    assert f"{URL}failed/{digest(record('older'))}/?at=0" == shown["older_url"]
    assert json.loads(raw) == json.loads(shown["raw"])
    assert '<span class="resque-frame">  File &quot;/srv/shop/mail.py&quot;' in text
    assert 'data-live=""' in text


SEGFAULT = "Child process received unhandled signal pid 7 SIGSEGV (signal 11); "
USAGE = "peak memory 212 MB, CPU 0.31 s"


@pytest.mark.parametrize(
    ("exception", "error", "badge"),
    [
        ("DirtyExit", SEGFAULT + USAGE, "SIGSEGV"),
        ("DirtyExit", "Child process 7 exited with status 3 before the job ended", "exit 3"),
        ("JobTimeout", "The job was stopped after its timeout of 5 s", "timeout"),
        ("PruneDeadWorkerDirtyExit", "Worker x did not gracefully exit", "lost"),
    ],
)
def test_how_it_died(
    client: Client, redis_client: redis.Redis, exception: str, error: str, badge: str
) -> None:
    """How a process ended is a badge in the table."""
    raw = record(exception=f"django_resque.exceptions.{exception}", error=error, backtrace=[])
    redis_client.rpush("resque:failed", raw)

    assert [badge] == [row["badge"] for row in page(client)["rows"]]
    assert f">{badge}</span>" in html(client)


def test_why_it_died(client: Client, redis_client: redis.Redis) -> None:
    """How a process ended, and what it had used, stands in words on the page of the failure."""
    error = SEGFAULT + USAGE
    raw = record(exception="django_resque.exceptions.DirtyExit", error=error, backtrace=[])
    redis_client.rpush("resque:failed", raw)

    text = html(client, f"failed/{digest(raw)}/")

    assert "Its process was ended by the signal SIGSEGV. It crashed in native code" in text
    assert "Peak memory 212 MB. CPU 0.31 s." in text
    assert "its process ended" in text


def test_gone(client: Client, redis_client: redis.Redis) -> None:
    """A failure that is not there any more is told inside the admin, with a way out."""
    redis_client.rpush("resque:failed", record())

    response = client.get(f"{URL}failed/{'0' * 40}/?at=0")

    assert 404 == response.status_code
    text = response.content.decode()
    assert "This failure is not in its list any more:" in text
    assert f'href="{URL}?list=failed"' in text
    assert "resque-tabs" in text


def test_arguments_are_for_some(staff: MakeUser, redis_client: redis.Redis) -> None:
    """Who may not see arguments neither sees nor finds them, and edits none."""
    raw = record("shop.send", "canary")
    redis_client.rpush("resque:failed", raw)
    client = browser(staff("view_resque", "retry_job", "enqueue_job"))

    for url in ("", "groups/", f"failed/{digest(raw)}/"):
        assert "canary" not in html(client, url)
    text = html(client, f"failed/{digest(raw)}/")
    assert "You may not see the arguments of jobs." in text
    assert "edited arguments" not in text
    assert [] == jobs(page(client, text="canary"))


def test_only_looking(staff: MakeUser, redis_client: redis.Redis) -> None:
    """Who may only look is offered nothing to do."""
    redis_client.rpush("resque:failed", record())
    client = browser(staff("view_resque"))

    for url in ("", "groups/", f"failed/{digest(record())}/"):
        text = html(client, url)
        assert "Retry" not in text
        assert "Remove" not in text
        assert "Clear" not in text


@pytest.mark.parametrize("query", ["before=abc", "before=-1", "before=999999999999", "before=0"])
def test_any_number(client: Client, redis_client: redis.Redis, query: str) -> None:
    """No number in the address breaks a page."""
    redis_client.rpush("resque:failed", record())

    for url in ("", "groups/"):
        assert 200 == client.get(f"{URL}{url}?{query}").status_code


@pytest.mark.parametrize("count", [3, 3000])
def test_round_trips(client: Client, redis_client: redis.Redis, trips: Trips, count: int) -> None:
    """A page costs the same few round trips whatever the list's length, and bounded reads."""
    redis_client.rpush("resque:failed", *[record("a", number) for number in range(count)])
    last = digest(record("a", count - 1))
    trips.count()

    def cost(url: str, **query: str) -> int:
        html(client, url, **query)
        return trips.count()

    assert 3 == cost("")
    assert 3 == cost("", job="b")
    assert 3 == cost("groups/")
    assert 4 == cost(f"failed/{last}/", at=str(count - 1))
    html(client)
    assert trips.received() < 60 * 500
