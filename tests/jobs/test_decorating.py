"""``@job`` makes a job of a function or a class, or says at once why it cannot."""

from __future__ import annotations

import gc
import inspect
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Job, Plugin, job
from django_resque.exceptions import ConfigurationError, DuplicateJob
from django_resque.jobs.registry import registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


def archive(repository: int, branch: str = "main", *, deep: bool = False) -> str:
    """Pack a branch.

    And more of it.
    """
    return f"{repository}/{branch}/{deep}"


class Thumbnail:
    """Shrink an image."""

    queue = "images"

    def __init__(self) -> None:
        """Need nothing."""
        self.size = 100

    def perform(self, path: str, *, size: int = 0) -> tuple[str, int]:
        """Do the work."""
        return path, size or self.size


class StaticPerform:
    """Has perform as a static method."""

    @staticmethod
    def perform(path: str) -> str:
        """Do the work."""
        return path


class ClassPerform:
    """Has perform as a class method."""

    @classmethod
    def perform(cls, path: str) -> str:
        """Do the work."""
        return f"{cls.__name__} {path}"


@pytest.mark.parametrize("decorate", [job, job()], ids=["@job", "@job()"])
def test_a_function_becomes_a_job(decorate: Callable[..., Job[..., Any]]) -> None:
    """Without options it bears its dotted path and everything else is left to the settings."""
    made = decorate(archive)
    assert isinstance(made, Job)
    assert f"{__name__}.archive" == made.name
    assert made is registry.get(made.name)
    assert (None, None, None, None, None, ()) == (
        made.queue, made.timeout, made.max_memory, made.ids, made.jobs_per_fork, made.plugins
    )  # fmt: skip


def test_options_are_taken() -> None:
    """In their final form."""
    plugin = Plugin()
    made = job(
        name="Archive", queue="file_serve", timeout=30, max_memory="1K", ids=False,
        jobs_per_fork=5, plugins=[plugin],
    )(archive)  # fmt: skip
    assert made is registry.get("Archive")
    assert ("file_serve", 30.0, 1024, False, 5, (plugin,)) == (
        made.queue, made.timeout, made.max_memory, made.ids, made.jobs_per_fork, made.plugins
    )  # fmt: skip


def test_a_job_looks_like_its_function() -> None:
    """Tools that show names, docstrings and signatures see the function's."""
    made: Any = job(archive)
    assert ("archive", "archive", __name__) == (made.__name__, made.__qualname__, made.__module__)
    assert archive.__doc__ == made.__doc__
    assert archive is inspect.unwrap(made)
    assert inspect.signature(archive) == inspect.signature(made)


def test_a_class_becomes_a_job() -> None:
    """It takes what perform takes, and its queue from the class."""
    made = job(Thumbnail)
    assert f"{__name__}.Thumbnail" == made.name
    assert "images" == made.queue
    assert Thumbnail is made.job_class
    assert "(path: 'str', *, size: 'int' = 0) -> 'tuple[str, int]'" == str(inspect.signature(made))
    assert "Shrink an image." == made.description
    assert ("a.png", 100) == made("a.png")


def test_an_option_outdoes_the_class() -> None:
    """The queue given to the decorator wins."""
    assert "low" == job(queue="low")(Thumbnail).queue


@pytest.mark.parametrize(
    ("cls", "result"), [(StaticPerform, "x"), (ClassPerform, "ClassPerform x")]
)
def test_perform_may_be_a_static_or_a_class_method(cls: type, result: str) -> None:
    """As Ruby writes jobs."""
    made: Job[..., Any] = job(cls)
    assert "(path: 'str') -> 'str'" == str(inspect.signature(made))
    assert result == made("x")
    assert [["x"]] == [made.parameters.pack(("x",), {})]


def test_a_decorated_function_keeps_the_inner_signature() -> None:
    """What wraps a function well does not change what the job takes."""

    def wrapper(func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return func(*args, **kwargs)

        return wrapped

    made = job(wrapper(archive))
    assert f"{__name__}.archive" == made.name
    assert [1, "x"] == made.parameters.pack((), {"repository": 1, "branch": "x"})


def test_a_partial_can_be_a_job_with_a_name() -> None:
    """Anything that can be called can be one."""
    made = job(name="deep")(partial(archive, deep=True))
    assert "1/main/True" == made(1)
    assert "1/x/True" == made(1, "x")
    assert made is registry.get("deep")


def _nested() -> Callable[[], None]:
    def inner() -> None:
        """Be defined in a function."""

    return inner


def _main() -> None:
    """Pretend to stand in a script."""


_main.__module__ = "__main__"


@pytest.mark.parametrize("func", [lambda: None, _nested(), _main, partial(archive)])
def test_what_a_worker_could_not_find_needs_a_name(func: Callable[..., Any]) -> None:
    """A lambda or inner function is refused, and told the two ways out."""
    with pytest.raises(ConfigurationError, match=r"top of a module such as jobs.py, or name it"):
        job(func)
    assert "Named" == job(name="Named")(func).name


def test_two_functions_of_one_name_are_refused() -> None:
    """The second one is, at its decoration."""
    job(name="X")(archive)
    with pytest.raises(DuplicateJob, match="'X'"):
        job(name="X")(Thumbnail)


class Methods:
    """Holds methods, which are no jobs."""

    def method(self) -> None:
        """Take self."""

    def of_class(cls) -> None:  # noqa: N805
        """Take cls."""


def _generator() -> Iterator[None]:
    yield


async def _async_generator() -> AsyncIterator[None]:
    yield


class NoPerform:
    """Has no perform."""


class Selfless:
    """Forgets self."""

    def perform() -> None:  # type: ignore[misc]
        """Do nothing."""


class Generating:
    """Yields where it should work."""

    def perform(self) -> Iterator[None]:
        """Do nothing."""
        yield


class NeedsArguments:
    """Cannot be instantiated without arguments."""

    def __init__(self, x: int) -> None:
        """Need one."""
        self.x = x

    def perform(self) -> None:
        """Do nothing."""


class BadQueue:
    """Names a queue that no client could use."""

    queue = "a,b"

    def perform(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (5, "for functions and classes, not for 5"),
        ("high", r"not for 'high'. A queue is named by @job\(queue='high'\)."),
        (Methods.method, "looks like a method: decorate a function, or a class with perform"),
        (Methods.of_class, "looks like a method"),
        (_generator, "is a generator, which nothing would run"),
        (_async_generator, "is a generator, which nothing would run"),
        (NoPerform, "NoPerform is a class without a perform"),
        (Selfless, "Selfless.perform takes no self: give it one, or make it a static method"),
        (Generating, r"Generating.perform is a generator, which nothing would run"),
        (NeedsArguments, "instantiated without arguments: missing a required argument: 'x'"),
        (BadQueue, "must not contain ','"),
    ],
)
def test_what_cannot_be_a_job_is_refused(target: Any, message: str) -> None:
    """The message says what is wrong and what would be right."""
    with pytest.raises(ConfigurationError, match=message):
        job(target)
    assert f"{__name__}.{getattr(target, '__qualname__', target)}" not in registry


def test_a_job_is_not_decorated_twice() -> None:
    """It would lose the options of the inner decorator."""
    with pytest.raises(ConfigurationError, match="not for <Job"):
        job(job(archive))


def test_what_tells_no_signature_is_refused() -> None:
    """Its arguments could be neither checked nor put in place."""
    with pytest.raises(ConfigurationError, match="tells nothing of its arguments"):
        job(name="X")(max)
    assert "X" not in registry


def test_a_builtin_with_a_signature_can_be_a_job() -> None:
    """Nothing asks for Python source."""
    assert [2] == job(name="collect")(gc.collect).parameters.pack((), {"generation": 2})


@pytest.mark.parametrize("options", [{"que": "x"}, {"timeout": -1}])
def test_wrong_options_are_refused_before_there_is_a_function(options: dict[str, Any]) -> None:
    """The error points to the decorator's own line."""
    with pytest.raises(ConfigurationError):
        job(**options)
