"""Answers become pages, live parts, data, questions and redirections, each safe in its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from django_resque import wiring
from django_resque.admin.answers import plain
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis
    from django.test import Client

    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure

QUEUES = f"{ROOT}queues/"


def test_page(admin_client: Client, redis_client: redis.Redis) -> None:
    """A page stands in the admin, with its live part and where to fetch that again."""
    redis_client.sadd("resque:queues", "mail")

    page = admin_client.get(f"{QUEUES}?q=a").content.decode()

    assert 'id="user-tools"' in page
    assert "%missing" not in page
    assert f'data-live="{QUEUES}?q=a&amp;format=fragment"' in page
    assert f'<input type="hidden" name="next" value="{QUEUES}?q=a">' in page


def test_fragment(admin_client: Client, redis_client: redis.Redis) -> None:
    """The live part comes alone, and not again to a browser that has it."""
    redis_client.sadd("resque:queues", "mail")
    first = admin_client.get(f"{QUEUES}?format=fragment")

    again = admin_client.get(f"{QUEUES}?format=fragment", headers={"If-None-Match": first["ETag"]})
    redis_client.sadd("resque:queues", "high")
    changed = admin_client.get(
        f"{QUEUES}?format=fragment", headers={"If-None-Match": first["ETag"]}
    )

    assert (200, 304, 200) == (first.status_code, again.status_code, changed.status_code)
    assert b"<html" not in first.content
    assert b"csrf" not in first.content
    assert b"" == again.content
    assert b"high" in changed.content


def test_data(admin_client: Client, redis_client: redis.Redis) -> None:
    """What a page shows can be read by programs, and by no browser as a page."""
    redis_client.sadd("resque:queues", "<script>")

    response = admin_client.get(f"{QUEUES}?format=json")

    assert "application/json" == response["Content-Type"]
    assert "nosniff" == response["X-Content-Type-Options"]
    assert ["<script>"] == [row["name"] for row in response.json()["queues"]]


def test_plain() -> None:
    """Dataclasses, dates and sequences become what JSON can carry."""

    @dataclass(frozen=True)
    class Row:
        name: str
        at: datetime | None
        more: tuple[int, ...]

    moment = datetime(2026, 11, 27, tzinfo=timezone.utc)

    assert {"rows": [{"name": "a", "at": "2026-11-27T00:00:00+00:00", "more": [1, 2]}]} == plain(
        {"rows": [Row("a", moment, (1, 2))]}
    )
    assert {"1": None} == plain({1: None})


def test_change_is_logged(admin_client: Client, redis_client: redis.Redis) -> None:
    """A change leads back to the page it came from, is told there, and stands in the log."""
    redis_client.sadd("resque:queues", "mail")

    response = admin_client.post(f"{QUEUES}mail/pause/", {"next": f"{QUEUES}?q=m"}, follow=True)

    assert [(f"{QUEUES}?q=m", 302)] == response.redirect_chain
    assert "Queue mail is paused." in response.content.decode()
    (entry,) = LogEntry.objects.all()
    assert ("root", "Queue mail", "Paused.") == (
        entry.user.username,
        entry.object_repr,
        entry.get_change_message(),
    )
    assert "queue/mail" == entry.object_id
    led = admin_client.get(str(entry.get_admin_url()))
    assert f"{QUEUES}mail/" == led["Location"]


def test_question_first(admin_client: Client, redis_client: redis.Redis) -> None:
    """What cannot be undone is asked for first, and done when the question's form comes back."""
    redis_client.sadd("resque:queues", "mail")
    redis_client.rpush("resque:queue:mail", "{}")
    url = f"{QUEUES}mail/delete/"

    question = admin_client.post(url, {"next": QUEUES, "kept": ["<1>", "2"]}).content.decode()
    assert redis_client.exists("resque:queue:mail")
    done = admin_client.post(url, {"next": QUEUES, "confirmed": "1"})

    assert "Are you sure?" in question
    assert '<input type="hidden" name="kept" value="&lt;1&gt;">' in question
    assert '<input type="hidden" name="kept" value="2">' in question
    assert "%missing" not in question
    assert f'<a href="{QUEUES}"' in question
    assert QUEUES == done["Location"]
    assert not redis_client.exists("resque:queue:mail")
    assert [DELETION] == [entry.action_flag for entry in LogEntry.objects.all()]


@pytest.mark.parametrize(
    ("query", "inside"),
    [("", True), ("?format=fragment", False), ("?format=json", False)],
)
def test_redis_is_away(
    admin_client: Client, redis_server: EmbeddedServer, query: str, inside: bool
) -> None:
    """Without Redis there is a plain page inside the admin, with the status that says so."""
    redis_server.kill()

    response = admin_client.get(QUEUES + query)

    assert 503 == response.status_code
    assert inside == (b'id="user-tools"' in response.content)
    assert b"Redis is unavailable" in response.content
    assert b"Traceback" not in response.content
    assert b"%missing" not in response.content


def test_redis_is_away_for_a_change(admin_client: Client, redis_server: EmbeddedServer) -> None:
    """A change that Redis did not take is no success and leaves no entry."""
    redis_server.kill()

    response = admin_client.post(f"{QUEUES}mail/pause/")

    assert 503 == response.status_code
    assert not LogEntry.objects.exists()


def test_wrong_settings(admin_client: Client, resque_settings: Configure) -> None:
    """Wrong settings are told as what they are, without what is secret in them."""
    resque_settings(PASSWRD="hunter2")
    wiring.reset()

    response = admin_client.get(QUEUES)

    assert 503 == response.status_code
    assert b"PASSWRD" in response.content
    assert b"hunter2" not in response.content


def test_refused_change(admin_client: Client) -> None:
    """What Resque refuses is told on the page, and leaves no entry."""
    response = admin_client.post(f"{QUEUES}a!2Cb/pause/", {"next": QUEUES}, follow=True)

    assert [(QUEUES, 302)] == response.redirect_chain
    assert 'class="error"' in response.content.decode()
    assert not LogEntry.objects.exists()
