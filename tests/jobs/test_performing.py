"""Hooks and function run in Ruby's order; whatever goes wrong is told and raised."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async

from django_resque import Job, Plugin, job
from django_resque.exceptions import ArgumentError, DontPerform, TermException
from django_resque.jobs.performing import perform_job, run_on_failure
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Note(Plugin):
    """Notes the hooks of performing."""

    def __init__(self, events: list[object], name: str = "") -> None:
        """Note to ``events``, under a name."""
        self.events = events
        self.name = name

    def note(self, what: str) -> None:
        """Note."""
        self.events.append(f"{what}{self.name}")

    def before_perform(self, payload: Payload, queue: str) -> None:
        """Note."""
        self.note(f"before_perform {payload.args} {queue} ")

    def around_perform(self, payload: Payload, queue: str) -> Iterator[None]:
        """Note both sides."""
        self.note(f"around> {payload.args} {queue} ")
        yield
        self.note("around< ")

    def after_perform(self, payload: Payload, queue: str) -> None:
        """Note."""
        self.note(f"after_perform {payload.args} {queue} ")

    def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Note."""
        self.note(f"on_failure {exception!r} {payload.args} {queue} ")


class Around(Plugin):
    """Has the generator function that it is given as its around_perform."""

    def __init__(self, around: Callable[[], Any]) -> None:
        """Take it."""
        self.around = around

    def around_perform(self, payload: Payload, queue: str) -> Iterator[None]:
        """Be that function."""
        del payload, queue
        steps: Iterator[None] = self.around()
        return steps


def perform(made: Job[..., Any], *args: Any) -> bool:
    """Perform a job as a worker would."""
    return bool(perform_job(made, Payload(made.name, list(args)), "mail"))


def test_the_function_gets_its_arguments(events: list[object]) -> None:
    """Positional and keyword-only ones."""

    def work(a: int, b: int = 2, *, c: int) -> None:
        events.append((a, b, c))

    assert perform(job(name="X")(work), 1, {"**": {"c": 3}})
    assert [(1, 2, 3)] == events


def test_hooks_run_in_the_order_of_ruby(events: list[object]) -> None:
    """All before_perform, the around_perform nested, the function, all after_perform."""
    made = job(name="X", plugins=[Note(events, "1"), Note(events, "2")])(events.append)
    assert perform(made, 7)
    assert [
        "before_perform [7] mail 1",
        "before_perform [7] mail 2",
        "around> [7] mail 1",
        "around> [7] mail 2",
        7,
        "around< 2",
        "around< 1",
        "after_perform [7] mail 1",
        "after_perform [7] mail 2",
    ] == events


def test_hook_methods_run_in_the_order_of_ruby(events: list[object]) -> None:
    """By name, as measured with Ruby Resque 2.7, after the plugins of the job."""

    class H:
        def before_perform_b(self, *args: Any) -> None:
            events.append(("before_perform_b", args, self.__dict__.copy()))

        def before_perform_a(self, *args: Any) -> None:
            self.state = "shared"
            events.append(("before_perform_a", args))

        def around_perform_2(self, *_: Any) -> Iterator[None]:
            events.append("around_perform_2>")
            yield
            events.append("around_perform_2<")

        def around_perform_1(self, *_: Any) -> Iterator[None]:
            events.append("around_perform_1>")
            yield
            events.append("around_perform_1<")

        def after_perform(self, *args: Any) -> None:
            events.append(("after_perform", args))

        def perform(self, number: int) -> None:
            events.append(("perform", number, self.state))

    made = job(name="H", plugins=[Note(events)])(H)
    assert perform(made, 1)
    assert [
        "before_perform [1] mail ",
        ("before_perform_a", (1,)),
        ("before_perform_b", (1,), {"state": "shared"}),
        "around> [1] mail ",
        "around_perform_1>",
        "around_perform_2>",
        ("perform", 1, "shared"),
        "around_perform_2<",
        "around_perform_1<",
        "around< ",
        "after_perform [1] mail ",
        ("after_perform", (1,)),
    ] == events


def test_each_performance_has_an_instance_of_its_own(events: list[object]) -> None:
    """State does not leak from one payload to the next."""

    class Stateful:
        def perform(self) -> None:
            events.append(dict(self.__dict__))
            self.used = True

    made = job(name="X")(Stateful)
    perform(made)
    perform(made)
    assert [{}, {}] == events


def test_dont_perform_leaves_it_quietly(events: list[object]) -> None:
    """Later hooks and the function do not run, nothing fails, and the caller is told."""

    class Skip(Plugin):
        def before_perform(self, payload: Payload, queue: str) -> None:
            raise DontPerform

    plugins = [Note(events, "1"), Skip(), Note(events, "2")]
    assert perform(job(name="X", plugins=plugins)(events.append), 7) is False
    assert ["before_perform [7] mail 1"] == events


@pytest.mark.parametrize("where", ["function", "after_perform"])
def test_dont_perform_elsewhere_is_a_failure(events: list[object], where: str) -> None:
    """Only before_perform can still leave a job unperformed, as in Ruby."""

    class Late(Note):
        def after_perform(self, payload: Payload, queue: str) -> None:
            if where == "after_perform":
                raise DontPerform(payload, queue)

    def work() -> None:
        if where == "function":
            raise DontPerform

    with pytest.raises(DontPerform):
        perform(job(name="X", plugins=[Late(events)])(work))
    assert "on_failure" in str(events[-1])


def test_a_failing_before_perform_fails_the_job(events: list[object]) -> None:
    """The function does not run; on_failure does."""

    class Broken(Plugin):
        def before_perform(self, payload: Payload, queue: str) -> None:
            raise LookupError(queue)

    with pytest.raises(LookupError):
        perform(job(name="X", plugins=[Broken(), Note(events)])(events.append), 7)
    assert ["on_failure LookupError('mail') [7] mail "] == events


def test_an_around_that_does_not_yield_leaves_it_unperformed(events: list[object]) -> None:
    """It is no failure, outer ones go on, and after_perform runs, as in Ruby."""

    def never() -> Iterator[None]:
        yield from ()

    plugins = [Note(events, "1"), Around(never), Note(events, "2")]
    assert perform(job(name="X", plugins=plugins)(events.append), 7) is False
    assert [
        "before_perform [7] mail 1",
        "before_perform [7] mail 2",
        "around> [7] mail 1",
        "around< 1",
        "after_perform [7] mail 1",
        "after_perform [7] mail 2",
    ] == events


def test_what_the_job_raises_comes_out_of_the_yield(events: list[object]) -> None:
    """From the innermost outwards; it fails the job all the same."""

    def watch() -> Iterator[None]:
        try:
            yield
        except LookupError as error:
            events.append(repr(error))
            raise

    def fail() -> None:
        raise LookupError("boom")

    plugins = [Around(watch), Around(watch)]
    with pytest.raises(LookupError, match="boom"):
        perform(job(name="X", plugins=plugins)(fail))
    assert ["LookupError('boom')", "LookupError('boom')"] == events


def test_an_around_can_catch_what_the_job_raises(events: list[object]) -> None:
    """The job is then a success, and after_perform runs."""

    def catch() -> Iterator[None]:
        with suppress(LookupError):
            yield

    def fail() -> None:
        raise LookupError

    assert perform(job(name="X", plugins=[Around(catch), Note(events)])(fail))
    assert "after_perform [] mail " == events[-1]


def test_an_around_can_raise_something_else(events: list[object]) -> None:
    """That is what the job fails with."""

    def change() -> Iterator[None]:
        try:
            yield
        except LookupError as error:
            raise ValueError("other") from error

    def fail() -> None:
        raise LookupError

    with pytest.raises(ValueError, match="other"):
        perform(job(name="X", plugins=[Around(change), Note(events)])(fail))
    assert "on_failure ValueError('other') [] mail " == events[-1]


@pytest.mark.parametrize("error", [StopIteration(5), GeneratorExit(), TermException()])
def test_an_around_lets_every_exception_through(error: BaseException) -> None:
    """Those with a meaning for generators too."""

    def around() -> Iterator[None]:
        yield

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        perform(job(name="X", plugins=[Around(around)])(fail))
    assert error is raised.value


def test_an_around_that_yields_twice_fails_the_job(events: list[object]) -> None:
    """The job is performed once."""

    def work() -> None:
        events.append("performed")

    def twice() -> Iterator[None]:
        yield
        yield

    with pytest.raises(RuntimeError, match="generator didn't stop"):
        perform(job(name="X", plugins=[Around(twice), Note(events)])(work))
    assert 1 == events.count("performed")


def test_an_around_that_is_no_generator_fails_the_job(events: list[object]) -> None:
    """Forgetting the yield is told, instead of never performing anything."""

    def still() -> None:
        """Forget to yield."""

    with pytest.raises(TypeError, match="around_perform must yield once"):
        perform(job(name="X", plugins=[Around(still)])(events.append), 7)
    assert [] == events


@pytest.mark.parametrize(
    "error", [ValueError("x"), SystemExit(3), KeyboardInterrupt(), TermException("SIGTERM")]
)
def test_every_exception_is_a_failure(error: BaseException, events: list[object]) -> None:
    """on_failure runs once, in each plugin, and it is raised again; after_perform does not run."""

    def fail() -> None:
        raise error

    plugins = [Note(events, "1"), Note(events, "2")]
    with pytest.raises(type(error)) as raised:
        perform(job(name="X", plugins=plugins)(fail))
    assert error is raised.value
    assert [f"on_failure {error!r} [] mail 1", f"on_failure {error!r} [] mail 2"] == events[-2:]
    assert not [each for each in events if "after_perform" in str(each)]


def test_on_failure_shares_the_instance(events: list[object]) -> None:
    """A hook method sees what perform left behind."""

    class Failing:
        def perform(self, number: int) -> None:
            self.number = number
            raise LookupError

        def on_failure_note(self, exception: Exception, number: int) -> None:
            events.append((exception, number, self.number))

    with pytest.raises(LookupError) as raised:
        perform(job(name="X")(Failing), 7)
    assert [(raised.value, 7, 7)] == events


@pytest.mark.parametrize("error", [ValueError("late"), SystemExit(4)])
def test_a_failing_on_failure_hides_nothing(
    error: BaseException, events: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    """The first error is raised, the others are told, and the hook's own is logged with it."""

    class Broken(Plugin):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            raise error

    def fail() -> None:
        raise LookupError("first")

    made = job(name="X", plugins=[Broken(), Note(events)])(fail)
    with caplog.at_level(logging.ERROR), pytest.raises(LookupError, match="first") as raised:
        perform(made)
    assert "on_failure LookupError('first') [] mail " == events[-1]
    assert raised.value is error.__context__
    assert 1 == len(caplog.records)
    assert "on_failure of" in caplog.records[0].getMessage()


def test_arguments_that_do_not_fit_fail_the_job(events: list[object]) -> None:
    """The signature is told; no hook runs for a job that cannot be called, but on_failure."""

    def work(number: int) -> None:
        events.append(number)

    made = job(name="X", plugins=[Note(events)])(work)
    with pytest.raises(ArgumentError, match=r"X\(number: 'int'\): too many positional arguments"):
        perform(made, 1, 2)
    assert 1 == len(events)
    assert str(events[0]).startswith("on_failure ArgumentError(")


def test_an_instance_that_cannot_be_made_fails_the_job(events: list[object]) -> None:
    """The other plugins are told."""

    class Broken:
        def __init__(self) -> None:
            raise LookupError

        def perform(self) -> None:
            """Do nothing."""

    with pytest.raises(LookupError):
        perform(job(name="X", plugins=[Note(events)])(Broken))
    assert ["on_failure LookupError() [] mail "] == events


def test_an_async_function_is_performed(events: list[object]) -> None:
    """To its end, in a loop of its own."""

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        events.append(number)

    assert perform(job(name="X")(work), 7)
    assert [7] == events


def test_an_async_perform_method_is_performed(events: list[object]) -> None:
    """With its hook methods around it."""

    class Async:
        async def perform(self, number: int) -> None:
            await asyncio.sleep(0)
            events.append(number)

        def after_perform(self, number: int) -> None:
            events.append(-number)

    assert perform(job(name="X")(Async), 7)
    assert [7, -7] == events


@pytest.mark.parametrize("error", [LookupError("boom"), SystemExit(3), TermException()])
def test_what_an_async_function_raises_fails_the_job(
    error: BaseException, events: list[object]
) -> None:
    """As with any other."""

    async def fail() -> None:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(type(error)):
        perform(job(name="X", plugins=[Note(events)])(fail))
    assert f"on_failure {error!r} [] mail " == events[-1]


def test_inside_an_event_loop_an_async_function_is_refused(events: list[object]) -> None:
    """It could not be waited for there; who asks for it inline is told what to do instead."""

    @job(name="Work")
    async def work() -> None:
        events.append("performed")

    async def view() -> None:
        perform(work)

    with pytest.raises(RuntimeError, match=r"await its aenqueue\(\) instead"):
        asyncio.run(view())
    assert [] == events


def test_a_signal_interrupts_an_async_function(events: list[object]) -> None:
    """TermException is raised in the thread that waits; the coroutine is cancelled too."""

    def interrupt(*_: object) -> None:
        raise TermException("SIGTERM")

    async def work() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(TermException):
            perform(job(name="X", plugins=[Note(events)])(work))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ["cleaned up", "on_failure TermException('SIGTERM') [] mail "] == events[-2:]


def test_the_orm_of_an_async_function_works_in_this_thread(events: list[object]) -> None:
    """So it uses, and leaves behind, no database connection but this thread's own."""

    async def work() -> None:
        events.append(await sync_to_async(threading.get_ident)())

    perform(job(name="X")(work))
    assert [threading.get_ident()] == events


def test_on_failure_runs_for_a_job_whose_process_died(events: list[object]) -> None:
    """All its hooks, with an instance of their own."""

    class Hooked:
        def perform(self, number: int) -> None:
            events.append(number)

        def on_failure_note(self, exception: Exception, number: int) -> None:
            events.append((repr(exception), number))

    made = job(name="X", plugins=[Note(events)])(Hooked)
    run_on_failure(made, LookupError("gone"), Payload("X", [7]), "mail")
    assert ["on_failure LookupError('gone') [7] mail ", ("LookupError('gone')", 7)] == events


def test_on_failure_for_a_dead_process_never_raises(
    events: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither for a hook that raises nor for an instance that cannot be made."""

    class Broken:
        def __init__(self) -> None:
            raise LookupError

        def perform(self) -> None:
            """Do nothing."""

    class Raises(Plugin):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            raise LookupError

    made = job(name="X", plugins=[Raises(), Note(events)])(Broken)
    with caplog.at_level(logging.ERROR):
        run_on_failure(made, ValueError(), Payload("X", []), "mail")
    assert ["on_failure ValueError() [] mail "] == events
    assert 2 == len(caplog.records)


def test_the_value_comes_back() -> None:
    """What the function returned is known, also of an asynchronous one, and of none."""

    @job(name="plain")
    def plain() -> int:
        return 7

    @job(name="awaited")
    async def awaited() -> int:
        return 8

    assert [7, 8] == [
        perform_job(made, Payload(made.name), "mail").value for made in (plain, awaited)
    ]


def test_a_retry_is_told_as_such(events: list[object]) -> None:
    """If the failure is to be retried, on_retry runs in the place of on_failure."""

    class Retried(Note):
        def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
            self.note(f"on_retry {exception!r} {payload.args} {queue} ")

    @job(name="fail", plugins=[Retried(events)])
    def fail() -> None:
        raise ValueError("boom")

    asked: list[BaseException] = []

    def is_retried(error: BaseException) -> bool:
        asked.append(error)
        return True

    with pytest.raises(ValueError, match="boom"):
        perform_job(fail, Payload("fail"), "mail", is_retried)
    run_on_failure(fail, KeyError(), Payload("fail"), "mail", is_retried=True)

    assert ["ValueError('boom')"] == list(map(repr, asked))
    assert ["on_retry ValueError('boom') [] mail ", "on_retry KeyError() [] mail "] == [
        each for each in events if "on_" in str(each)
    ]


def test_a_broken_on_retry_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What on_retry raises is logged; the failure stays what it was."""

    class Broken(Plugin):
        def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
            raise KeyError("bug")

    @job(name="fail", plugins=[Broken()])
    def fail() -> None:
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        perform_job(fail, Payload("fail"), "mail", lambda _error: True)

    assert "on_retry of" in caplog.text
