"""What is done to queues and waiting jobs: exactly that, told, logged, and asked for before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry

from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    import redis
    from django.http import HttpResponse
    from django.test import Client

MAIL = f"{ROOT}queues/mail/"
JOBS = [b'{"class":"A","args":[%d]}' % number for number in range(4)]


@pytest.fixture(autouse=True)
def queue(redis_client: redis.Redis, resque_settings: object) -> None:
    """Put four jobs into a queue."""
    redis_client.sadd("resque:queues", "mail", "low")
    redis_client.rpush("resque:queue:mail", *JOBS)


def named(*positions: int, raw: bytes = b"") -> list[str]:
    """Return how a page's form names jobs."""
    return [
        f"{hashlib.sha1(raw or JOBS[at], usedforsecurity=False).hexdigest()}:{at}"
        for at in positions
    ]


def numbers(redis_client: redis.Redis, name: str = "mail") -> list[int]:
    """Return the arguments of the jobs that wait in a queue."""
    return [int(raw[-3:-2]) for raw in redis_client.lrange(f"resque:queue:{name}", 0, -1)]


def post(client: Client, action: str, **data: Any) -> HttpResponse:
    """Press a button on the queue's page."""
    answer: HttpResponse = client.post(f"{MAIL}{action}/", data)
    return answer


def told(client: Client) -> str:
    """Return what the next page tells."""
    page: str = client.get(MAIL).content.decode()
    return page.partition('class="messagelist"')[2].partition("</ul>")[0]


def test_pause_and_resume(admin_client: Client, redis_client: redis.Redis) -> None:
    """A queue is paused and resumed, each once, and the log leads back to it."""
    answer = post(admin_client, "pause", next=f"{ROOT}queues/?q=m")
    assert f"{ROOT}queues/?q=m" == answer["Location"]
    assert {b"mail"} == redis_client.smembers("resque:queues:paused")
    assert "Queue mail is paused." in told(admin_client)

    assert MAIL == post(admin_client, "pause")["Location"]
    assert "was paused already" in told(admin_client)
    post(admin_client, "resume")
    assert "no longer paused" in told(admin_client)
    post(admin_client, "resume")
    assert "was not paused" in told(admin_client)

    assert set() == redis_client.smembers("resque:queues:paused")
    entries = LogEntry.objects.order_by("pk")
    assert [("Paused.", CHANGE), ("Resumed.", CHANGE)] == [
        (each.get_change_message(), each.action_flag) for each in entries
    ]
    assert {"queue/mail"} == {each.object_id for each in entries}


@pytest.mark.parametrize(
    ("action", "question", "message", "known"),
    [
        ("clear", "Remove all jobs that wait in queue mail?", "Removed 4 jobs.", True),
        (
            "delete",
            "Delete queue mail, with all jobs",
            "Queue mail is deleted, with 4 jobs.",
            False,
        ),
    ],
)
def test_clear_and_delete(
    admin_client: Client,
    redis_client: redis.Redis,
    action: str,
    question: str,
    message: str,
    known: bool,
) -> None:
    """A queue is emptied or deleted when it is confirmed, and not before."""
    assert question in post(admin_client, action).content.decode()
    assert [0, 1, 2, 3] == numbers(redis_client)
    assert not LogEntry.objects.exists()

    answer = post(admin_client, action, confirmed="1")

    assert (MAIL if known else f"{ROOT}queues/") == answer["Location"]
    assert message in told(admin_client)
    assert [] == numbers(redis_client)
    assert known == redis_client.sismember("resque:queues", "mail")
    (entry,) = LogEntry.objects.all()
    assert (DELETION, "queue/mail", message) == (
        entry.action_flag,
        entry.object_id,
        entry.get_change_message(),
    )


def test_clear_an_empty_queue(admin_client: Client, redis_client: redis.Redis) -> None:
    """What was empty already is told, and not logged."""
    redis_client.delete("resque:queue:mail")
    post(admin_client, "clear", confirmed="1")

    assert "was empty already" in told(admin_client)
    assert not LogEntry.objects.exists()


def test_remove(admin_client: Client, redis_client: redis.Redis) -> None:
    """The chosen jobs are removed when it is confirmed; those that are gone are counted."""
    chosen = [*named(1, 3), *named(2, raw=b"gone")]
    question = post(admin_client, "remove", job=chosen).content.decode()
    assert "Remove 3 jobs from queue mail?" in question
    for each in chosen:
        assert f'<input type="hidden" name="job" value="{each}">' in question
    assert [0, 1, 2, 3] == numbers(redis_client)

    post(admin_client, "remove", job=chosen, confirmed="1")

    assert [0, 2] == numbers(redis_client)
    text = told(admin_client)
    assert "Removed 2 jobs. 1 was gone already: taken by a worker, moved or removed." in text
    assert "warning" in text
    (entry,) = LogEntry.objects.all()
    assert (DELETION, "Removed 2 jobs.") == (entry.action_flag, entry.get_change_message())


@pytest.mark.parametrize(
    ("action", "message"),
    [("front", "Moved 2 jobs to the front."), ("run", "2 jobs come next, as soon as workers")],
)
def test_to_the_front(
    admin_client: Client, redis_client: redis.Redis, action: str, message: str
) -> None:
    """The chosen jobs come next, in their order."""
    answer = post(admin_client, action, job=named(2, 3), next=f"{MAIL}?start=50")

    assert f"{MAIL}?start=50" == answer["Location"]
    assert [2, 3, 0, 1] == numbers(redis_client)
    assert message in told(admin_client)
    (entry,) = LogEntry.objects.all()
    assert CHANGE == entry.action_flag


def test_run_now_hurries(
    admin_client: Client, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are told to look there first, if there is something to find."""
    hurried = []
    monkeypatch.setattr(
        "django_resque.admin.views.queue_changes.hurry",
        lambda _store, queue: hurried.append((queue, numbers(redis_client)[0])),
    )

    post(admin_client, "run", job=named(0, raw=b"gone"))
    post(admin_client, "front", job=named(1))
    assert [] == hurried
    post(admin_client, "run", job=named(3))
    assert [("mail", 3)] == hurried


def test_move(admin_client: Client, redis_client: redis.Redis) -> None:
    """The chosen jobs go to the end of another queue, also a new one."""
    redis_client.rpush("resque:queue:low", b'{"class":"A","args":[9]}')

    post(admin_client, "move", job=named(0, 2), to=" low ")
    post(admin_client, "move", job=named(1), to="new")

    assert [9, 0, 2] == numbers(redis_client, "low")
    assert [1] == numbers(redis_client, "new")
    assert [3] == numbers(redis_client)
    assert redis_client.sismember("resque:queues", "new")
    assert "Moved 1 job to queue new." in told(admin_client)


@pytest.mark.parametrize(
    ("to", "complaint"),
    [("", "name a queue"), ("a b", "must not contain a space"), ("*", "must not")],
)
def test_move_nowhere(
    admin_client: Client, redis_client: redis.Redis, to: str, complaint: str
) -> None:
    """Without a queue that clients can share, nothing is moved."""
    post(admin_client, "move", job=named(0), to=to)

    assert [0, 1, 2, 3] == numbers(redis_client)
    assert complaint in told(admin_client)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("action", ["remove", "front", "move", "run"])
@pytest.mark.parametrize(
    "jobs", [[], ["nonsense"], ["0" * 40], [f"{'0' * 40}:-1"], [f"{'0' * 40}:{'9' * 11}"], ["é:1"]]
)
def test_nothing_chosen(
    admin_client: Client, redis_client: redis.Redis, action: str, jobs: list[str]
) -> None:
    """What names no job changes nothing, and is told."""
    post(admin_client, action, job=jobs, to="low")

    assert [0, 1, 2, 3] == numbers(redis_client)
    assert "no job was selected" in told(admin_client)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("action", ["remove", "front", "move", "run"])
def test_all_gone(admin_client: Client, redis_client: redis.Redis, action: str) -> None:
    """Jobs that were taken meanwhile leave the others alone."""
    redis_client.delete("resque:queue:mail")
    redis_client.rpush("resque:queue:mail", JOBS[2])

    post(admin_client, action, job=named(0, 1), to="low", confirmed="1")

    assert [2] == numbers(redis_client)
    assert "2 were gone already: taken by workers, moved or removed." in told(admin_client)
    assert not LogEntry.objects.exists()


def test_a_queue_of_any_name(admin_client: Client, redis_client: redis.Redis) -> None:
    """Queues that other clients made can be changed, whatever their names."""
    redis_client.sadd("resque:queues", b"<\xff>")
    redis_client.rpush(b"resque:queue:<\xff>", JOBS[0])
    url = f"{ROOT}queues/_3C_FF_3E/"

    admin_client.post(f"{url}pause/")
    assert {b"<\xff>"} == redis_client.smembers("resque:queues:paused")
    admin_client.post(f"{url}run/", {"job": named(0)})
    assert b"&lt;\\udcff&gt;" in admin_client.get(url).content
    admin_client.post(f"{url}delete/", {"confirmed": "1"})
    assert not redis_client.exists(b"resque:queue:<\xff>")


@pytest.mark.parametrize("action", ["remove", "front", "move", "run"])
def test_bounded(
    admin_client: Client, redis_client: redis.Redis, round_trips: list[int], action: str
) -> None:
    """However many are chosen, a fixed number of round trips changes them."""
    raws = [b'{"class":"A","args":[%d]}' % number for number in range(100, 150)]
    redis_client.delete("resque:queue:mail")
    redis_client.rpush("resque:queue:mail", *raws)
    jobs = [f"{hashlib.sha1(raw).hexdigest()}:{at}" for at, raw in enumerate(raws)]
    post(admin_client, action, job=jobs[:1], to="low", confirmed="1")  # Redis learns the scripts
    round_trips.clear()

    post(admin_client, action, job=jobs[1:], to="low", confirmed="1")

    assert len(round_trips) <= 7
