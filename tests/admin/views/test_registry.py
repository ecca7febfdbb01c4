"""The registered jobs are shown as their code tells, and enqueued by a form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.test import Client

from django_resque import job
from django_resque.jobs.plugins import Plugin
from django_resque.jobs.registry import registry
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis

    from django_resque.wire.payload import Payload
    from tests.admin.conftest import MakeUser

JOBS = f"{ROOT}jobs/"
SEND = f"{JOBS}shop.send/"


class Moody(Plugin):
    """Refuses what is for nobody."""

    def before_enqueue(self, payload: Payload, queue: str) -> bool:
        """Tell whether there is somebody."""
        return payload.args[0] != 0


def send(user: int, token: str = "t0p-canary", template: str = "<b>") -> None:
    """Send a mail & be done.

    It is sent <at once>.
    """


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register jobs for one test."""
    monkeypatch.setattr(registry, "_jobs", {})
    job(
        name="shop.send", queue="mail", timeout=30, max_memory="200M", ids=False, jobs_per_fork=5,
        plugins=[Moody()],
    )(send)  # fmt: skip

    @job(name="Archive")
    class Archive:
        """Pack a repository."""

        def perform(self, repository: int) -> None:
            """Do it."""

        def after_perform(self, repository: int) -> None:
            """Tell it."""


def waiting(redis_client: redis.Redis, queue: str) -> list[Any]:
    """Return what waits in a queue."""
    return [json.loads(raw) for raw in redis_client.lrange(f"resque:queue:{queue}", 0, -1)]


def test_list(admin_client: Client, round_trips: list[int]) -> None:
    """Every job is there with its queue, options, first line and code, without asking Redis."""
    page = admin_client.get(JOBS)
    data = admin_client.get(f"{JOBS}?format=json").json()

    assert 200 == page.status_code
    assert b"%missing" not in page.content
    assert b"Send a mail &amp; be done." in page.content
    assert b'href="/admin/django_resque/resque/jobs/shop.send/"' in page.content
    assert ["Archive", "shop.send"] == [each["name"] for each in data["jobs"]]
    assert {
        "name": "shop.send",
        "description": "Send a mail & be done.",
        "path": f"{send.__module__}.send",
        "queue": "mail",
        "queue_url": f"{ROOT}queues/mail/",
        "options": [
            "at most 30 s",
            "up to 200.0\xa0MB of memory",
            "5 in one child",
            "without ids",
            "Moody",
        ],
        "url": SEND,
    } == data["jobs"][1]
    assert [] == data["jobs"][0]["options"]
    assert "default" == data["jobs"][0]["queue"]
    assert [] == round_trips


@pytest.mark.parametrize(
    ("query", "found"),
    [("SEND", ["shop.send"]), ("pack a", ["Archive"]), ("mail", ["shop.send"]), ("<x>", [])],
)
def test_filter(admin_client: Client, query: str, found: list[str]) -> None:
    """Jobs are found by any text that is shown of them."""
    data = admin_client.get(JOBS, {"q": query, "format": "json"}).json()
    page = admin_client.get(JOBS, {"q": query}).content.decode()

    assert found == [each["name"] for each in data["jobs"]]
    assert "<x>" not in page
    assert "%missing" not in page


def test_nothing_registered(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without jobs is told how to write one."""
    monkeypatch.setattr(registry, "_jobs", {})

    assert b"Decorate a function" in admin_client.get(JOBS).content


def test_job(admin_client: Client) -> None:
    """One job is shown with its documentation, signature and a form; secrets are not."""
    page = admin_client.get(SEND)
    text = page.content.decode()

    assert 200 == page.status_code
    assert "%missing" not in text
    assert "(user: int, token: str = …, template: str = &#x27;&lt;b&gt;&#x27;)" in text
    assert "It is sent &lt;at once&gt;." in text
    assert 'name="arg-user"' in text
    assert 'name="queue" value="mail"' in text
    assert "canary" not in text
    assert 'data-live=""' in text


def test_job_of_a_class(admin_client: Client) -> None:
    """A class shows its own documentation and its hook methods."""
    text = admin_client.get(f"{JOBS}Archive/").content.decode()

    assert "Pack a repository." in text
    assert "<code>after_perform</code>" in text
    assert 'name="queue" value="default"' in text
    assert "%missing" not in text


@pytest.mark.parametrize("way", ["get", "post"])
def test_unknown_job(admin_client: Client, redis_client: redis.Redis, way: str) -> None:
    """Only what is registered can be looked at or run."""
    url = f"{JOBS}os.system/" + ("enqueue/" if way == "post" else "")
    answer = getattr(admin_client, way)(url, {"arg-args": '["true"]', "queue": "mail"})

    assert 404 == answer.status_code
    assert b"No job called os.system is registered here." in answer.content
    assert [] == redis_client.keys()


def test_enqueue(
    admin_client: Client,
    redis_client: redis.Redis,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """A form that is right enqueues the job, and leaves a line in the log without arguments."""
    data = {"arg-user": "7", "arg-token": "canary", "arg-template": "x", "queue": "low"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(f"{SEND}enqueue/", data)
    (entry,) = LogEntry.objects.all()

    assert SEND == answer["Location"]
    assert [{"class": "shop.send", "args": [7, "canary", "x"]}] == waiting(redis_client, "low")
    assert ADDITION == entry.action_flag
    assert "job/shop.send" == entry.object_id
    assert "Enqueued to queue low." == entry.get_change_message()
    assert b"Enqueued shop.send to queue low." in admin_client.get(SEND).content


def test_enqueue_at_front(
    admin_client: Client,
    redis_client: redis.Redis,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """At the front, it comes before those that wait already; defaults are left out."""
    redis_client.rpush("resque:queue:mail", "{}")

    data = {"arg-user": "7", "arg-template": "<b>", "queue": "mail", "at_front": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{SEND}enqueue/", data)

    assert [{"class": "shop.send", "args": [7]}, {}] == waiting(redis_client, "mail")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"arg-user": "x", "queue": "mail"}, "Enter a whole number."),
        ({"queue": "mail"}, "This field is required."),
        ({"arg-user": "7", "queue": "a b"}, "must not contain a space"),
        ({"arg-user": "7"}, "This field is required."),
    ],
)
def test_mistakes(
    admin_client: Client, redis_client: redis.Redis, data: dict[str, str], complaint: str
) -> None:
    """What is wrong is told at the field, nothing is enqueued, and secrets do not come back."""
    answer = admin_client.post(
        f"{SEND}enqueue/", {**data, "arg-token": "canary", "arg-template": "<i>"}
    )
    text = answer.content.decode()

    assert 200 == answer.status_code
    assert complaint in text
    assert "canary" not in text
    assert 'value="&lt;i&gt;"' in text
    assert [] == redis_client.keys()
    assert not LogEntry.objects.exists()


def test_veto(admin_client: Client, redis_client: redis.Redis) -> None:
    """A hook that refuses the job is told of."""
    admin_client.post(f"{SEND}enqueue/", {"arg-user": "0", "arg-template": "x", "queue": "mail"})

    assert [] == redis_client.keys()
    assert not LogEntry.objects.exists()
    assert b"a before_enqueue hook of shop.send refused it." in admin_client.get(SEND).content


def test_no_form_without_permission(staff: MakeUser, admin_client: Client) -> None:
    """Who may only look sees the job, but no form."""
    client = Client()
    client.force_login(staff("view_resque"))
    page = client.get(SEND)

    assert b"Send a mail" in page.content
    assert b"arg-user" not in page.content
