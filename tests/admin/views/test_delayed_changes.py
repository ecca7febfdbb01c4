"""Delayed jobs are run, cancelled and moved: exactly the chosen ones, told and logged."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry

from django_resque.admin.views import delayed_changes
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis
    from django.test import Client

DELAYED = f"{ROOT}delayed/"
DUE = 2000000000
ITEMS = [b'{"class":"A","args":[%d],"queue":"mail"}' % number for number in range(4)]


@pytest.fixture(autouse=True)
def delayed(redis_client: redis.Redis, resque_settings: object) -> None:
    """Delay four jobs, and one that cannot be read, for two timestamps."""
    for at, raws in ((DUE, ITEMS[:3]), (DUE + 1, [ITEMS[3], b"{oops"])):
        redis_client.zadd("resque:delayed_queue_schedule", {str(at): at})
        redis_client.rpush(f"resque:delayed:{at}", *raws)


def named(raw: bytes, index: int = 0, at: int = DUE) -> str:
    """Return how a page's form names a job."""
    return f"{at}/{hashlib.sha1(raw, usedforsecurity=False).hexdigest()}:{index}"


def numbers(client: redis.Redis, key: str) -> list[Any]:
    """Return the arguments of the jobs in a list; None for what cannot be read."""
    raws = client.lrange(f"resque:{key}", 0, -1)
    return [json.loads(raw)["args"][0] if b"args" in raw else None for raw in raws]


def told(client: Client) -> str:
    """Return what the next page tells."""
    page: str = client.get(DELAYED).content.decode()
    return page.partition('class="messagelist"')[2].partition("</ul>")[0]


def test_run(admin_client: Client, redis_client: redis.Redis) -> None:
    """The chosen jobs go to their queues; what is gone or cannot be read is counted."""
    chosen = [
        named(ITEMS[1], 1), named(b"gone"), named(ITEMS[3], at=DUE + 1),
        named(b"{oops", 1, DUE + 1),
    ]  # fmt: skip

    answer = admin_client.post(f"{DELAYED}run/", {"job": chosen, "next": f"{DELAYED}?start=50"})

    assert f"{DELAYED}?start=50" == answer["Location"]
    assert [1, 3] == numbers(redis_client, "queue:mail")
    assert [0, 2] == numbers(redis_client, f"delayed:{DUE}")
    assert [None] == numbers(redis_client, f"delayed:{DUE + 1}")
    said = told(admin_client)
    for part in ("2 jobs went to their queues.", "1 cannot be read", "1 was gone already"):
        assert part in said
    assert 'class="warning"' in said
    (entry,) = LogEntry.objects.all()
    assert ("delayed", CHANGE, "2 jobs went to their queues.") == (
        entry.object_id, entry.action_flag, entry.get_change_message()
    )  # fmt: skip


def test_run_a_timestamp(admin_client: Client, redis_client: redis.Redis) -> None:
    """All of a timestamp go, and the log leads to it."""
    admin_client.post(f"{DELAYED}run/", {"timestamp": [str(DUE)]})

    assert [0, 1, 2] == numbers(redis_client, "queue:mail")
    assert "3 jobs went to their queues." in (said := told(admin_client))
    assert 'class="success"' in said
    assert f"timestamp/{DUE}" == LogEntry.objects.get().object_id


def test_cancel(admin_client: Client, redis_client: redis.Redis) -> None:
    """The chosen jobs are cancelled when it is confirmed, and not before."""
    given = {"job": [named(ITEMS[0]), named(b"{oops", 1, DUE + 1)]}
    page = admin_client.post(f"{DELAYED}cancel/", given).content.decode()
    assert "Cancel 2 delayed jobs?" in page
    assert f'name="job" value="{given["job"][0]}"' in page
    assert [0, 1, 2] == numbers(redis_client, f"delayed:{DUE}")

    admin_client.post(f"{DELAYED}cancel/", {**given, "confirmed": "1"})

    assert [1, 2] == numbers(redis_client, f"delayed:{DUE}")
    assert [3] == numbers(redis_client, f"delayed:{DUE + 1}")
    assert "Cancelled 2 jobs." in told(admin_client)
    assert not redis_client.exists("resque:queue:mail")
    assert DELETION == LogEntry.objects.get().action_flag


def test_cancel_timestamps(admin_client: Client, redis_client: redis.Redis) -> None:
    """Whole timestamps are named in the question, with the jobs beside them."""
    given = {"timestamp": [str(DUE)], "job": [named(ITEMS[3], at=DUE + 1)]}
    page = admin_client.post(f"{DELAYED}cancel/", given).content.decode()
    assert "Cancel all jobs that are due at May 1" in page
    assert "And 1 other job." in page

    admin_client.post(f"{DELAYED}cancel/", {**given, "confirmed": "1"})

    assert "Cancelled 4 jobs." in told(admin_client)
    assert [] == numbers(redis_client, f"delayed:{DUE}")
    assert [b"%d" % (DUE + 1)] == redis_client.zrange("resque:delayed_queue_schedule", 0, -1)


def test_move(admin_client: Client, redis_client: redis.Redis, settings: Any) -> None:
    """They are due at the moment that was filled in, in the time zone of the page."""
    settings.TIME_ZONE = "Europe/Berlin"
    given = {"job": [named(ITEMS[0])], "moment": "2033-05-18T05:34"}

    admin_client.post(f"{DELAYED}move/", given)
    admin_client.post(f"{DELAYED}move/", {"timestamp": str(DUE + 1), "moment": given["moment"]})

    assert [0, 3, None] == numbers(redis_client, "delayed:2000000040")
    assert [1, 2] == numbers(redis_client, f"delayed:{DUE}")
    said = told(admin_client)
    assert "1 job is due at May 18, 2033, 5:34 a.m." in said
    assert "2 jobs are due at" in said


@pytest.mark.parametrize("moment", ["", "soon"])
def test_move_to_nowhere(admin_client: Client, redis_client: redis.Redis, moment: str) -> None:
    """Without a moment nothing moves."""
    admin_client.post(f"{DELAYED}move/", {"job": [named(ITEMS[0])], "moment": moment})

    assert "Nothing was moved" in told(admin_client)
    assert [0, 1, 2] == numbers(redis_client, f"delayed:{DUE}")
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("action", ["run", "cancel", "move"])
def test_nothing_chosen(admin_client: Client, redis_client: redis.Redis, action: str) -> None:
    """What names no job does nothing, and says so."""
    given = {"job": ["x", "é/"], "timestamp": "\n", "moment": "2033-05-18T05:34"}
    admin_client.post(f"{DELAYED}{action}/", given)
    assert "no job was selected" in told(admin_client)

    gone = {**given, "timestamp": "7", "job": "x", "confirmed": "1"}
    admin_client.post(f"{DELAYED}{action}/", gone)
    assert "nothing was there any more" in told(admin_client)
    assert not LogEntry.objects.exists()
    assert 5 == sum(redis_client.llen(f"resque:delayed:{at}") for at in (DUE, DUE + 1))


@pytest.mark.parametrize("action", ["run", "cancel", "move"])
def test_large_timestamp(
    admin_client: Client,
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    """One request changes a part of a large timestamp, and tells that there is more."""
    monkeypatch.setattr(delayed_changes, "_MOST", 2)
    given = {"timestamp": str(DUE), "moment": "2033-05-18T05:34", "confirmed": "1"}

    admin_client.post(f"{DELAYED}{action}/", given)

    assert "There are more at that time" in told(admin_client)
    assert [2] == numbers(redis_client, f"delayed:{DUE}")
