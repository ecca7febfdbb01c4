"""The decorated thing: a job, which is called here and now or enqueued for a worker."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import WRAPPER_ASSIGNMENTS
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from asgiref.sync import sync_to_async

from django_resque.conf import get_settings
from django_resque.exceptions import ArgumentError
from django_resque.jobs.encoding import encode
from django_resque.jobs.enqueueing import (
    dequeue_delayed_payloads,
    dequeue_payloads,
    enqueue_payloads,
)
from django_resque.jobs.moments import due_at, due_in, waiting_since
from django_resque.jobs.plugins import HookMethod
from django_resque.jobs.signatures import Signature
from django_resque.jobs.together import Awaited, awaited
from django_resque.jobs.waiting import check_dependencies, checked_policy
from django_resque.wire.payload import Payload
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

    from django_resque.jobs.arguments import Parameters
    from django_resque.jobs.commit import OnCommit
    from django_resque.jobs.handles import JobHandle
    from django_resque.jobs.limits import Rate
    from django_resque.jobs.plugins import Plugin
    from django_resque.jobs.retry import Retry
    from django_resque.wire.relations import OnFailure

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False, repr=False)
class Job(Generic[P, R]):
    """A function, or a class with a ``perform`` method, that workers can perform.

    Made by :func:`~django_resque.job`. Calling it runs it here and now, like the function it was.
    """

    do_not_call_in_templates = True  # Django's templates call what can be called

    func: Callable[P, R]
    """What a call runs; for a class: ``perform`` of a new instance."""
    name: str
    """The name in payloads: by default the dotted path, for example ``shop.jobs.archive``."""
    parameters: Parameters
    queue: str | None = None
    """The queue to enqueue to; None for ``RESQUE["DEFAULT_QUEUE"]``."""
    timeout: float | None = None
    """Seconds after which a performance is stopped and fails; None for never."""
    max_memory: int | None = None
    """Bytes of memory beyond which a performance is stopped and fails; None for no limit."""
    ids: bool | None = None
    """Whether payloads bear an id and their time; None for ``RESQUE["JOB_IDS"]``."""
    jobs_per_fork: int | None = None
    """How many of these one forked child may perform; None for what the worker was told."""
    plugins: tuple[Plugin, ...] = ()
    """The plugins of this job, in running order."""
    retry: Retry | None = None
    """When it is performed again after a failure; None for never."""
    on_worker_loss: str = "fail"
    """Whether it fails when its worker is lost or told to leave, or is queued again."""
    max_recoveries: int = 3
    """How often it is queued again because workers were lost, before it fails all the same."""
    result_ttl: float | None = None
    """Seconds that what came of it is kept; None for not at all."""
    ttl: float | None = None
    """Seconds after which a payload that still waits is dropped; None for never."""
    php_status: bool = False
    """Whether php-resque's status packets are written for it."""
    unique: str | None = None
    """Until when no second one like it is enqueued: ``until_start`` or ``until_end``."""
    unique_for: float = 3600.0
    """Seconds after which one may be, whatever became of the first."""
    unique_by: tuple[str, ...] | Callable[..., Any] | None = None
    """What makes two calls alike; None for all their arguments."""
    max_running: int | None = None
    """How many are performed at once; None for as many as there are workers."""
    rate: Rate | None = None
    """How many begin in which span; None for any number."""
    limit_by: tuple[str, ...] | Callable[..., Any] | None = None
    """What makes calls share these limits; None if all calls share them."""
    at_front: bool = False
    """Whether it is enqueued before those that wait already."""
    on_commit: OnCommit = True
    """Which transactions enqueueing waits for."""
    depends_on: tuple[JobHandle, ...] = ()
    """The jobs that must have succeeded before it goes to its queue."""
    on_failure: OnFailure = "wait"
    """What becomes of it if one of them does not."""
    job_class: type | None = None
    """The class that was decorated; None for a function."""
    hook_methods: tuple[tuple[str, str], ...] = ()
    """The moment and name of each hook method of the class, in running order."""

    def __post_init__(self) -> None:
        """Look like the function or class that was decorated."""
        decorated = self.job_class or self.func
        for attribute in WRAPPER_ASSIGNMENTS:
            if hasattr(decorated, attribute):
                self.__dict__[attribute] = getattr(decorated, attribute)
        self.__dict__["__wrapped__"] = decorated
        self.__dict__["__signature__"] = self.parameters.signature

    def __repr__(self) -> str:
        """Show the job by its name."""
        return f"<Job {self.name}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the job here and now, without hooks, and return what it returns."""
        return self.func(*args, **kwargs)

    @property
    def path(self) -> str:
        """The dotted path of the code, whatever name the job bears."""
        decorated = self.__dict__["__wrapped__"]
        return f"{decorated.__module__}.{getattr(decorated, '__qualname__', self.name)}"

    @property
    def description(self) -> str:
        """The first line of the docstring; empty without one."""
        text = self.__dict__["__wrapped__"].__doc__ or ""
        return text.strip().partition("\n")[0].strip()

    @property
    def is_limited(self) -> bool:
        """Whether some of its performances may have to wait for others."""
        return self.max_running is not None or self.rate is not None

    def enqueue(self, *args: P.args, **kwargs: P.kwargs) -> JobHandle:
        """Have a worker perform the job with these arguments; return a handle at once.

        Inside transactions it reaches its queue when all of them have committed. Raises
        ArgumentError for arguments that do not fit the job or cannot travel as JSON,
        StoreUnavailable when Redis is away, EnqueueUncertain when it went away just then.
        """
        packed = self.parameters.pack(args, kwargs)
        return enqueue_payloads(self, [self.request(packed, waiting_since())])[0]

    delay = enqueue

    async def aenqueue(self, *args: P.args, **kwargs: P.kwargs) -> JobHandle:
        """Enqueue as :meth:`enqueue` does, from asynchronous code."""
        return await sync_to_async(self.enqueue)(*args, **kwargs)

    def enqueue_at(self, moment: datetime, /, *args: P.args, **kwargs: P.kwargs) -> JobHandle:
        """Let the job reach its queue at a moment, which must be an aware datetime.

        A scheduler moves it there then; one in the past goes there at once. All else is as with
        :meth:`enqueue`.
        """
        return self._enqueue_due(due_at(moment), args, kwargs)

    def enqueue_in(
        self, delay: timedelta | float, /, *args: P.args, **kwargs: P.kwargs
    ) -> JobHandle:
        """Let the job reach its queue after a delay: a timedelta or a number of seconds."""
        return self._enqueue_due(due_in(delay), args, kwargs)

    async def aenqueue_at(
        self, moment: datetime, /, *args: P.args, **kwargs: P.kwargs
    ) -> JobHandle:
        """Enqueue as :meth:`enqueue_at` does, from asynchronous code."""
        return await sync_to_async(self.enqueue_at)(moment, *args, **kwargs)

    async def aenqueue_in(
        self, delay: timedelta | float, /, *args: P.args, **kwargs: P.kwargs
    ) -> JobHandle:
        """Enqueue as :meth:`enqueue_in` does, from asynchronous code."""
        return await sync_to_async(self.enqueue_in)(delay, *args, **kwargs)

    def s(self, *args: P.args, **kwargs: P.kwargs) -> Signature[R]:
        """Return the job with these arguments, for a chain or a group; nothing is enqueued yet.

        Raises ArgumentError as :meth:`enqueue` does. Later changes of the arguments do not count.
        """
        return Signature(self, self._travelled(self.parameters.pack(args, kwargs)))

    def taking(self, *args: Any, **kwargs: Any) -> Signature[R]:
        """Return the job with these arguments behind what the job before it in a chain returns."""
        _first, *packed = self.parameters.pack((None, *args), kwargs)
        return Signature(self, self._travelled(packed), takes_result=True)

    def enqueue_many(self, calls: Iterable[Sequence[Any]]) -> list[JobHandle]:
        """Enqueue many at once, far faster than one by one: ``send.enqueue_many([(1,), (2,)])``.

        Each call is a tuple of positional arguments. If one of them is wrong, none is enqueued.
        """
        payloads = []
        since = waiting_since()
        for call in calls:
            if not isinstance(call, (tuple, list)):
                msg = f"{self.name}: {call!r} is no tuple of arguments; write [(1,), (2,)]"
                raise ArgumentError(msg)
            payloads.append(self.request(self.parameters.pack(tuple(call), {}), since))
        return enqueue_payloads(self, payloads)

    def dequeue(self, *args: Any, **kwargs: Any) -> int:
        """Remove it from its queue where it waits with these arguments; return how many went.

        Without arguments, all that wait are removed, whatever theirs are.
        """
        packed = self.parameters.pack(args, kwargs) if args or kwargs else None
        return dequeue_payloads(self, packed)

    def dequeue_delayed(self, *args: Any, **kwargs: Any) -> int:
        """Remove it where it is delayed with these arguments, for whichever queue; return how many.

        Without arguments, all that are delayed are removed, whatever theirs are.
        """
        packed = self.parameters.pack(args, kwargs) if args or kwargs else None
        return dequeue_delayed_payloads(self, packed)

    def using(
        self,
        *,
        queue: str | None = None,
        at_front: bool | None = None,
        on_commit: OnCommit | None = None,
        depends_on: Awaited | Sequence[Awaited] | None = None,
        on_failure: OnFailure | None = None,
    ) -> Job[P, R]:
        """Return the job set up otherwise: ``send.using(queue="low").enqueue(7)``.

        ``on_commit`` is True to wait for every database that is in a transaction, False to
        go at once, or the alias or aliases of the databases to wait for. ``depends_on`` are the
        handles of jobs that must have succeeded before, ``on_failure`` tells what becomes of this
        one if they do not: ``"wait"``, ``"continue"`` or ``"cancel"``. Raises DependencyError for
        one of whose end nobody would tell.
        """
        if queue is not None:
            check_queue_name(queue)
        given = {"queue": queue, "at_front": at_front, "on_commit": on_commit}
        changes: dict[str, Any] = {key: each for key, each in given.items() if each is not None}
        if depends_on is not None:
            if self.unique:
                raise ArgumentError(f"{self.name}: a unique job cannot wait for others")
            changes["depends_on"] = awaited(depends_on)
            check_dependencies(changes["depends_on"])
        if on_failure is not None:
            changes["on_failure"] = checked_policy(on_failure)
        # Not dataclasses.replace: this is part of many an enqueueing and is to cost nothing.
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__, **changes)
        return copy

    def begin(self) -> tuple[Callable[P, R], Sequence[Plugin]]:
        """Return what performs the job once, and the hook methods that go with that.

        A class is instantiated anew, so that its hook methods and ``perform`` share ``self``.
        """
        if self.job_class is None:
            return self.func, ()
        instance = self.job_class()
        return instance.perform, _bound(instance, self.hook_methods)

    def hooks_at(self, step: str) -> Sequence[Plugin]:
        """Return the hook methods for one ``"enqueue"`` or ``"dequeue"``, of a new instance."""
        if self.job_class is None:
            return ()
        methods = [each for each in self.hook_methods if each[0].endswith(f"_{step}")]
        return _bound(self.job_class(), methods) if methods else ()

    def _enqueue_due(
        self, due: datetime, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> JobHandle:
        if self.at_front:
            raise ArgumentError(f"{self.name}: a delayed job goes to the end of its queue")
        if self.depends_on:
            raise ArgumentError(f"{self.name}: a job is delayed or waits for others, not both")
        packed = self.parameters.pack(args, kwargs)
        # Until it is due it does not wait for a worker.
        return enqueue_payloads(self, [self.request(packed, waiting_since(due))], due)[0]

    def request(self, packed: list[Any], since: float, *, with_id: bool = False) -> Payload:
        """Return a new payload with arguments as they travel, which waits ``since`` then."""
        ids = get_settings().job_ids if self.ids is None else self.ids
        extras: dict[str, Any] = {}
        needs_id = ids or with_id or self.result_ttl or self.ttl
        if needs_id or self.php_status or self.unique or self.depends_on:
            extras = {"id": os.urandom(16).hex(), "queue_time": since}
            if self.php_status:
                # In the order in which php-resque writes them.
                extras = {"id": extras["id"], "prefix": "", "queue_time": since}
        return Payload(self.name, packed, extras)

    def _travelled(self, packed: list[Any]) -> tuple[Any, ...]:
        return tuple(Payload.decode(encode(Payload(self.name, packed), self.parameters.names)).args)


def _bound(instance: Any, methods: Iterable[tuple[str, str]]) -> list[Plugin]:
    return [HookMethod(moment, getattr(instance, name)) for moment, name in methods]
