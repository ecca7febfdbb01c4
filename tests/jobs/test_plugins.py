"""Plugins need override nothing, and the hook methods of a class are plugins too."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Plugin
from django_resque.exceptions import ConfigurationError
from django_resque.jobs.plugins import MOMENTS, HookMethod, hook_methods, lets_pass
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterator

PAYLOAD = Payload("X", [1, 2])


class Answer(Plugin):
    """Answers as it is told, and counts."""

    def __init__(self, answer: Any) -> None:
        """Give this answer."""
        self.answer = answer
        self.asked = 0

    def before_enqueue(self, payload: Payload, queue: str) -> Any:
        """Answer."""
        assert (PAYLOAD, "mail") == (payload, queue)
        self.asked += 1
        return self.answer


def test_a_plugin_changes_nothing_by_itself() -> None:
    """Every hook can be called on the bare base, and none refuses."""
    plugin = Plugin()
    others = ("around_perform", "on_failure", "on_retry")
    moments = [moment for moment in MOMENTS if moment not in others]
    answers = [getattr(plugin, moment)(PAYLOAD, "mail") for moment in moments]
    assert [None] * 6 == answers
    plugin.on_failure(ValueError(), PAYLOAD, "mail")
    plugin.on_retry(ValueError(), PAYLOAD, "mail")
    steps = plugin.around_perform(PAYLOAD, "mail")
    assert isinstance(steps, Generator)
    assert [None] == list(steps)


@pytest.mark.parametrize(
    ("answers", "passes"),
    [
        ([], True),
        ([None, True], True),
        ([None, 0], True),
        (["", []], True),
        ([False], False),
        ([None, False, True], False),
    ],
)
def test_only_false_refuses(answers: list[Any], passes: bool) -> None:
    """What is merely falsy lets the job pass, as in Ruby."""
    plugins = [Answer(answer) for answer in answers]
    assert passes == lets_pass(plugins, "before_enqueue", PAYLOAD, "mail")


def test_all_are_asked() -> None:
    """A refusal does not keep the later ones from being asked, as in Ruby."""
    plugins = [Answer(False), Answer(None)]
    lets_pass(plugins, "before_enqueue", PAYLOAD, "mail")
    assert [1, 1] == [plugin.asked for plugin in plugins]


class Hooked:
    """Has hook methods of every kind among other members."""

    before_perform_list = ("no", "method")

    def perform(self) -> None:
        """Do nothing."""

    def before_perform_b(self) -> None:
        """Be a hook."""

    def before_perform(self) -> None:
        """Be the first of its kind."""

    @classmethod
    def before_perform_a(cls) -> None:
        """Be a hook as a class method."""

    @staticmethod
    def on_failure_tell(exception: BaseException) -> None:
        """Be a hook as a static method."""

    def around_perform_1(self) -> Iterator[None]:
        """Be a hook that yields."""
        yield

    def after_enqueued_things(self) -> None:
        """Be one by the beginning of the name alone."""

    def unrelated(self) -> None:
        """Be no hook."""


class Inheriting(Hooked):
    """Has them all by inheritance, and one more."""

    def after_perform(self) -> None:
        """Be a hook."""


def test_hook_methods_are_found_by_prefix_in_name_order() -> None:
    """The bare name comes first, as in Ruby, and only what can be called counts."""
    expected = (
        ("after_enqueue", "after_enqueued_things"),
        ("around_perform", "around_perform_1"),
        ("before_perform", "before_perform"),
        ("before_perform", "before_perform_a"),
        ("before_perform", "before_perform_b"),
        ("on_failure", "on_failure_tell"),
    )
    assert expected == hook_methods(Hooked)


def test_hook_methods_are_inherited() -> None:
    """A mixin serves as a plugin, as modules do in Ruby."""
    assert {*hook_methods(Hooked), ("after_perform", "after_perform")} == {
        *hook_methods(Inheriting)
    }


def test_an_async_hook_method_is_refused() -> None:
    """It would never be awaited."""

    class Async:
        async def before_perform(self) -> None:
            """Be async."""

    with pytest.raises(ConfigurationError, match=r"Async\.before_perform is async"):
        hook_methods(Async)


def test_an_around_hook_method_that_does_not_yield_is_refused() -> None:
    """The job would never be performed."""

    class Still:
        def around_perform(self) -> None:
            """Forget to yield."""

    with pytest.raises(ConfigurationError, match=r"Still\.around_perform must yield once"):
        hook_methods(Still)


def test_a_hook_method_gets_the_arguments_of_the_job() -> None:
    """Positional and keyword ones, as perform does."""
    calls: list[object] = []

    def hook(*args: Any, **kwargs: Any) -> bool:
        calls.append((args, kwargs))
        return False

    plugin = HookMethod("before_enqueue", hook)
    payload = Payload("X", [1, {"**": {"b": 2}}])
    assert plugin.before_enqueue(payload, "mail") is False
    plugin.after_enqueue(payload, "mail")
    assert [((1,), {"b": 2})] == calls


def test_an_on_failure_hook_method_gets_the_exception_first() -> None:
    """Then the arguments, as in Ruby."""
    calls: list[object] = []
    error = ValueError()
    plugin = HookMethod("on_failure", lambda *args: calls.append(args))
    plugin.on_failure(error, PAYLOAD, "mail")
    assert [(error, 1, 2)] == calls
