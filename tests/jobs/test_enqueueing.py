"""Hooks, transactions, bytes and Redis: what happens on the way into a queue and out of it."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import FrozenInstanceError
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from django.db import transaction

from django_resque import JobHandle, Plugin, enqueue_to, job, signals, wiring
from django_resque.exceptions import (
    ArgumentError,
    EnqueueUncertain,
    StoreUnavailable,
    UnknownJob,
)
from django_resque.wire import delayed as delayed_item
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis

    from django_resque.embedded import EmbeddedServer
    from django_resque.store import Store
    from tests.conftest import Configure


def work(*args: Any) -> None:
    """Do nothing."""


class Note(Plugin):
    """Notes what happens to a job; refuses those whose first argument is "no"."""

    def __init__(self, events: list[object], name: str = "") -> None:
        """Note to ``events``, under a name."""
        self.events = events
        self.name = name

    def before_enqueue(self, payload: Payload, queue: str) -> bool | None:
        """Note, and refuse."""
        self.events.append((f"before_enqueue{self.name}", payload.args, queue))
        return False if payload.args[:1] == ["no"] else None

    def after_enqueue(self, payload: Payload, queue: str) -> None:
        """Note."""
        self.events.append((f"after_enqueue{self.name}", payload.args, queue))

    def before_dequeue(self, payload: Payload, queue: str) -> bool | None:
        """Note, and refuse."""
        self.events.append((f"before_dequeue{self.name}", payload.args, queue))
        return False if payload.args[:1] == ["keep"] else None

    def after_dequeue(self, payload: Payload, queue: str) -> None:
        """Note."""
        self.events.append((f"after_dequeue{self.name}", payload.args, queue))


class SettingsNote(Note):
    """Is named in the settings, and notes into a list that a test can find."""

    noted: list[object]

    def __init__(self) -> None:
        """Note under the name of the settings."""
        super().__init__(self.noted, "_settings")


@pytest.fixture
def queued(resque_settings: Configure, redis_client: redis.Redis) -> Callable[[str], list[bytes]]:
    """Look at the bytes in a queue."""
    del resque_settings

    def look(queue: str) -> list[Any]:
        return redis_client.lrange(f"resque:queue:{queue}", 0, -1)

    return look


@pytest.fixture
def received() -> Iterator[list[object]]:
    """What the signal job_enqueued was sent with."""
    sent: list[object] = []

    def receive(queue: str, payloads: list[Payload], **_: object) -> None:
        sent.append((queue, [payload.args for payload in payloads]))

    signals.job_enqueued.connect(receive)
    yield sent
    signals.job_enqueued.disconnect(receive)


def test_a_handle_is_true_unless_vetoed() -> None:
    """So that ``if not send.enqueue(...)`` reads as it should."""
    payload = Payload("X", [], {"id": "f00"})
    assert JobHandle("mail", payload)
    assert not JobHandle("mail", payload, vetoed=True)
    assert "f00" == JobHandle("mail", payload).id


def test_a_handle_does_not_change() -> None:
    """It tells what was, to whoever it is passed on to."""
    handle = JobHandle("mail", Payload("X"))
    with pytest.raises(FrozenInstanceError):
        handle.vetoed = True  # type: ignore[misc]


def test_hooks_run_around_the_push(
    queued: Callable[[str], list[bytes]], events: list[object]
) -> None:
    """The plugins in their order, before_enqueue all before the push, after_enqueue after it."""

    class Look(Plugin):
        def before_enqueue(self, payload: Payload, queue: str) -> None:
            del payload
            events.append(("size before", len(queued(queue))))

        def after_enqueue(self, payload: Payload, queue: str) -> None:
            del payload
            events.append(("size after", len(queued(queue))))

    made = job(name="X", plugins=[Note(events, "_a"), Note(events, "_b"), Look()])(work)
    assert made.enqueue(1)
    assert [
        ("before_enqueue_a", [1], "default"),
        ("before_enqueue_b", [1], "default"),
        ("size before", 0),
        ("after_enqueue_a", [1], "default"),
        ("after_enqueue_b", [1], "default"),
        ("size after", 1),
    ] == events


def test_a_veto_keeps_the_job_out(
    queued: Callable[[str], list[bytes]], events: list[object], received: list[object]
) -> None:
    """All before_enqueue hooks have run all the same, no after_enqueue has, no signal is sent."""
    made = job(name="X", plugins=[Note(events, "_a"), Note(events, "_b")])(work)
    handle = made.enqueue("no")
    assert (True, False, ["no"]) == (handle.vetoed, bool(handle), handle.payload.args)
    assert ["before_enqueue_a", "before_enqueue_b"] == [each[0] for each in events]  # type: ignore[index]
    assert [] == queued("default")
    assert [] == received


def test_a_veto_in_a_bulk_keeps_that_one_out(
    queued: Callable[[str], list[bytes]], events: list[object], received: list[object]
) -> None:
    """The others go; the handles tell which is which."""
    made = job(name="X", ids=False, plugins=[Note(events)])(work)
    handles = made.enqueue_many([(1,), ("no",), (2,)])
    assert [True, False, True] == [bool(handle) for handle in handles]
    assert [b'{"class":"X","args":[1]}', b'{"class":"X","args":[2]}'] == queued("default")
    assert ["before_enqueue"] * 3 + ["after_enqueue"] * 2 == [each[0] for each in events]  # type: ignore[index]
    assert [("default", [[1], [2]])] == received


def test_plugins_of_the_settings_run_first(
    resque_settings: Configure, events: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the job's own, then the hook methods of its class."""
    monkeypatch.setattr(SettingsNote, "noted", events, raising=False)
    resque_settings(PLUGINS=[f"{__name__}.SettingsNote"])

    class Hooked:
        def perform(self, number: int) -> None:
            del number

        def before_enqueue_x(self, number: int) -> None:
            self.number = number
            events.append(("before_enqueue_x", number))

        def after_enqueue_x(self, number: int) -> None:
            events.append(("after_enqueue_x", number, self.number))

    job(name="X", plugins=[Note(events, "_job")])(Hooked).enqueue(7)
    assert [
        ("before_enqueue_settings", [7], "default"),
        ("before_enqueue_job", [7], "default"),
        ("before_enqueue_x", 7),
        ("after_enqueue_settings", [7], "default"),
        ("after_enqueue_job", [7], "default"),
        ("after_enqueue_x", 7, 7),
    ] == events


def test_plugins_of_the_settings_see_jobs_of_other_programs(
    resque_settings: Configure, events: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are for all that is enqueued here."""
    monkeypatch.setattr(SettingsNote, "noted", events, raising=False)
    resque_settings(PLUGINS=[f"{__name__}.SettingsNote"])
    assert enqueue_to("low", "Archive", "no").vetoed
    assert [("before_enqueue_settings", ["no"], "low")] == events


def test_a_hook_may_add_to_the_extras(queued: Callable[[str], list[bytes]]) -> None:
    """What it adds travels behind the arguments."""

    class Trace(Plugin):
        def before_enqueue(self, payload: Payload, queue: str) -> None:
            payload.extras["trace"] = queue

    job(name="X", ids=False, plugins=[Trace()])(work).enqueue(1)
    assert [b'{"class":"X","args":[1],"trace":"default"}'] == queued("default")


def test_wrong_arguments_are_refused_before_any_hook(
    resque_settings: Configure, events: list[object]
) -> None:
    """A plugin that takes a lock never takes it for nothing."""
    del resque_settings
    with pytest.raises(ArgumentError):
        job(name="X", plugins=[Note(events)])(work).enqueue({1})
    assert [] == events


def test_an_error_in_a_hook_keeps_the_job_out(queued: Callable[[str], list[bytes]]) -> None:
    """It is the caller's to see."""

    class Broken(Plugin):
        def before_enqueue(self, payload: Payload, queue: str) -> None:
            raise LookupError(payload, queue)

    with pytest.raises(LookupError):
        job(name="X", plugins=[Broken()])(work).enqueue(1)
    assert [] == queued("default")


def test_watchers_hear_of_jobs_that_reached_redis(
    resque_settings: Configure, received: list[object]
) -> None:
    """Once a call, be it for one job or many."""
    del resque_settings
    made = job(name="X")(work)
    made.enqueue(1)
    made.using(queue="low").enqueue_many([(2,), (3,)])
    assert [("default", [[1]]), ("low", [[2], [3]])] == received


def test_a_broken_watcher_harms_nobody(
    queued: Callable[[str], list[bytes]], caplog: pytest.LogCaptureFixture
) -> None:
    """Its error is logged: the job is enqueued, and the caller told so."""

    def break_down(**_: object) -> None:
        raise LookupError

    signals.job_enqueued.connect(break_down)
    try:
        with caplog.at_level(logging.ERROR, "django.dispatch"):
            assert job(name="X")(work).enqueue(1)
    finally:
        signals.job_enqueued.disconnect(break_down)
    assert 1 == len(queued("default"))
    assert 1 == len(caplog.records)


@pytest.mark.django_db(transaction=True)
def test_a_job_waits_for_the_commit(
    queued: Callable[[str], list[bytes]], events: list[object], received: list[object]
) -> None:
    """Checks and before_enqueue come at once, push and after_enqueue with the commit."""
    made = job(name="X", ids=False, plugins=[Note(events)])(work)
    with transaction.atomic():
        handle = made.enqueue(1)
        assert handle
        assert [("before_enqueue", [1], "default")] == events
        assert [] == queued("default")
        with pytest.raises(ArgumentError):
            made.enqueue({1})
    assert [b'{"class":"X","args":[1]}'] == queued("default")
    assert ("after_enqueue", [1], "default") == events[-1]
    assert [("default", [[1]])] == received


@pytest.mark.django_db(transaction=True)
def test_arguments_are_those_of_the_call(queued: Callable[[str], list[bytes]]) -> None:
    """What is done to a list until the commit does not reach the job."""
    argument = [1]
    with transaction.atomic():
        job(name="X", ids=False)(work).enqueue(argument)
        argument.append(2)
    assert [b'{"class":"X","args":[[1]]}'] == queued("default")


@pytest.mark.django_db(transaction=True)
def test_arguments_of_a_delayed_job_are_those_of_the_call(laid: Callable[[], list[bytes]]) -> None:
    """Nor of one that is laid by when the transaction has committed."""
    argument: list[object] = [1]
    with transaction.atomic():
        handle = job(name="X", queue="q", ids=False)(work).enqueue_at(LATER, argument)
        argument.append(object())
    assert [b'{"class":"X","args":[[1]],"queue":"q"}'] == laid()
    assert "queued" == handle.status
    assert handle.cancel()


def test_a_handle_finds_its_job_whatever_becomes_of_the_arguments(
    queued: Callable[[str], list[bytes]],
) -> None:
    """The handle remembers the arguments of the call."""
    argument = {"a": 1}
    handle = job(name="X", ids=False)(work).enqueue(argument)
    argument["a"] = 2

    assert [{"a": 1}] == handle.payload.args
    assert "queued" == handle.status
    assert handle.cancel()
    assert [] == queued("default")


@pytest.mark.django_db(transaction=True)
def test_a_rollback_drops_the_job(
    queued: Callable[[str], list[bytes]], events: list[object], received: list[object]
) -> None:
    """No push, no after_enqueue, no signal."""
    made = job(name="X", plugins=[Note(events)])(work)
    with transaction.atomic():
        made.enqueue(1)
        made.using(on_commit=False).enqueue(2)
        transaction.set_rollback(True)
    assert 1 == len(queued("default"))
    assert [("default", [[2]])] == received
    assert ("after_enqueue", [1], "default") not in events


@pytest.mark.django_db(transaction=True)
def test_redis_failing_at_the_commit_is_told(
    resque_settings: Configure, redis_server: EmbeddedServer
) -> None:
    """The handle was given, so the error must come where the commit was asked for."""
    del resque_settings
    made = job(name="X")(work)

    def commit() -> None:
        with transaction.atomic():
            made.enqueue(1)
            redis_server.kill()

    with pytest.raises(StoreUnavailable):
        commit()


def test_a_break_while_pushing_leaves_it_uncertain(
    resque_settings: Configure, monkeypatch: pytest.MonkeyPatch, received: list[object]
) -> None:
    """The caller learns that the job may be queued, and nobody hears that it is."""
    del resque_settings

    def break_off(*_: object) -> None:
        raise StoreUnavailable("gone", uncertain=True)

    monkeypatch.setattr(wiring.store().commander, "exchange", break_off)
    with pytest.raises(EnqueueUncertain, match="may or may not be queued"):
        job(name="X")(work).enqueue(1)
    assert [] == received


@pytest.mark.django_db
def test_in_a_test_case_captured_callbacks_enqueue(
    queued: Callable[[str], list[bytes]], django_capture_on_commit_callbacks: Any
) -> None:
    """Django's own way to test what happens on commit covers jobs too."""
    made = job(name="X", ids=False)(work)
    with django_capture_on_commit_callbacks(execute=True):
        made.enqueue(1)
        assert [] == queued("default")
    assert [b'{"class":"X","args":[1]}'] == queued("default")


@pytest.fixture
def _inline(settings: Any) -> None:
    """Inline mode, with settings that lead to no server at all."""
    settings.RESQUE = {"URL": "unix:///nonexistent/redis.sock", "INLINE": True}


@pytest.mark.usefixtures("_inline")
def test_inline_the_hooks_run_in_the_order_of_ruby(events: list[object]) -> None:
    """As measured with Ruby Resque 2.7; all see the arguments as they come out of JSON."""

    class J:
        def before_enqueue_a(self, *args: Any) -> None:
            events.append(("before_enqueue_a", args))

        def before_enqueue_b(self, *args: Any) -> None:
            events.append(("before_enqueue_b", args))

        def after_enqueue_x(self, *args: Any) -> None:
            events.append(("after_enqueue_x", args))

        def before_perform(self, *args: Any) -> None:
            events.append(("before_perform", args))

        def before_perform_log(self, *args: Any) -> None:
            events.append(("before_perform_log", args))

        def around_perform(self, *_: Any) -> Iterator[None]:
            events.append("around_in")
            yield
            events.append("around_out")

        def after_perform_x(self, *args: Any) -> None:
            events.append(("after_perform_x", args))

        def perform(self, *args: Any) -> None:
            events.append(("perform", args))

    assert job(name="J")(J).enqueue({"a": (1, 2)}, "x")
    args = ({"a": [1, 2]}, "x")
    assert [
        ("before_enqueue_a", args),
        ("before_enqueue_b", args),
        ("before_perform", args),
        ("before_perform_log", args),
        "around_in",
        ("perform", args),
        "around_out",
        ("after_perform_x", args),
        ("after_enqueue_x", args),
    ] == events


@pytest.mark.usefixtures("_inline")
def test_inline_errors_come_to_the_caller(events: list[object], received: list[object]) -> None:
    """After on_failure has run; after_enqueue does not run then, as in Ruby."""

    class Tell(Note):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            events.append(("on_failure", repr(exception), payload.args, queue))

    def fail(text: str) -> None:
        raise LookupError(text)

    with pytest.raises(LookupError, match="boom"):
        job(name="X", plugins=[Tell(events)])(fail).enqueue("boom")
    assert [
        ("before_enqueue", ["boom"], "default"),
        ("on_failure", "LookupError('boom')", ["boom"], "default"),
    ] == events
    assert [] == received


@pytest.mark.django_db
@pytest.mark.usefixtures("_inline")
def test_inline_no_transaction_is_waited_for(events: list[object]) -> None:
    """Inline jobs run at once, as in Ruby."""
    with transaction.atomic():
        job(name="X")(events.append).enqueue(1)
        assert [1] == events


@pytest.mark.usefixtures("_inline")
def test_inline_a_veto_holds(events: list[object]) -> None:
    """The job is not performed."""
    made = job(name="X", plugins=[Note(events)])(events.append)
    assert not made.enqueue("no")
    assert [("before_enqueue", ["no"], "default")] == events


@pytest.mark.usefixtures("_inline")
def test_inline_many_are_performed_in_order(events: list[object]) -> None:
    """All of them."""
    job(name="X")(events.append).enqueue_many([(1,), (2,), (3,)])
    assert [1, 2, 3] == events


@pytest.mark.usefixtures("_inline")
def test_inline_the_id_is_that_of_the_handle(events: list[object]) -> None:
    """Hooks of enqueueing and performing see one and the same job."""

    class See(Plugin):
        def before_perform(self, payload: Payload, queue: str) -> None:
            events.append((payload.id, queue))

    handle = job(name="X", queue="mail", plugins=[See()])(work).enqueue(1)
    assert [(handle.id, "mail")] == events


@pytest.mark.usefixtures("_inline")
def test_inline_only_registered_jobs_run() -> None:
    """A job of another program cannot be performed here."""
    with pytest.raises(UnknownJob, match="'Archive' is not a registered job"):
        enqueue_to("file_serve", "Archive", 44)


@pytest.mark.usefixtures("_inline")
def test_inline_nothing_waits_that_could_be_dequeued(events: list[object]) -> None:
    """The hooks run, Redis is not asked."""
    assert 0 == job(name="X", plugins=[Note(events)])(work).dequeue(1)
    assert ["before_dequeue", "after_dequeue"] == [each[0] for each in events]  # type: ignore[index]


FOREIGN = [
    b'{"class": "X", "args": [1, {"b": 2.0, "a": "\\u00e9"}], "enqueue_timestamp": 1.5}',
    b'{"args":[1,{"a":"\xc3\xa9","b":2.0}],"class":"X","id":"f00","prefix":""}',
    '{"class":"X","args":[1,{"b":2e0,"a":"é"}],"queue":"default"}'.encode(),
]
OTHERS = [
    b'{"class":"X","args":[1,{"a":"\xc3\xa9","b":2}]}',
    b'{"class":"X","args":[true,{"a":"\xc3\xa9","b":2.0}]}',
    b'{"class":"X","args":[1,{"a":"\xc3\xa9","b":2.0},null]}',
    b'{"class":"Y","args":[1,{"a":"\xc3\xa9","b":2.0}]}',
    b'{"class":"X","args":["\\ud800"]}',
    b'{"class":"X"}',
    b'{"args":[]}',
    b"{oops",
    b"null",
]


def test_dequeue_compares_meaning_not_bytes(
    queued: Callable[[str], list[bytes]], redis_client: redis.Redis
) -> None:
    """Spacing, key order, escapes and further keys of other clients do not matter; types do."""
    redis_client.rpush("resque:queue:default", *OTHERS[:4], *FOREIGN, *OTHERS[4:], FOREIGN[0])
    assert 4 == job(name="X")(work).dequeue(1, {"a": "é", "b": 2.0})
    assert OTHERS == queued("default")


def test_dequeue_without_arguments_goes_by_the_name(
    queued: Callable[[str], list[bytes]], redis_client: redis.Redis
) -> None:
    """What cannot be read, or names another job, stays."""
    redis_client.rpush("resque:queue:default", *FOREIGN, *OTHERS)
    assert 8 == job(name="X")(work).dequeue()
    assert [OTHERS[3], *OTHERS[6:]] == queued("default")


def test_dequeue_with_tuples_finds_lists(queued: Callable[[str], list[bytes]]) -> None:
    """The arguments are compared as they travel."""
    made = job(name="X")(work)
    made.enqueue((1, 2))
    assert 1 == made.dequeue((1, 2))
    assert [] == queued("default")


def test_dequeue_refuses_what_could_never_be_enqueued(resque_settings: Configure) -> None:
    """With the same message."""
    del resque_settings
    with pytest.raises(ArgumentError, match="argument 1 is a set"):
        job(name="X")(work).dequeue({1})


def test_dequeue_finds_what_a_worker_moves_under_its_eyes(
    queued: Callable[[str], list[bytes]],
    redis_client: redis.Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Payloads that slip to the front while the list is read are found by reading again."""
    made = job(name="X")(work)
    made.enqueue_many([(each,) for each in range(2500)])
    queues = wiring.store().queues
    peek = type(queues).peek

    def pop_and_peek(self: Any, queue: str, start: int = 0, count: int = 1) -> list[bytes]:
        found = peek(self, queue, start, count)
        if start == 0:
            redis_client.lpop("resque:queue:default", 10)
        return found

    monkeypatch.setattr(type(queues), "peek", pop_and_peek)
    made.dequeue()
    assert [] == queued("default")


def test_dequeue_hooks_run_and_may_veto(
    queued: Callable[[str], list[bytes]], events: list[object]
) -> None:
    """A veto keeps the job, and after_dequeue from running."""
    made = job(name="X", plugins=[Note(events, "_a"), Note(events, "_b")])(work)
    made.enqueue_many([("keep",), (1,)])
    del events[:]
    assert [0, 1] == [made.dequeue("keep"), made.dequeue(1)]
    assert [
        ("before_dequeue_a", ["keep"], "default"),
        ("before_dequeue_b", ["keep"], "default"),
        ("before_dequeue_a", [1], "default"),
        ("before_dequeue_b", [1], "default"),
        ("after_dequeue_a", [1], "default"),
        ("after_dequeue_b", [1], "default"),
    ] == events
    assert 1 == len(queued("default"))


def test_dequeue_runs_hook_methods(resque_settings: Configure, events: list[object]) -> None:
    """Those of dequeueing only, on one instance."""
    del resque_settings

    class Hooked:
        def perform(self, number: int) -> None:
            del number

        def before_enqueue(self, number: int) -> None:
            events.append(("before_enqueue", number))

        def before_dequeue(self, number: int) -> None:
            self.number = number

        def after_dequeue(self, number: int) -> None:
            events.append(("after_dequeue", number, self.number))

    job(name="X")(Hooked).dequeue(5)
    assert [("after_dequeue", 5, 5)] == events


LATER = datetime(2033, 5, 18, 3, 33, 19, 500000, tzinfo=timezone.utc)


@pytest.fixture
def laid(resque_settings: Configure, redis_client: redis.Redis) -> Callable[[], list[bytes]]:
    """Look at the bytes under the whole second after ``LATER``."""
    del resque_settings

    def look() -> list[Any]:
        return redis_client.lrange("resque:delayed:2000000000", 0, -1)

    return look


def test_a_delayed_job_lies_under_its_second(
    laid: Callable[[], list[bytes]], received: list[object]
) -> None:
    """It is not due a moment early; its handle tells when, and its time is that moment's."""
    handle = job(name="Archive", queue="file")(work).enqueue_at(LATER, 44)

    assert handle
    assert LATER == handle.due
    assert {"id": handle.id, "queue_time": 1999999999.5} == handle.payload.extras
    assert [delayed_item.encode(handle.payload, "file")] == laid()
    assert [("file", [[44]])] == received


def test_a_delayed_job_without_ids_is_rubys(laid: Callable[[], list[bytes]]) -> None:
    """So that Ruby's own remove_delayed finds it by its bytes."""
    job(name="Archive", queue="file", ids=False)(work).enqueue_at(LATER, 44)

    assert [b'{"class":"Archive","args":[44],"queue":"file"}'] == laid()


def test_hooks_run_when_a_job_is_delayed(
    laid: Callable[[], list[bytes]], events: list[object]
) -> None:
    """They may refuse it, or add to what it bears, as for any other."""
    archive = job(name="Archive", queue="file", plugins=[Note(events)])(work)

    assert not archive.enqueue_at(LATER, "no")
    assert [] == laid()
    assert archive.enqueue_at(LATER, "yes")
    assert [("before_enqueue", ["yes"], "file"), ("after_enqueue", ["yes"], "file")] == events[1:]


@pytest.mark.django_db(transaction=True)
def test_a_delayed_job_waits_for_the_commit(laid: Callable[[], list[bytes]]) -> None:
    """It is laid by when the transaction has committed, and dropped when that is rolled back."""
    archive = job(name="Archive", queue="file")(work)
    with transaction.atomic():
        archive.enqueue_at(LATER, 1)
        assert [] == laid()
    assert 1 == len(laid())

    with transaction.atomic():
        archive.enqueue_at(LATER, 2)
        transaction.set_rollback(True)
    assert 1 == len(laid())


def test_the_past_is_at_once(
    queued: Callable[[str], list[bytes]], laid: Callable[[], list[bytes]]
) -> None:
    """What is due already needs no scheduler."""
    before = time.time()
    handle = job(name="Archive", queue="file")(work).enqueue_at(
        datetime(2001, 1, 1, tzinfo=timezone.utc), 44
    )
    job(name="Other", queue="file")(work).enqueue_in(-5)

    assert [handle.payload.encode()] == queued("file")[:1]
    assert 2 == len(queued("file"))
    assert before <= handle.payload.extras["queue_time"]


def test_inline_jobs_are_not_delayed(resque_settings: Configure, events: list[object]) -> None:
    """Inline there is no later: it is performed at once."""
    resque_settings(INLINE=True)
    job(name="Archive")(events.append).enqueue_in(3600, 44)

    assert [44] == events


def test_the_front_is_not_for_delayed_jobs(resque_settings: Configure) -> None:
    """A scheduler appends: the wish is refused rather than forgotten."""
    with pytest.raises(ArgumentError, match="to the end of its queue"):
        job(name="Archive")(work).using(at_front=True).enqueue_in(60)


def test_dequeue_delayed(
    laid: Callable[[], list[bytes]], redis_client: redis.Redis, events: list[object]
) -> None:
    """Whoever laid it there, for whichever queue and time, it is found by its arguments."""
    archive = job(name="Archive", queue="file", plugins=[Note(events)])(work)
    archive.enqueue_at(LATER, 44, {"a": 1, "b": 2})
    archive.using(queue="other").enqueue_in(9999, 44, {"b": 2, "a": 1})
    archive.enqueue_at(LATER, 45)
    node = b'{"class": "Archive", "queue": "q", "args": [44, {"a": 1, "b": 2}]}'
    for each in (node, b"{oops", b'{"class":"Other","args":[44],"queue":"file"}'):
        redis_client.rpush("resque:delayed:5", each)
    redis_client.zadd("resque:delayed_queue_schedule", {"5": 5})
    del events[:]

    assert 3 == archive.dequeue_delayed(44, {"b": 2, "a": 1})
    assert ["before_dequeue", "after_dequeue"] == [event[0] for event in events]  # type: ignore[index]
    assert 1 == len(laid())
    assert 2 == redis_client.llen("resque:delayed:5")
    assert 1 == archive.dequeue_delayed()
    assert [] == laid()
    assert 0 == archive.dequeue_delayed("keep")
    assert b"5" == redis_client.zrange("resque:delayed_queue_schedule", 0, -1)[-1]


def test_php_status(resque_store: Store, redis_client: redis.Redis) -> None:
    """A job that PHP programs follow is tracked before it can be taken, in php-resque's words."""

    @job(name="My_Job", queue="php", php_status=True)
    def my_job(_number: int) -> None: ...

    seen: list[bool] = []
    real = resque_store.queues.push_many

    def push_many(queue: str, payloads: Any, **ways: Any) -> None:
        seen.append(bool(redis_client.keys("resque:job:*")))
        real(queue, payloads, **ways)

    with mock.patch.object(resque_store.queues, "push_many", push_many):
        handles = my_job.enqueue_many([(1,), (2,)])

    assert [True] == seen
    for handle in handles:
        assert ["id", "prefix", "queue_time"] == list(handle.payload.extras)
        packet = json.loads(resque_store.commander.call("GET", f"resque:job:{handle.id}:status"))
        assert ["status", "updated", "started", "result"] == list(packet)
        assert (1, None) == (packet["status"], packet["result"])
        assert packet["updated"] == packet["started"]


@pytest.mark.parametrize("options", [{"result_ttl": 60}, {"ttl": 60}, {"php_status": True}])
def test_ids_where_they_are_needed(resque_settings: Configure, options: Any) -> None:
    """What goes by the id of a job has one, whatever the settings say."""
    resque_settings(JOB_IDS=False)

    @job(name="send", queue="q", **options)
    def send() -> None: ...

    @job(name="plain", queue="q")
    def plain() -> None: ...

    assert (True, False) == (bool(send.enqueue().id), bool(plain.enqueue().id))
