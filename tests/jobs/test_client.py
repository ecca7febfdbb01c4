"""Jobs are enqueued and dequeued by name, also those that only other programs know."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import (
    Plugin,
    dequeue,
    dequeue_delayed,
    enqueue,
    enqueue_at,
    enqueue_at_to,
    enqueue_in,
    enqueue_in_to,
    enqueue_to,
    job,
)
from django_resque.exceptions import (
    ArgumentError,
    InvalidQueueName,
    NoQueueError,
    UnknownJob,
)
from django_resque.jobs.client import job_named

if TYPE_CHECKING:
    import redis

    from django_resque import Job
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure


def _send(number: int, text: str = "", *, urgent: bool = False) -> None:
    """Do nothing."""


class Veto(Plugin):
    """Refuses everything."""

    def before_enqueue(self, payload: Payload, queue: str) -> bool:
        """Refuse."""
        del payload, queue
        return False


@pytest.fixture
def send() -> Job[..., Any]:
    """A registered job."""
    return job(name="shop.send", queue="mail")(_send)


@pytest.fixture
def queued(resque_settings: Configure, redis_client: redis.Redis) -> Any:
    """Look at the bytes in a queue."""
    del resque_settings
    return lambda queue: redis_client.lrange(f"resque:queue:{queue}", 0, -1)


@pytest.mark.parametrize("by_name", [True, False])
def test_enqueue_takes_a_job_or_its_name(
    queued: Any, send: Job[..., Any], *, by_name: bool
) -> None:
    """It goes to its own queue, with arguments checked and put in place."""
    handle = enqueue("shop.send" if by_name else send, text="x", number=1)
    assert [{"class": "shop.send", "args": [1, "x"], **handle.payload.extras}] == [
        json.loads(raw) for raw in queued("mail")
    ]


def test_enqueue_refuses_an_unknown_name(queued: Any, send: Job[..., Any]) -> None:
    """It says which names are alike, and how to enqueue a job of another program."""
    with pytest.raises(NoQueueError) as refusal:
        enqueue("shop.sent", 1)
    expected = (
        "'shop.sent' is not a job registered here, so its queue is unknown. "
        f"Did you mean {send.name}? "
        "For a job of another program name the queue: enqueue_to(queue, ...), "
        "dequeue(..., queue=...) or --queue."
    )
    assert expected == str(refusal.value)
    with pytest.raises(NoQueueError) as refusal:
        enqueue("Archive", 1)
    assert "Did you mean" not in str(refusal.value)
    assert [] == queued("mail") + queued("default")


@pytest.mark.parametrize("by_name", [True, False])
def test_enqueue_to_sends_a_registered_job_elsewhere(
    queued: Any, send: Job[..., Any], *, by_name: bool
) -> None:
    """To the queue given, with its own signature and hooks."""
    target: Any = "shop.send" if by_name else send
    enqueue_to("low", target, 1, urgent=True)
    assert [[1, {"**": {"urgent": True}}]] == [json.loads(raw)["args"] for raw in queued("low")]
    assert [] == queued("mail")
    with pytest.raises(ArgumentError, match="missing a required argument: 'number'"):
        enqueue_to("low", target)


def test_enqueue_to_runs_the_hooks_of_a_registered_job(queued: Any) -> None:
    """They may refuse it there too."""
    job(name="shop.never", plugins=[Veto()])(_send)
    assert enqueue_to("low", "shop.never", 1).vetoed
    assert [] == queued("low")


def test_enqueue_to_takes_a_job_of_another_program(queued: Any, resque_settings: Configure) -> None:
    """Nothing needs to be known of it; the bytes are those of Ruby."""
    resque_settings(JOB_IDS=False)
    handle = enqueue_to("file_serve", "Archive", 44, "masterbrew")
    assert [b'{"class":"Archive","args":[44,"masterbrew"]}'] == queued("file_serve")
    assert ("file_serve", True) == (handle.queue, bool(handle))


def test_a_job_of_another_program_bears_an_id(queued: Any) -> None:
    """Unless the settings say otherwise."""
    handle = enqueue_to("file_serve", "Archive", 44)
    assert handle.id == json.loads(queued("file_serve")[0])["id"]


def test_a_name_registered_later_is_found(queued: Any) -> None:
    """What was enqueued for another program before is checked like any job from then on."""
    enqueue_to("low", "Late", 1, 2, 3)
    made = job(name="Late")(_send)
    assert made.path == job_named("Late", "low").path
    with pytest.raises(ArgumentError):
        enqueue_to("low", "Late", 1, 2, 3)
    assert 1 == len(queued("low"))


def test_keyword_arguments_need_a_signature(queued: Any) -> None:
    """Where the job is not known here, they could not be put in place."""
    expected = r"not registered here takes positional arguments only: Archive\(\*args\): got an un"
    with pytest.raises(ArgumentError, match=expected):
        enqueue_to("file_serve", "Archive", branch="main")
    assert [] == queued("file_serve")


def test_what_json_cannot_carry_is_refused_for_other_programs_too(queued: Any) -> None:
    """The place is named by number."""
    with pytest.raises(ArgumentError, match="Archive: argument 2 is a set"):
        enqueue_to("file_serve", "Archive", 1, {2})
    assert [] == queued("file_serve")


def test_a_job_of_another_program_cannot_be_performed_here() -> None:
    """Only registered jobs ever run."""
    with pytest.raises(UnknownJob, match="'Archive' is not a registered job"):
        job_named("Archive", "file_serve")(1)


@pytest.mark.parametrize("queue", ["", "a b", "a,b", "*", 5, None])
def test_enqueue_to_refuses_a_wrong_queue(send: Job[..., Any], queue: Any) -> None:
    """For jobs known here and elsewhere."""
    for target in ("Archive", send.name):
        with pytest.raises(InvalidQueueName):
            enqueue_to(queue, target, 1)


def test_dequeue_refuses_a_wrong_queue(send: Job[..., Any]) -> None:
    """For jobs known here and elsewhere."""
    for target in ("Archive", send.name):
        with pytest.raises(InvalidQueueName):
            dequeue(target, 1, queue="a,b")


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_is_refused(name: str) -> None:
    """No worker could perform it."""
    with pytest.raises(ArgumentError, match="the name of a job must not be empty"):
        enqueue_to("low", name)


@pytest.mark.parametrize("thing", [_send, 5, None, b"shop.send"])
def test_what_is_no_job_is_refused(thing: Any) -> None:
    """A function without ``@job`` most of all."""
    with pytest.raises(ArgumentError, match="is not a job: decorate it with @job, or give"):
        enqueue(thing, 1)


def test_dequeue_takes_a_job_or_its_name(queued: Any, send: Job[..., Any]) -> None:
    """From its own queue, or from the one given."""
    send.enqueue_many([(1,), (2,), (3,)])
    send.using(queue="low").enqueue(1)
    assert [1, 1, 1] == [
        dequeue("shop.send", 1), dequeue(send, 2), dequeue(send, 1, queue="low")
    ]  # fmt: skip
    assert [[3]] == [json.loads(raw)["args"] for raw in queued("mail")]
    assert 1 == dequeue("shop.send")


def test_dequeue_takes_keyword_arguments(queued: Any, send: Job[..., Any]) -> None:
    """As enqueueing by name does."""
    send.enqueue(1, text="x", urgent=True)
    send.enqueue(2)
    send.using(queue="low").enqueue(1)
    assert 0 == dequeue("shop.send", 1, text="x")
    assert 1 == dequeue("shop.send", text="x", number=1, urgent=True)
    assert 1 == dequeue(send, number=1, queue="low")
    assert 1 == dequeue(send, number=2)
    assert [[], []] == [queued("mail"), queued("low")]


def test_dequeue_takes_a_job_of_another_program(queued: Any) -> None:
    """Given its queue; without one it is refused."""
    enqueue_to("file_serve", "Archive", 44, "masterbrew")
    enqueue_to("file_serve", "Archive", 45, "masterbrew")
    assert 1 == dequeue("Archive", 44, "masterbrew", queue="file_serve")
    assert 1 == dequeue("Archive", queue="file_serve")
    assert [] == queued("file_serve")
    with pytest.raises(NoQueueError):
        dequeue("Archive", 44)


MOMENT = datetime(2033, 5, 18, 3, 33, 20, tzinfo=timezone.utc)


def test_delaying_by_name(resque_settings: Configure, redis_client: redis.Redis) -> None:
    """Jobs of this and of other programs, to their own queue or another, at a time or after one."""
    send = job(name="SendLater", queue="mail", ids=False)(_send)
    handles = [
        enqueue_at(MOMENT, "SendLater", 1),
        enqueue_at_to("low", MOMENT, send, 2),
        enqueue_in(60, send, 3),
        enqueue_in_to("file_serve", timedelta(hours=1), "Archive", 44),
    ]

    assert ["mail", "low", "mail", "file_serve"] == [handle.queue for handle in handles]
    expected = [
        b'{"class":"SendLater","args":[1],"queue":"mail"}',
        b'{"class":"SendLater","args":[2],"queue":"low"}',
    ]
    assert expected == redis_client.lrange("resque:delayed:2000000000", 0, -1)
    assert 3 == redis_client.zcard("resque:delayed_queue_schedule")
    assert 1 == dequeue_delayed("Archive", 44)
    assert 1 == dequeue_delayed(send, number=2)
    assert 2 == dequeue_delayed("SendLater")
    assert 0 == redis_client.zcard("resque:delayed_queue_schedule")


def test_delaying_to_no_queue(resque_settings: Configure) -> None:
    """A job of another program needs a queue, and one that clients can share."""
    with pytest.raises(NoQueueError):
        enqueue_in(60, "Archive", 44)
    with pytest.raises(InvalidQueueName):
        enqueue_in_to("a,b", 60, "Archive", 44)
    with pytest.raises(InvalidQueueName):
        enqueue_at_to("a,b", MOMENT, "Archive", 44)
