"""What is done to all that match asks first, goes on step by step, and is logged once."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.messages import get_messages
from django.test import Client

from django_resque.admin.views import failure_sweeps
from tests.records import record

if TYPE_CHECKING:
    import redis

    from tests.admin.conftest import MakeUser

pytestmark = pytest.mark.usefixtures("resque_settings")

URL = "/admin/django_resque/resque/failed/"
FORM = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">')


def post(client: Client, verb: str, **fields: str) -> Any:
    """Post a form that asks for something to be done to all that match."""
    return client.post(f"{URL}failed/{verb}-all/", fields)


def told(response: Any) -> list[tuple[str, str]]:
    """Return the level and text of the messages that a response leaves."""
    return [(each.level_tag, str(each)) for each in get_messages(response.wsgi_request)]


def form(response: Any) -> dict[str, str]:
    """Return the fields of the form of our page, as a browser would send them."""
    text = response.content.decode()
    fields = FORM.findall(text[text.index('<div class="resque">') :])
    return {name: unescape(value) for name, value in fields if name != "csrfmiddlewaretoken"}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each step end as soon as it may."""
    monkeypatch.setattr(failure_sweeps, "_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("verb", "fields", "question"),
    [
        ("retry", {}, "Retry all failures of the list failed? It has 2. Those that were retried"),
        (
            "retry",
            {"job": "a", "state": "retried", "to": "slow"},
            "the list failed with job a, state “Retried”? They go to the queue slow.",
        ),
        ("remove", {}, "Remove all 2 failures of the list failed?"),
        (
            "remove",
            {"text": "<b>", "exception": "ValueError"},
            "Remove all failures of the list failed with exception ValueError, text “<b>”?",
        ),
        (
            "remove",
            {"state": "retried"},
            "Remove all failures of the list failed with state “Retried”?",
        ),
    ],
)
def test_asks_first(
    admin_client: Client,
    redis_client: redis.Redis,
    verb: str,
    fields: dict[str, str],
    question: str,
) -> None:
    """The question says what is meant, and nothing happens before the answer."""
    redis_client.rpush("resque:failed", record("a"), record("b"))

    response = post(admin_client, verb, **fields)

    text = unescape(response.content.decode())
    assert question in text
    assert "%missing" not in text
    assert {**fields, "confirmed": "1"} == form(response)
    assert [record("a"), record("b")] == redis_client.lrange("resque:failed", 0, -1)
    assert not LogEntry.objects.exists()


def test_a_group_is_named(admin_client: Client, redis_client: redis.Redis) -> None:
    """The question about a group tells its exception and place, not its fingerprint."""
    raw = record(backtrace=['  File "/srv/shop/mail.py", line 7, in send', "ValueError: boom"])
    redis_client.rpush("resque:failed", raw)
    group = admin_client.get(f"{URL}groups/?format=json").json()["groups"][0]["fingerprint"]

    text = post(admin_client, "retry", group=group).content.decode()

    assert "with group ValueError, /srv/shop/mail.py:7 in send?" in text


def test_retry_all_that_match(admin_client: Client, redis_client: redis.Redis) -> None:
    """Few are done at once; the log says what and how many."""
    redis_client.rpush(
        "resque:failed",
        record("a", 1),
        record("b", 2),
        record("a", 3, retried_at="2026/11/21 05:00:00 UTC"),
        record("a", 4, queue="a b"),
        b"{oops",
    )

    response = post(admin_client, "retry", job="a", confirmed="1", next=f"{URL}?job=a")

    assert f"{URL}?job=a" == response["Location"]
    assert [("warning", "1 failure retried. 1 cannot be retried.")] == told(response)
    assert [b'{"class":"a","args":[1]}'] == redis_client.lrange("resque:queue:mail", 0, -1)
    entry = LogEntry.objects.get()
    assert ("failures", "Failed list failed: job a", CHANGE) == (
        entry.object_id,
        entry.object_repr,
        entry.action_flag,
    )
    assert "1 failure retried. 1 cannot be retried." == entry.change_message


def test_remove_retried(admin_client: Client, redis_client: redis.Redis) -> None:
    """Clearing the retried ones leaves all others."""
    redis_client.rpush(
        "resque:failed", record("a"), record("b", retried_at="2026/11/21 05:00:00 UTC"), b"null"
    )

    response = post(admin_client, "remove", state="retried", confirmed="1")

    assert [("success", "1 failure removed.")] == told(response)
    assert [record("a"), b"null"] == redis_client.lrange("resque:failed", 0, -1)
    assert DELETION == LogEntry.objects.get().action_flag


@pytest.mark.usefixtures("hasty")
def test_step_by_step(admin_client: Client, redis_client: redis.Redis) -> None:
    """What takes long shows how far it has come, goes on by its form, and is logged once."""
    many = [record("a", number, queue="mail" if number % 5 else "a b") for number in range(450)]
    redis_client.rpush("resque:failed", *many)

    first = post(admin_client, "retry", job="a", to="", confirmed="1", next=URL)

    text = first.content.decode()
    assert 200 == first.status_code
    assert "200 of 450 looked through. 160 failures retried. 40 cannot be retried." in text
    assert '<progress id="progress" max="450" value="200">44 %</progress>' in text
    assert "data-goon" in text
    assert "Go on" in text
    assert "%missing" not in text
    assert {"job": "a", "confirmed": "1", "next": URL} == {
        name: value for name, value in form(first).items() if name != "carry"
    }
    (entry,) = LogEntry.objects.all()
    assert "Began with all that match; it goes on while its page is open." == entry.change_message

    second = post(admin_client, "retry", **form(first))
    assert "400 of 450 looked through. 320 failures retried." in second.content.decode()
    last = post(admin_client, "retry", **form(second))

    assert [("warning", "360 failures retried. 90 cannot be retried.")] == told(last)
    assert URL == last["Location"]
    assert 360 == redis_client.llen("resque:queue:mail")
    assert 1 == LogEntry.objects.count()


@pytest.mark.usefixtures("hasty")
def test_the_same_step_twice(admin_client: Client, redis_client: redis.Redis) -> None:
    """A step that is sent twice retries nothing twice."""
    redis_client.rpush("resque:failed", *[record("a", number) for number in range(300)])
    first = form(post(admin_client, "retry", confirmed="1"))

    post(admin_client, "retry", **first)
    post(admin_client, "retry", **first)

    assert 300 == redis_client.llen("resque:queue:mail")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("change", ["made up", "other filter", "other user"])
def test_nobody_begins_in_the_middle(
    admin_client: Client, redis_client: redis.Redis, staff: MakeUser, change: str
) -> None:
    """A step that is not the next one of what was begun begins anew, and is logged."""
    redis_client.rpush("resque:failed", *[record("a", number) for number in range(300)])
    fields = form(post(admin_client, "retry", confirmed="1"))
    LogEntry.objects.all().delete()
    client = admin_client
    if change == "made up":
        fields["carry"] = "retry-299-300-0-0-"
    elif change == "other filter":
        fields["job"] = "a"
    else:
        client = Client()
        client.force_login(staff("view_resque", "retry_job"))

    response = post(client, "retry", **fields)

    assert "200 of 300 looked through" in response.content.decode()
    assert 1 == LogEntry.objects.count()


@pytest.mark.parametrize("fields", [{"since": "yesterday"}, {"state": "odd"}, {"job": "\x00"}])
def test_a_wrong_filter(
    admin_client: Client, redis_client: redis.Redis, fields: dict[str, str]
) -> None:
    """A filter that cannot be read means nothing, not everything."""
    redis_client.rpush("resque:failed", record())

    response = post(admin_client, "remove", confirmed="1", **fields)

    assert [("error", "The filter cannot be read, so nothing was changed.")] == told(response)
    assert 1 == redis_client.llen("resque:failed")


def test_a_wrong_queue(admin_client: Client, redis_client: redis.Redis) -> None:
    """A queue that cannot be is refused, and nothing is retried."""
    redis_client.rpush("resque:failed", record())

    response = post(admin_client, "retry", to="a b", confirmed="1")

    ((level, _text),) = told(response)
    assert "error" == level
    assert [record()] == redis_client.lrange("resque:failed", 0, -1)


def test_arguments_are_for_some(staff: MakeUser, redis_client: redis.Redis) -> None:
    """Who may not see arguments cannot find out by removing what holds a text."""
    redis_client.rpush("resque:failed", record("a", "canary"))
    client = Client()
    client.force_login(staff("view_resque", "delete_job"))

    post(client, "remove", text="canary", confirmed="1")

    assert 1 == redis_client.llen("resque:failed")
