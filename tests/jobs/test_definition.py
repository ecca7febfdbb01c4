"""A job can be called, enqueued one by one or in bulk, set up otherwise, and dequeued."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import FrozenInstanceError
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import JobHandle, delayed, job
from django_resque.exceptions import ArgumentError, InvalidQueueName
from django_resque.jobs.registry import registry
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure


@job(name="Send", queue="mail")
def send(number: int, text: str = "hello", *, urgent: bool = False) -> str:
    """Send a mail.

    In full.
    """
    return f"{number} {text} {urgent}"


@job(name="Plain", ids=False)
def plain(*args: Any) -> None:
    """Take anything, write what Ruby would."""


@job(name="Async")
async def asynchronous(number: int) -> int:
    """Be async."""
    return number + 1


class Counting:
    """Notes how often it was instantiated."""

    instances = 0

    def __init__(self) -> None:
        """Count."""
        type(self).instances += 1

    def perform(self) -> int:
        """Return the number of this instance."""
        return type(self).instances

    def before_perform(self) -> None:
        """Be a hook of performing only."""


counting = job(name="Counting")(Counting)


@pytest.fixture(autouse=True)
def _registered() -> None:
    """Register the jobs of this module, which were imported before the test began."""
    for each in (send, plain, asynchronous, counting):
        registry.add(each)


@pytest.fixture
def queued(resque_settings: Configure, redis_client: redis.Redis) -> Any:
    """Look at what lies in a queue, as parsed JSON."""
    del resque_settings

    def look(queue: str) -> list[Any]:
        return [json.loads(raw) for raw in redis_client.lrange(f"resque:queue:{queue}", 0, -1)]

    return look


def test_a_call_runs_it_here_and_now() -> None:
    """It is still the function that it was."""
    assert "7 hello False" == send(7)
    assert "7 x True" == send(7, text="x", urgent=True)


def test_a_call_of_an_async_job_can_be_awaited() -> None:
    """As that of the function it was."""
    assert 2 == asyncio.run(asynchronous(1))


def test_it_does_not_change() -> None:
    """A job is set up once, and the same for all who import it."""
    with pytest.raises(FrozenInstanceError):
        send.queue = "low"  # type: ignore[misc]


def test_it_is_itself_and_no_other() -> None:
    """It can be a key, and a job set up otherwise is not equal to it."""
    assert "x" == {send: "x"}[send]
    assert send != send.using(at_front=False)


def test_it_shows_its_name() -> None:
    """In messages and in the shell."""
    assert "<Job Send>" == repr(send)


def test_it_describes_itself_by_the_first_line_of_its_docstring() -> None:
    """And by nothing if there is none."""
    assert "Send a mail." == send.description
    assert "" == job(name="bare")(lambda: None).description


def test_it_tells_where_its_code_is() -> None:
    """Whatever name it bears."""
    assert f"{__name__}.send" == send.path
    assert f"{__name__}.Counting" == counting.path


@pytest.mark.parametrize("method", ["enqueue", "delay"])
def test_enqueue_puts_it_into_its_queue(queued: Any, method: str) -> None:
    """And gives back its handle."""
    handle = getattr(send, method)(7, urgent=True)
    assert isinstance(handle, JobHandle)
    assert re.fullmatch("[0-9a-f]{32}", handle.id or "")
    assert ("mail", "Send", [7, {"**": {"urgent": True}}], True) == (
        handle.queue, handle.payload.name, handle.payload.args, bool(handle)
    )  # fmt: skip
    expected = {
        "class": "Send",
        "args": [7, {"**": {"urgent": True}}],
        **handle.payload.extras,
    }
    assert [expected] == queued("mail")


def test_without_ids_the_bytes_are_those_of_ruby(queued: Any, redis_client: redis.Redis) -> None:
    """Key order, spacing and escaping included."""
    handle = plain.enqueue(42, "héllo / 😀", {"k": None, "n": 1.5})
    expected = '{"class":"Plain","args":[42,"héllo / 😀",{"k":null,"n":1.5}]}'
    assert [expected.encode()] == redis_client.lrange("resque:queue:default", 0, -1)
    assert {b"default"} == redis_client.smembers("resque:queues")
    assert handle.id is None
    del queued


def test_the_id_and_the_time_follow_the_arguments(queued: Any, redis_client: redis.Redis) -> None:
    """Where every other client passes over them."""
    handle = send.enqueue(7)
    time = handle.payload.extras["queue_time"]
    expected = f'{{"class":"Send","args":[7],"id":"{handle.id}","queue_time":{time}}}'
    assert [expected.encode()] == redis_client.lrange("resque:queue:mail", 0, -1)
    del queued


def test_ids_are_all_different(queued: Any) -> None:
    """Also in one bulk call."""
    handles = send.enqueue_many([(each,) for each in range(100)])
    assert 100 == len({handle.id for handle in handles})
    del queued


@pytest.mark.parametrize("setting", [True, False])
def test_the_settings_decide_on_ids_where_the_job_does_not(
    queued: Any, resque_settings: Configure, *, setting: bool
) -> None:
    """``JOB_IDS`` is for all jobs, ``ids`` for one."""
    resque_settings(JOB_IDS=setting)
    assert setting == (send.enqueue(7).id is not None)
    assert plain.enqueue().id is None
    assert [setting] * 2 == [key in queued("mail")[0] for key in ("id", "queue_time")]


def test_it_tells_when_it_was_enqueued(queued: Any) -> None:
    """To the microsecond."""
    before = timestamps.now()
    handle = send.enqueue(7)
    (document,) = queued("mail")
    queued_at = Payload(handle.payload.name, [], document).queued_at
    assert queued_at is not None
    # Python's clocks of floats and of dates differ in the last microsecond.
    assert before - timedelta(microseconds=1) <= queued_at <= timestamps.now()


def test_the_settings_decide_on_the_queue_where_the_job_does_not(
    queued: Any, resque_settings: Configure
) -> None:
    """``DEFAULT_QUEUE`` is asked at the time of enqueueing."""
    resque_settings(DEFAULT_QUEUE="rest")
    assert "rest" == plain.enqueue(1).queue
    assert [{"class": "Plain", "args": [1]}] == queued("rest")


def test_wrong_arguments_are_refused(queued: Any) -> None:
    """Nothing is enqueued."""
    with pytest.raises(ArgumentError, match=r"Send\(number: 'int', text: 'str' = 'hello'"):
        send.enqueue()  # type: ignore[call-arg]
    with pytest.raises(ArgumentError, match=r'argument 1 \("number"\) is a set'):
        send.enqueue({1})  # type: ignore[arg-type]
    assert [] == queued("mail")


def test_asynchronous_code_enqueues_too(queued: Any) -> None:
    """Without blocking its event loop."""
    handle = asyncio.run(send.aenqueue(7, text="x"))
    assert [{"class": "Send", "args": [7, "x"], **handle.payload.extras}] == queued("mail")


def test_asynchronous_code_delays_too(resque_settings: Configure) -> None:
    """Until a moment, or for a while."""
    moment = datetime(2033, 5, 18, tzinfo=timezone.utc)
    at = asyncio.run(send.aenqueue_at(moment, 7, text="x"))
    after = asyncio.run(send.aenqueue_in(60, 8))

    assert moment == at.due
    assert [after.payload, at.payload] == [each.payload for each in delayed.peek(5)]


def test_many_are_enqueued_in_order(queued: Any, redis_client: redis.Redis) -> None:
    """With a handle each, in one command per thousand."""
    redis_client.config_resetstat()
    handles = send.enqueue_many([(1,), [2, "x"], *[(each,) for each in range(3, 1501)]])
    assert [[1], [2, "x"], *[[each] for each in range(3, 1501)]] == [
        each["args"] for each in queued("mail")
    ]
    assert [handle.id for handle in handles] == [each["id"] for each in queued("mail")]
    assert 2 == redis_client.info("commandstats")["cmdstat_rpush"]["calls"]


def test_many_may_be_none(queued: Any, redis_client: redis.Redis) -> None:
    """An empty list is no error and makes no queue."""
    assert [] == send.enqueue_many([])
    assert [] == send.enqueue_many(iter(()))
    assert [] == redis_client.keys("*")
    del queued


@pytest.mark.parametrize("bad", [5, "text", {"number": 1}, None])
def test_many_takes_tuples_only(queued: Any, bad: Any) -> None:
    """A single value is not taken apart by mistake, and nothing is enqueued."""
    with pytest.raises(ArgumentError, match=r"is no tuple of arguments; write \[\(1,\), \(2,\)\]"):
        send.enqueue_many([(1,), bad])
    assert [] == queued("mail")


@pytest.mark.parametrize("bad", [(), ({1},)])
def test_one_wrong_call_keeps_all_from_being_enqueued(queued: Any, bad: tuple[Any, ...]) -> None:
    """A bulk is enqueued as a whole or not at all."""
    with pytest.raises(ArgumentError):
        send.enqueue_many([(1,), bad])
    assert [] == queued("mail")


def test_using_changes_a_copy(queued: Any) -> None:
    """Another queue and the front of it, for one call; the job stays as it is."""
    other = send.using(queue="low", at_front=True, on_commit=False)
    other.enqueue(1)
    other.enqueue(2)
    other.enqueue_many([(3,), (4,)])
    assert [[3], [4], [2], [1]] == [each["args"] for each in queued("low")]
    assert ("mail", False, True) == (send.queue, send.at_front, send.on_commit)
    assert ("low", True, False) == (other.queue, other.at_front, other.on_commit)
    assert "1 hello False" == other(1)


def test_using_can_be_taken_back(queued: Any) -> None:
    """What is given last holds; what is not given stays."""
    again = send.using(queue="low", at_front=True).using(at_front=False)
    again.enqueue(1)
    again.enqueue(2)
    assert [[1], [2]] == [each["args"] for each in queued("low")]


def test_using_refuses_a_wrong_queue() -> None:
    """At once, not in Redis."""
    with pytest.raises(InvalidQueueName, match="must not contain ','"):
        send.using(queue="a,b")


def test_dequeue_removes_equal_calls(queued: Any) -> None:
    """By the arguments that enqueue would send, however they were given."""
    send.enqueue_many([(1,), (2,), (1, "hello"), (1,)])
    assert 2 == send.dequeue(1)
    assert 1 == send.dequeue(text="hello", number=1)
    assert [[2]] == [each["args"] for each in queued("mail")]


def test_dequeue_without_arguments_removes_all(queued: Any) -> None:
    """But of this job and in its queue only."""
    send.enqueue_many([(1,), (2,)])
    send.using(queue="low").enqueue(1)
    plain.using(queue="mail").enqueue(5)
    assert 2 == send.dequeue()
    assert [[5]] == [each["args"] for each in queued("mail")]
    assert 1 == send.using(queue="low").dequeue()


def test_an_instance_of_a_class_serves_one_performance() -> None:
    """Each call and each beginning has one of its own, shared with the hook methods."""
    Counting.instances = 0
    assert [1, 2] == [counting(), counting()]
    perform, hooks = counting.begin()
    assert [3, 3] == [perform(), Counting.instances]
    assert 1 == len(hooks)


def test_no_instance_is_made_where_no_hook_needs_it(queued: Any) -> None:
    """Enqueueing makes nothing that is meant for the worker."""
    Counting.instances = 0
    counting.enqueue()
    counting.dequeue()
    assert 0 == Counting.instances
    assert [] == queued("default")
