"""Pins the types an application author sees; read by mypy, never run.

Each ``type: ignore`` marks a mistake that must be reported: mypy complains if it is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import assert_type

from django_resque import (
    Chain,
    ChainHandle,
    Exponential,
    Group,
    GroupHandle,
    Job,
    JobHandle,
    Plugin,
    Retry,
    chain,
    delayed,
    dequeue,
    dequeue_delayed,
    enqueue,
    enqueue_at,
    enqueue_at_to,
    enqueue_in,
    enqueue_in_to,
    enqueue_to,
    get_current_job,
    group,
    job,
    queues,
    results,
)
from django_resque.jobs.delayed import DelayedJob
from django_resque.jobs.queues import QueuedJob

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from django_resque.wire.payload import Payload


class Lock(Plugin):
    """Overrides hooks with the types a plugin's author would write."""

    def before_enqueue(self, payload: Payload, queue: str) -> bool:
        """Refuse a job without arguments."""
        return bool(payload.args)

    def around_perform(self, payload: Payload, queue: str) -> Generator[None, None, None]:
        """Be a generator, typed as such."""
        yield


class Timer(Plugin):
    """Overrides a hook with the shorter type."""

    def around_perform(self, payload: Payload, queue: str) -> Iterator[None]:
        """Be a generator, typed as an iterator."""
        yield


@job
def plain(number: int, text: str = "") -> bool:
    """Be decorated without options."""
    return bool(number and text)


@job()
def called(number: int) -> int:
    """Be decorated with no options given."""
    return number


@job(
    queue="critical",
    name="Archive",
    timeout=30,
    max_memory="200M",
    ids=True,
    plugins=[Lock(), Timer()],
    jobs_per_fork=10,
    retry=Retry(5, backoff=[1, 2.5], on=(OSError, "requests.Timeout"), record="each"),
    on_worker_loss="requeue",
    max_recoveries=2,
    result_ttl=timedelta(hours=1),
    ttl=3600,
    php_status=False,
)
def archive(repository: int, *, branch: str) -> str:
    """Be decorated with every option."""
    return f"{repository}{branch}"


@job
async def asynchronous(number: int) -> str:
    """Be async."""
    return str(number)


class Thumbnail:
    """Be a class with perform as a method."""

    queue = "images"

    def perform(self, path: str, width: int = 100) -> list[int]:
        """Do the work."""
        return [len(path), width]


class Static:
    """Be a class with perform as a static method."""

    @staticmethod
    def perform(path: str) -> str:
        """Do the work."""
        return path


class OfClass:
    """Be a class with perform as a class method."""

    @classmethod
    def perform(cls, path: str) -> str:
        """Do the work."""
        return path


# mypy does not apply decorators of classes (python/mypy#3135), so those are called here.
thumbnail = job(Thumbnail)
static = job(queue="images")(Static)
of_class = job(OfClass)


def own_backoff(attempt: int, error: BaseException) -> float | None:
    """Be a function of attempt and exception."""
    return attempt if isinstance(error, OSError) else None


@job(retry=3)
def retried() -> None:
    """Be retried by the number of attempts."""


POLICIES = [
    Retry(backoff=own_backoff),
    Retry(backoff=Exponential(1, cap=60), never=KeyError),
    Retry(backoff=30, jitter=0),
    Retry(record="all"),  # type: ignore[arg-type]
]


def results_of(handle: JobHandle) -> None:
    """Ask a handle."""
    assert_type(handle.status, str)
    assert_type(handle.result(), Any)
    assert_type(handle.wait(timeout=1.5), Any)
    assert_type(handle.cancel(), bool)
    assert_type(results.get("f00", queue="q"), JobHandle)
    if (current := get_current_job()) is not None:
        assert_type(current.attempt, int)
        assert_type(current.id, str | None)
        current.progress(1, 2.5, "half")
        current.progress("1")  # type: ignore[arg-type]


def calls() -> None:
    """Call jobs here and now: their own types."""
    assert_type(plain(1, "x"), bool)
    assert_type(called(1), int)
    assert_type(archive(1, branch="main"), str)
    assert_type(thumbnail("a.png", width=3), list[int])
    assert_type(static("a.png"), str)
    assert_type(of_class("a.png"), str)
    plain("1")  # type: ignore[arg-type]
    archive(1)  # type: ignore[call-arg]


async def enqueues() -> None:
    """Enqueue: the arguments are checked, the answer is a handle."""
    assert_type(await asynchronous(1), str)
    assert_type(plain.enqueue(1, text="x"), JobHandle)
    assert_type(plain.delay(1), JobHandle)
    assert_type(await plain.aenqueue(1), JobHandle)
    assert_type(plain.enqueue_many([(1,), (2, "x")]), list[JobHandle])
    assert_type(archive.using(queue="low", at_front=True).enqueue(1, branch="x"), JobHandle)
    assert_type(archive.using(on_commit=False).enqueue(1, branch="x"), JobHandle)
    assert_type(archive.using(on_commit="default").enqueue(1, branch="x"), JobHandle)
    assert_type(archive.using(on_commit=["a", "b"]).enqueue(1, branch="x"), JobHandle)
    assert_type(thumbnail.enqueue("a.png"), JobHandle)
    assert_type(plain.dequeue(1), int)
    plain.enqueue("1")  # type: ignore[arg-type]
    plain.enqueue()  # type: ignore[call-arg]
    plain.delay(1, "x", 3)  # type: ignore[call-arg]
    await plain.aenqueue("1")  # type: ignore[arg-type]
    archive.enqueue(1, "main")  # type: ignore[call-arg]
    archive.using(queue="low").enqueue(1, branch=2)  # type: ignore[arg-type]
    thumbnail.enqueue(5)  # type: ignore[arg-type]
    static.enqueue(5)  # type: ignore[arg-type]
    plain.using(timeout=5)  # type: ignore[call-arg]
    plain.enqueue_many([1, 2])  # type: ignore[list-item]


async def delays(moment: datetime, span: timedelta) -> None:
    """Enqueue for later: when, and then the job's own arguments."""
    assert_type(plain.enqueue_at(moment, 1, text="x"), JobHandle)
    assert_type(plain.enqueue_in(span, 1), JobHandle)
    assert_type(plain.enqueue_in(1.5, 1), JobHandle)
    assert_type(await plain.aenqueue_at(moment, 1), JobHandle)
    assert_type(await plain.aenqueue_in(60, 1), JobHandle)
    assert_type(plain.dequeue_delayed(1), int)
    assert_type(plain.enqueue_in(1, 1).due, datetime | None)
    assert_type(enqueue_at(moment, plain, 1), JobHandle)
    assert_type(enqueue_at(moment, "shop.jobs.fast", 1, anything=2), JobHandle)
    assert_type(enqueue_in(60, plain, 1), JobHandle)
    assert_type(enqueue_in(span, "shop.jobs.fast", 1), JobHandle)
    assert_type(enqueue_at_to("low", moment, "Archive", 44), JobHandle)
    assert_type(enqueue_in_to("low", 60, plain, 44), JobHandle)
    assert_type(dequeue_delayed("Archive", 44), int)
    assert_type(delayed.find("f00"), DelayedJob | None)
    assert_type(delayed.find(plain.enqueue_in(1, 1).id), DelayedJob | None)
    assert_type(queues.find("low", plain.enqueue(1).id), QueuedJob | None)
    assert_type(queues.remove("low", plain.enqueue(1).id), bool)
    assert_type(delayed.move("f00", moment), bool)
    plain.enqueue_at(moment, "1")  # type: ignore[arg-type]
    plain.enqueue_at(60, 1)  # type: ignore[arg-type]
    plain.enqueue_in("60", 1)  # type: ignore[arg-type]
    plain.enqueue_in(60)  # type: ignore[call-arg]
    enqueue_in(60, plain, "1")  # type: ignore[call-overload]


def relations(handle: JobHandle) -> None:
    """Put jobs together, each with its own arguments."""
    assert_type(plain.s(1, text="x").enqueue(), JobHandle)
    assert_type(archive.s(1, branch="x") | plain.s(1), Chain)
    assert_type(plain.s(1) | chain(plain.s(1)) | plain.taking(text="x"), Chain)
    assert_type(chain(plain.s(1), plain.s(2)).enqueue(), ChainHandle)
    together = group(plain.s(1), plain.s(1) | plain.s(2), callback=plain.s(3))
    assert_type(together, Group)
    assert_type(together.enqueue(), GroupHandle)
    assert_type(together.enqueue().callback, JobHandle)
    depending = plain.using(depends_on=[handle, chain(plain.s(1)).enqueue()], on_failure="cancel")
    assert_type(depending.enqueue(1), JobHandle)
    plain.using(depends_on=together.enqueue())
    plain.s("1")  # type: ignore[arg-type]
    plain.s()  # type: ignore[call-arg]
    plain.s(1) | plain  # type: ignore[operator]
    group(plain.s(1))  # type: ignore[call-arg]
    group(plain.s(1), callback=plain.s(1), on_failure="x")  # type: ignore[arg-type]
    plain.using(depends_on="f00")  # type: ignore[arg-type]


def by_name() -> None:
    """Enqueue by name, where nothing is known of the arguments, or by the job itself."""
    assert_type(enqueue("shop.jobs.fast", 1, anything=2), JobHandle)
    assert_type(enqueue(plain, 1, text="x"), JobHandle)
    assert_type(enqueue_to("low", "Archive", 44, "masterbrew"), JobHandle)
    assert_type(enqueue_to("low", plain, 1), JobHandle)
    assert_type(dequeue("Archive", 44, queue="low"), int)
    assert_type(dequeue(plain), int)
    enqueue(plain, "1")  # type: ignore[call-overload]
    enqueue_to("low", plain, "1")  # type: ignore[call-overload]
    enqueue(5)  # type: ignore[call-overload]


def handles(handle: JobHandle) -> None:
    """Read a handle."""
    assert_type(handle.id, str | None)
    assert_type(handle.queue, str)
    assert_type(handle.vetoed, bool)
    assert_type(bool(handle), bool)
    assert_type(handle.duplicate_of, str | None)
    handle.queue = "x"  # type: ignore[misc]


def options() -> None:
    """Give options of the wrong type."""
    job(unique="until_end", unique_for=60, unique_by="n", max_running=3, rate="10/m")
    job(max_running=1, limit_by=lambda n: n % 2)
    job(unique="always")  # type: ignore[call-overload]
    job(rate=10)  # type: ignore[call-overload]
    job(queue=5)  # type: ignore[call-overload]
    job(que="x")  # type: ignore[call-overload]
    job(plugins=[Lock])  # type: ignore[list-item]


def as_values(function: Callable[[int], int]) -> None:
    """Keep jobs in typed places."""
    jobs: list[Job[..., Any]] = [plain, archive, thumbnail]
    assert_type(jobs[0].timeout, float | None)
    assert_type(jobs[0].max_memory, int | None)
    assert_type(job(function), Job[[int], int])
    called_with: Callable[[int], int] = called
    assert_type(called_with(1), int)
