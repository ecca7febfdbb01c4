"""Job hooks: the base class to write plugins from, and the hook methods of job classes."""

from __future__ import annotations

from inspect import iscoroutinefunction, isgeneratorfunction
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import ConfigurationError
from django_resque.jobs.arguments import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django_resque.wire.payload import Payload

MOMENTS = (
    "before_enqueue",
    "after_enqueue",
    "before_dequeue",
    "after_dequeue",
    "before_perform",
    "around_perform",
    "after_perform",
    "on_failure",
    "on_retry",
)
"""The names of the hooks; a job class's method is a hook when its name starts with one."""


class Plugin:
    """Changes what happens to a job: override the hooks that are needed.

    Used by naming it in ``RESQUE["PLUGINS"]``, for all jobs, or by ``@job(plugins=[...])``.
    The plugins of the settings run first, then the job's own, each in the order listed.
    """

    def before_enqueue(self, payload: Payload, queue: str) -> bool | None:
        """Return False to keep the job from being enqueued; may add to ``payload.extras``."""

    def after_enqueue(self, payload: Payload, queue: str) -> None:
        """Act when the job has reached its queue."""

    def before_dequeue(self, payload: Payload, queue: str) -> bool | None:
        """Return False to keep the job in its queue."""

    def after_dequeue(self, payload: Payload, queue: str) -> None:
        """Act when the job has been removed from its queue unperformed."""

    def before_perform(self, payload: Payload, queue: str) -> None:
        """Raise DontPerform to leave the job unperformed; anything else fails it."""

    def around_perform(
        self,
        payload: Payload,  # noqa: ARG002 part of the hook, for those that override it
        queue: str,  # noqa: ARG002
    ) -> Iterator[None]:
        """Yield once, where the job is to be performed; what it raises is raised there."""
        yield

    def after_perform(self, payload: Payload, queue: str) -> None:
        """Act when the job has been performed; what this raises fails the job."""

    def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Act when the job has failed for good, before the failure is recorded."""

    def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
        """Act when the job has failed and is to be performed again."""


class HookMethod(Plugin):
    """A hook method of a job class as a plugin of its own: called with the job's arguments."""

    def __init__(self, moment: str, method: Callable[..., Any]) -> None:
        """Call ``method`` at ``moment``."""

        def hook(*context: Any) -> Any:
            # The context is (payload, queue), for on_failure and on_retry with the
            # exception before it.
            *first, payload, _queue = context
            args, kwargs = unpack(payload.args)
            return method(*first, *args, **kwargs)

        setattr(self, moment, hook)


def hook_methods(cls: type) -> tuple[tuple[str, str], ...]:
    """Return the moment and the name of each hook method of a class, in running order.

    Raises ConfigurationError for one that could not be called as a hook.
    """
    found = []
    for name in sorted(dir(cls)):
        method = getattr(cls, name)
        moment = next((each for each in MOMENTS if name.startswith(each)), None)
        if moment is None or not callable(method):
            continue
        if iscoroutinefunction(method):
            msg = f"{cls.__qualname__}.{name} is async; hook methods are plain functions."
            raise ConfigurationError(msg)
        if moment == "around_perform" and not isgeneratorfunction(method):
            msg = f"{cls.__qualname__}.{name} must yield once, where the job is performed."
            raise ConfigurationError(msg)
        found.append((moment, name))
    return tuple(found)


def lets_pass(plugins: Iterable[Plugin], moment: str, payload: Payload, queue: str) -> bool:
    """Run all ``before_enqueue`` or ``before_dequeue`` hooks; False if any returned False."""
    answers = [getattr(plugin, moment)(payload, queue) for plugin in plugins]
    return not any(answer is False for answer in answers)
