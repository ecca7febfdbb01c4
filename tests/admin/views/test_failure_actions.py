"""What is done to failures is done once, to just those that were meant, and told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.messages import get_messages

from django_resque.wire.failure import digest
from tests.records import record

if TYPE_CHECKING:
    import redis
    from django.test import Client

URL = "/admin/django_resque/resque/failed/"


def post(client: Client, verb: str, *named: str, **fields: str) -> Any:
    """Post a form that names failures."""
    return client.post(f"{URL}failed/{verb}/", {"failure": named, **fields})


def told(response: Any) -> list[tuple[str, str]]:
    """Return the level and text of the messages that a response leaves."""
    return [(each.level_tag, str(each)) for each in get_messages(response.wsgi_request)]


def pushed(redis_client: redis.Redis, queue: str = "mail") -> list[Any]:
    """Return the first argument of each job in a queue."""
    found: Any = redis_client.lrange(f"resque:queue:{queue}", 0, -1)
    return [json.loads(raw)["args"][0] for raw in found]


def fill(redis_client: redis.Redis, *raws: bytes) -> list[str]:
    """Fill the failed list; return how a form names each failure."""
    redis_client.rpush("resque:failed", *raws)
    return [f"{digest(raw)}:{index}" for index, raw in enumerate(raws)]


def test_retry_selected(admin_client: Client, redis_client: redis.Redis) -> None:
    """Those that are ticked are queued again, and one line of the log counts them."""
    named = fill(redis_client, *(record("a", number) for number in range(4)))

    response = post(admin_client, "retry", named[0], named[2], next=f"{URL}?before=3")

    assert (302, f"{URL}?before=3") == (response.status_code, response["Location"])
    assert [("success", "2 failures retried.")] == told(response)
    assert [0, 2] == pushed(redis_client)
    entry = LogEntry.objects.get()
    assert ("failures", CHANGE, "2 failures retried.") == (
        entry.object_id,
        entry.action_flag,
        entry.change_message,
    )
    assert f"{URL}" == admin_client.get(entry.get_admin_url())["Location"]


def test_retry_one_elsewhere(admin_client: Client, redis_client: redis.Redis) -> None:
    """A queue that is given takes the job; the log leads to the failure."""
    (named,) = fill(redis_client, record("a", 7))

    response = post(admin_client, "retry", named, to=" slow ")

    assert f"{URL}?list=failed" == response["Location"]
    assert [("success", "1 failure retried. Their queue is slow.")] == told(response)
    assert ([7], []) == (pushed(redis_client, "slow"), pushed(redis_client))
    entry = LogEntry.objects.get()
    assert "Failure of a" == entry.object_repr
    assert (
        f"{URL}failed/{digest(record('a', 7))}/"
        == (admin_client.get(entry.get_admin_url())["Location"])
    )


def test_twice(admin_client: Client, redis_client: redis.Redis) -> None:
    """The second of two clicks, or of two operators, changes nothing and is told so."""
    named = fill(redis_client, record("a", 1), record("a", 2))
    post(admin_client, "retry", *named)

    second = post(admin_client, "retry", *named)
    third = post(admin_client, "remove", named[0], confirmed="1")

    assert [("warning", "2 were retried or removed meanwhile.")] == told(second)
    assert [("warning", "1 was retried or removed meanwhile.")] == told(third)
    assert [1, 2] == pushed(redis_client)
    assert 2 == redis_client.llen("resque:failed")
    assert 1 == LogEntry.objects.count()


def test_the_neighbour_is_safe(admin_client: Client, redis_client: redis.Redis) -> None:
    """A failure that has moved is found; a place that another has taken is not hit."""
    named = fill(redis_client, *(record("a", number) for number in range(3)))
    redis_client.lpop("resque:failed")

    response = post(admin_client, "retry", named[0], named[1])

    assert [("warning", "1 failure retried. 1 was retried or removed meanwhile.")] == (
        told(response)
    )
    assert [1] == pushed(redis_client)


@pytest.mark.parametrize(
    ("raw", "to", "reason"),
    [
        (b"{oops", "", "is not JSON"),
        (record(payload={"args": []}), "", "class is missing"),
        (record(queue="a b"), "", "a b"),
        (record(), "a b", "a b"),
    ],
)
def test_what_cannot_be_retried(
    admin_client: Client, redis_client: redis.Redis, raw: bytes, to: str, reason: str
) -> None:
    """It stays where it is, and it is told why."""
    (named,) = fill(redis_client, raw)

    ((level, text),) = told(post(admin_client, "retry", named, to=to))

    assert "warning" == level
    assert text.startswith("1 cannot be retried: ")
    assert reason in text
    assert [raw] == redis_client.lrange("resque:failed", 0, -1)
    assert not LogEntry.objects.exists()


def test_remove_asks_first(admin_client: Client, redis_client: redis.Redis) -> None:
    """Nothing is removed before a confirmation, which names the same failures again."""
    named = fill(redis_client, record("a", 1), record("a", 2), record("a", 3))

    asked = post(admin_client, "remove", named[0], named[2], next=URL)

    text = asked.content.decode()
    assert "Remove 2 failures? What was to be done is lost with them." in text
    assert text.count('name="failure"') == 2
    assert "%missing" not in text
    assert 3 == redis_client.llen("resque:failed")

    done = post(admin_client, "remove", named[0], named[2], next=URL, confirmed="1")

    assert [("success", "2 failures removed.")] == told(done)
    assert [record("a", 2)] == redis_client.lrange("resque:failed", 0, -1)
    assert DELETION == LogEntry.objects.get().action_flag


def test_remove_what_cannot_be_read(admin_client: Client, redis_client: redis.Redis) -> None:
    """Garbage can be removed like any other record."""
    (named,) = fill(redis_client, b"\xff\x00" * 1000)

    response = post(admin_client, "remove", named, confirmed="1")

    assert [("success", "1 failure removed.")] == told(response)
    assert 0 == redis_client.llen("resque:failed")
    assert "Failure of an unreadable job" == LogEntry.objects.get().object_repr


@pytest.mark.parametrize("named", ["", "x:1", f"{'0' * 40}", f"{'0' * 40}:-1", f"{'0' * 39}:1"])
@pytest.mark.parametrize("verb", ["retry", "remove"])
def test_nothing_selected(
    admin_client: Client, redis_client: redis.Redis, verb: str, named: str
) -> None:
    """A form that names nothing changes nothing."""
    fill(redis_client, record())

    response = post(admin_client, verb, named, confirmed="1")

    assert [("warning", "Select some failures first.")] == told(response)
    assert 1 == redis_client.llen("resque:failed")


def test_clear(admin_client: Client, redis_client: redis.Redis) -> None:
    """Clearing asks first, and empties the one list."""
    fill(redis_client, record("a", 1), record("a", 2, retried_at="2026/11/21 05:00:00 UTC"))
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("b"))

    asked = post(admin_client, "clear").content.decode()

    assert "Remove all 2 failures of the list failed, whether they were retried or not?" in asked
    assert 2 == redis_client.llen("resque:failed")

    done = post(admin_client, "clear", confirmed="1")

    assert [("success", "2 failures removed.")] == told(done)
    assert (0, 1) == (redis_client.llen("resque:failed"), redis_client.llen("resque:mail_failed"))
    assert ("Failed list failed", DELETION) == (
        LogEntry.objects.get().object_repr,
        LogEntry.objects.get().action_flag,
    )


@pytest.mark.parametrize("verb", ["retry", "remove", "clear", "retry-all", "remove-all"])
def test_only_failed_lists(admin_client: Client, redis_client: redis.Redis, verb: str) -> None:
    """A name that is no failed list leads to no other key."""
    redis_client.rpush("resque:queue:mail", b'{"class":"A","args":[]}')

    response = admin_client.post(f"{URL}queue:mail/{verb}/", {"confirmed": "1"})

    assert 404 == response.status_code
    assert 1 == redis_client.llen("resque:queue:mail")
