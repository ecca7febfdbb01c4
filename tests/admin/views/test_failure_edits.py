"""A failure is retried with other arguments once they fit, and nothing typed is lost till then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages

from django_resque.admin.forms import JobForm
from django_resque.jobs.decorating import job
from django_resque.jobs.registry import Registry, registry
from django_resque.wire.failure import digest
from tests.records import record

if TYPE_CHECKING:
    import redis
    from django.test import Client

pytestmark = pytest.mark.usefixtures("resque_settings", "_charge")

URL = "/admin/django_resque/resque/failed/failed/"
FAILED = record("shop.charge", 7, "canary", id="x")


@pytest.fixture
def _charge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a job, for one test."""
    monkeypatch.setattr(registry, "_jobs", dict(Registry()._jobs))

    @job(name="shop.charge")
    def charge(amount: int, password: str) -> None:
        """Take money."""


def post(client: Client, fields: dict[str, str], raw: bytes = FAILED) -> Any:
    """Post the form of edited arguments."""
    return client.post(f"{URL}{digest(raw)}/edit/", {"index": "0", **fields})


def told(response: Any) -> list[tuple[str, str]]:
    """Return the level and text of the messages that a response leaves."""
    return [(each.level_tag, str(each)) for each in get_messages(response.wsgi_request)]


def pushed(redis_client: redis.Redis, queue: str = "mail") -> list[Any]:
    """Return the arguments of the jobs in a queue."""
    found: Any = redis_client.lrange(f"resque:queue:{queue}", 0, -1)
    return [json.loads(raw)["args"] for raw in found]


def test_the_form(admin_client: Client, redis_client: redis.Redis) -> None:
    """It holds the arguments that failed, but no secret."""
    redis_client.rpush("resque:failed", FAILED)

    text = admin_client.get(f"{URL}{digest(FAILED)}/?at=0").content.decode()

    assert 'name="arg-amount" value="7"' in text
    assert 'name="arg-password"' in text
    assert "canary" not in text


def test_edited(admin_client: Client, redis_client: redis.Redis) -> None:
    """What is filled in takes the place of what failed; a secret that is left empty stays."""
    redis_client.rpush("resque:failed", FAILED)

    response = post(admin_client, {"arg-amount": "8", "to": "slow"})

    assert [("success", "Retried with edited arguments. The queue is slow.")] == told(response)
    assert [[8, "canary"]] == pushed(redis_client, "slow")
    (kept,) = redis_client.lrange("resque:failed", 0, -1)
    assert json.loads(kept)["retried_at"]
    entry = LogEntry.objects.get()
    assert ("Failure of shop.charge", "Retried with edited arguments. The queue is slow.") == (
        entry.object_repr,
        entry.change_message,
    )


def test_another_secret(admin_client: Client, redis_client: redis.Redis) -> None:
    """A secret can be replaced, and is not told anywhere."""
    redis_client.rpush("resque:failed", FAILED)

    post(admin_client, {"arg-amount": "7", "arg-password": "other"})

    assert [[7, "other"]] == pushed(redis_client)
    assert "other" not in LogEntry.objects.get().change_message


def test_what_does_not_fit(admin_client: Client, redis_client: redis.Redis) -> None:
    """It is shown again with what is wrong and what was typed, save secrets; nothing is queued."""
    redis_client.rpush("resque:failed", FAILED)

    response = post(
        admin_client, {"arg-amount": "<many>", "arg-password": "typed-secret", "to": "a<b"}
    )

    text = response.content.decode()
    assert 200 == response.status_code
    assert "Enter a whole number." in text
    assert 'value="&lt;many&gt;"' in text
    assert 'value="a&lt;b"' in text
    assert "typed-secret" not in text
    assert "canary" not in text
    assert "%missing" not in text
    assert [FAILED] == redis_client.lrange("resque:failed", 0, -1)
    assert not LogEntry.objects.exists()


def test_a_wrong_queue(admin_client: Client, redis_client: redis.Redis) -> None:
    """A queue that cannot be is told on the page."""
    redis_client.rpush("resque:failed", FAILED)

    text = post(admin_client, {"arg-amount": "7", "to": "a b"}).content.decode()

    assert "resque-notice-error" in text
    assert 'value="a b"' in text
    assert [FAILED] == redis_client.lrange("resque:failed", 0, -1)


def test_twice(admin_client: Client, redis_client: redis.Redis) -> None:
    """Who comes second is told so, and queues nothing."""
    redis_client.rpush("resque:failed", FAILED)
    post(admin_client, {"arg-amount": "8"})

    response = post(admin_client, {"arg-amount": "9"})

    assert ("warning", "The failure was retried or removed meanwhile.") == told(response)[-1]
    assert [[8, "canary"]] == pushed(redis_client)


def test_quicker_at_the_last_moment(
    admin_client: Client, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also between reading and retrying it may go."""
    redis_client.rpush("resque:failed", FAILED)
    packed = JobForm.packed

    def slowly(form: JobForm) -> list[Any]:
        redis_client.delete("resque:failed")
        return packed(form)

    monkeypatch.setattr(JobForm, "packed", slowly)

    response = post(admin_client, {"arg-amount": "8"})

    assert [("warning", "The failure was retried or removed meanwhile.")] == told(response)
    assert [] == pushed(redis_client)


def test_what_cannot_be_read(admin_client: Client, redis_client: redis.Redis) -> None:
    """Without a payload there is nothing to edit."""
    redis_client.rpush("resque:failed", b"{oops")

    response = post(admin_client, {}, b"{oops")

    ((level, _text),) = told(response)
    assert "error" == level
    assert "edited arguments" not in admin_client.get(f"{URL}{digest(b'{oops')}/").content.decode()


def test_a_job_that_is_not_registered(admin_client: Client, redis_client: redis.Redis) -> None:
    """All its arguments are one list."""
    raw = record("shop.unknown", 1)
    redis_client.rpush("resque:failed", raw)

    post(admin_client, {"arg-args": "[2, 3]"}, raw)

    assert [[2, 3]] == pushed(redis_client)
