"""Performs a job: its hooks and its function, in Ruby's order."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync

from django_resque import wiring
from django_resque.exceptions import DontPerform, cause_of
from django_resque.jobs.current import CurrentJob, become_current

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from django_resque.jobs.definition import Job
    from django_resque.jobs.plugins import Plugin
    from django_resque.wire.payload import Payload

logger = logging.getLogger(__name__)

_END = object()

_CLEANING_UP = 2.0
"""Seconds that an interrupted coroutine has for its ``finally`` blocks."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What a performance without an error came to; false if a hook left the job unperformed."""

    is_performed: bool
    value: Any = None
    """What the function returned."""

    def __bool__(self) -> bool:
        """Tell whether the job was performed."""
        return self.is_performed


def _fails(_error: BaseException) -> bool:
    return False


def perform_job(
    job: Job[..., Any],
    payload: Payload,
    queue: str,
    is_retried: Callable[[BaseException], bool] = _fails,
    become: Callable[[CurrentJob], Callable[[], None]] = become_current,
) -> Performed:
    """Run a job's hooks and function here, as the current job in the way of ``become``.

    Raises whatever the function or a hook raises, after the ``on_failure`` hooks have run, or
    the ``on_retry`` hooks if ``is_retried`` says so of it.
    """
    leave = become(CurrentJob(job, payload, queue))
    try:
        return _perform(job, payload, queue, is_retried)
    finally:
        leave()


def _perform(
    job: Job[..., Any],
    payload: Payload,
    queue: str,
    is_retried: Callable[[BaseException], bool],
) -> Performed:
    plugins: Sequence[Plugin] = (*wiring.plugins(), *job.plugins)
    try:
        func, own = job.begin()
        plugins = (*plugins, *own)
        args, kwargs = job.parameters.unpack(payload.args)
        try:
            for plugin in plugins:
                plugin.before_perform(payload, queue)
        except DontPerform:
            return Performed(is_performed=False)
        if plugins:
            performed = _around(plugins, payload, queue, lambda: _result(func(*args, **kwargs)))
        else:
            performed = Performed(is_performed=True, value=_result(func(*args, **kwargs)))
        for plugin in plugins:
            plugin.after_perform(payload, queue)
    except BaseException as error:
        # SystemExit and TermException end a job as well; all is raised again.
        cause = cause_of(error)
        _tell(plugins, cause, payload, queue, is_retried=is_retried(cause))
        raise
    return performed


def run_on_failure(
    job: Job[..., Any],
    exception: BaseException,
    payload: Payload,
    queue: str,
    *,
    is_retried: bool = False,
) -> None:
    """Run the ``on_failure`` hooks for a job whose process died; what they raise is logged.

    The ``on_retry`` hooks instead if it ``is_retried``.
    """
    plugins: Sequence[Plugin] = (*wiring.plugins(), *job.plugins)
    try:
        plugins = (*plugins, *job.begin()[1])
    except Exception:
        logger.exception("The hook methods of %s could not be made ready", job.name)
    _tell(plugins, exception, payload, queue, is_retried=is_retried)


def _around(
    plugins: Sequence[Plugin], payload: Payload, queue: str, perform: Callable[[], Any]
) -> Performed:
    """Call ``perform`` inside the ``around_perform`` hooks, the first of them outermost."""
    with ExitStack() as stack:
        for plugin in plugins:
            steps = plugin.around_perform(payload, queue)
            if not isinstance(steps, Generator):
                msg = f"{plugin!r}: around_perform must yield once, where the job is performed"
                raise TypeError(msg)
            if next(steps, _END) is _END:
                return Performed(is_performed=False)
            stack.push(_rest_of(steps))
        return Performed(is_performed=True, value=perform())
    return Performed(is_performed=True)  # a hook has caught what the job raised


def _result(returned: Any) -> Any:
    """Return what a job's function came to, which a coroutine has yet to."""
    return _await(returned) if isinstance(returned, CoroutineType) else returned


@contextmanager
def _rest_of(steps: Iterator[None]) -> Iterator[None]:
    """Make the end of a ``with`` body go on with a generator that stands at its yield."""
    return steps


def _await(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end, as Django does: in a thread with an event loop.

    So the ORM's asynchronous methods come back to this thread and its database connections.
    """
    if _is_in_loop():
        coroutine.close()
        msg = "an async job cannot be performed inside an event loop: await its aenqueue() instead"
        raise RuntimeError(msg)
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []
    ended = threading.Event()

    async def watched() -> Any:
        started.append((asyncio.get_running_loop(), asyncio.current_task()))
        try:
            return await coroutine
        finally:
            ended.set()

    try:
        return async_to_sync(watched)()
    except BaseException:
        if started and not ended.is_set():
            # A signal's exception is raised in this thread only; the coroutine ends with it.
            loop, task = started[0]
            if task is not None:
                loop.call_soon_threadsafe(task.cancel)
                ended.wait(_CLEANING_UP)
        raise


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _tell(
    plugins: Sequence[Plugin],
    exception: BaseException,
    payload: Payload,
    queue: str,
    *,
    is_retried: bool,
) -> None:
    for plugin in plugins:
        hook = plugin.on_retry if is_retried else plugin.on_failure
        try:
            hook(exception, payload, queue)
        except BaseException:
            # Nothing may hide why the job failed.
            logger.exception(
                "%s of %r raised while told of a failure of %s",
                "on_retry" if is_retried else "on_failure",
                plugin,
                payload.name,
            )
