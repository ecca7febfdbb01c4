"""The ``@job`` decorator: makes a job out of a function or a class and registers it."""

from __future__ import annotations

import inspect
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from django_resque.exceptions import ConfigurationError
from django_resque.jobs.arguments import Parameters
from django_resque.jobs.definition import Job, P, R
from django_resque.jobs.grouping import check_names
from django_resque.jobs.options import checked
from django_resque.jobs.plugins import hook_methods
from django_resque.jobs.registry import registry

if sys.version_info >= (3, 14):
    import annotationlib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from django_resque.jobs.grouping import By
    from django_resque.jobs.plugins import Plugin
    from django_resque.jobs.retry import Retry

if sys.version_info >= (3, 14):
    # Annotations are evaluated late there, and may name what is imported for type checkers only.
    _inspect_signature = partial(
        inspect.signature, annotation_format=annotationlib.Format.FORWARDREF
    )
else:
    _inspect_signature = inspect.signature

R_co = TypeVar("R_co", covariant=True)


class HasPerform(Protocol[P, R_co]):
    """An instance of a job class, as Ruby and PHP write jobs."""

    def perform(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Do the work."""


class JobDecorator(Protocol):
    """What ``job(queue=...)`` returns."""

    @overload
    def __call__(self, target: type[HasPerform[P, R]], /) -> Job[P, R]: ...
    @overload
    def __call__(self, target: Callable[P, R], /) -> Job[P, R]: ...


@overload
def job(target: type[HasPerform[P, R]], /) -> Job[P, R]: ...
@overload
def job(target: Callable[P, R], /) -> Job[P, R]: ...
@overload
def job(
    *,
    queue: str | None = None,
    name: str | None = None,
    timeout: float | None = None,
    max_memory: str | int | None = None,
    ids: bool | None = None,
    plugins: Iterable[Plugin] | None = None,
    jobs_per_fork: int | None = None,
    retry: Retry | int | None = None,
    on_worker_loss: Literal["fail", "requeue"] | None = None,
    max_recoveries: int | None = None,
    result_ttl: float | timedelta | None = None,
    ttl: float | timedelta | None = None,
    php_status: bool | None = None,
    unique: Literal["until_start", "until_end"] | None = None,
    unique_for: float | timedelta | None = None,
    unique_by: By | None = None,
    max_running: int | None = None,
    rate: str | None = None,
    limit_by: By | None = None,
) -> JobDecorator: ...
def job(target: Any = None, /, **options: Any) -> Any:
    """Make a job of a function, or of a class with a ``perform`` method.

    Used as ``@job`` or with options, as in ``@job(queue="critical", timeout=30)``:
    ``name`` meets the class name of another language, ``timeout`` is in seconds, ``max_memory``
    is a size such as ``"200M"``, ``ids=False`` writes payloads exactly as Ruby does, ``retry``
    is a :class:`Retry`, ``result_ttl`` keeps for so long what came of the job. ``unique`` lets
    no second job of equal arguments be enqueued ``"until_start"`` or ``"until_end"`` of the
    first. ``max_running`` limits how many are performed at once, and ``rate`` how many begin in
    a while, such as ``"10/m"``.
    """
    options = checked(options)
    if target is not None:
        return _define(target, options)
    return lambda target: _define(target, options)


def _define(target: Any, options: dict[str, Any]) -> Job[..., Any]:
    if not callable(target) or isinstance(target, Job):
        queue = f" A queue is named by @job(queue={target!r})." if isinstance(target, str) else ""
        raise ConfigurationError(f"@job is for functions and classes, not for {target!r}.{queue}")
    name = options.get("name") or _default_name(target)
    if isinstance(target, type):
        defined = _from_class(target, name, options)
    else:
        defined = _from_function(target, name, options)
    for option in ("unique_by", "limit_by"):
        check_names(option, options.get(option), defined.parameters)
    registry.add(defined)
    return defined


def _default_name(target: Any) -> str:
    name = f"{target.__module__}.{getattr(target, '__qualname__', '<unnamed>')}"
    if "<" in name or target.__module__ == "__main__":
        msg = (
            f"{name} cannot be found again by this name in a worker: define it at the top of "
            f'a module such as jobs.py, or name it with @job(name="...").'
        )
        raise ConfigurationError(msg)
    return name


def _from_function(func: Callable[..., Any], name: str, options: dict[str, Any]) -> Job[..., Any]:
    signature = _signature(func)
    if next(iter(signature.parameters), None) in ("self", "cls"):
        msg = f"{name} looks like a method: decorate a function, or a class with perform()."
        raise ConfigurationError(msg)
    _check_no_generator(func, name)
    return Job(func, parameters=Parameters(name, signature), **{**options, "name": name})


def _from_class(cls: type, name: str, options: dict[str, Any]) -> Job[..., Any]:
    perform = getattr(cls, "perform", None)
    if not callable(perform):
        raise ConfigurationError(f"{name} is a class without a perform() method.")
    signature = _signature(perform)
    _check_no_generator(perform, f"{name}.perform")
    if inspect.isfunction(inspect.getattr_static(cls, "perform")):
        if not signature.parameters:
            msg = f"{name}.perform takes no self: give it one, or make it a static method."
            raise ConfigurationError(msg)
        _self, *parameters = signature.parameters.values()
        signature = signature.replace(parameters=parameters)
    try:
        _signature(cls).bind()
    except TypeError as error:
        msg = f"{name} must allow to be instantiated without arguments: {error}."
        raise ConfigurationError(msg) from None
    if (queue := getattr(cls, "queue", None)) is not None:
        options = {**checked({"queue": queue}), **options}
    return Job(
        lambda *args, **kwargs: cls().perform(*args, **kwargs),
        parameters=Parameters(name, signature),
        job_class=cls,
        hook_methods=hook_methods(cls),
        **{**options, "name": name},
    )


def _check_no_generator(func: Callable[..., Any], name: str) -> None:
    if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
        raise ConfigurationError(f"{name} is a generator, which nothing would run to its end.")


def _signature(target: Any) -> inspect.Signature:
    try:
        return _inspect_signature(target)
    except ValueError:
        msg = f"{target!r} tells nothing of its arguments; put it into a function of your own."
        raise ConfigurationError(msg) from None
