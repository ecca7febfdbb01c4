"""A job's form has a field for each argument, and gives back a call that fits the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from django_resque import job
from django_resque.admin.forms import EnqueueForm, JobForm, secret_names
from django_resque.jobs.registry import registry

if TYPE_CHECKING:
    from datetime import date

SECRET = "s3cr3t-canary"


def send(
    user: int,
    template: str = "welcome",
    urgent: bool = False,
    *copies: str,
    size: Literal["s", "m"] = "s",
    **extra: Any,
) -> None:
    """Send a mail."""


def login(name: str, token: str, options: dict[str, Any] | None = None, pin_key: int = 7) -> None:
    """Log in somewhere."""


def many(first: int, second: float = 0.5, third: date | None = None, fourth: Any = "x") -> None:
    """Take much."""


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register jobs for one test."""
    monkeypatch.setattr(registry, "_jobs", {})
    job(name="send", queue="mail")(send)
    job(name="login")(login)
    job(name="many")(many)


def filled(name: str, args: list[Any] | None = None, /, **changes: Any) -> dict[str, Any]:
    """Return what a browser sends for a job's form, with some fields filled in otherwise."""
    form = JobForm(name, args=args)
    data: dict[str, Any] = {}
    for field in form:
        value = changes.get(
            field.name, "" if "render_value" in vars(field.field.widget) else field.value()
        )
        if value is not None and value is not False:
            data[field.html_name] = str(value)
    return data


def sent(name: str, args: list[Any] | None = None, /, **changes: Any) -> JobForm:
    """Return the form as a browser sent it."""
    return JobForm(name, filled(name, args, **changes), args=args)


def packed(name: str, args: list[Any] | None = None, /, **changes: Any) -> list[Any]:
    """Return the arguments that come of a form which is right."""
    form = sent(name, args, **changes)
    assert form.is_valid(), form.errors
    return form.packed()


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("send", {"user": 7}, [7]),
        ("send", {"user": 7, "urgent": "on"}, [7, "welcome", True]),
        ("send", {"user": 7, "template": ""}, [7, ""]),
        ("send", {"user": 7, "copies": '["a","b"]'}, [7, "welcome", False, "a", "b"]),
        ("send", {"user": 7, "size": '"m"'}, [7, {"**": {"size": "m"}}]),
        ("send", {"user": 7, "extra": '{"x": 1}'}, [7, {"**": {"x": 1}}]),
        ("many", {"first": 1, "fourth": "[1]"}, [1, 0.5, None, [1]]),
        ("many", {"first": 1, "second": "", "fourth": '"y"'}, [1, 0.5, None, "y"]),
        ("login", {"name": "ann", "token": "t"}, ["ann", "t"]),
        ("login", {"name": "ann", "token": "t", "pin_key": "8"}, ["ann", "t", None, 8]),
    ],
)
def test_packed(name: str, changes: dict[str, Any], expected: list[Any]) -> None:
    """Only what was filled in is passed, and the defaults that stand before it."""
    assert expected == packed(name, **changes)


@pytest.mark.parametrize(
    ("name", "changes", "field", "complaint"),
    [
        ("send", {}, "user", "required"),
        ("send", {"user": "x"}, "user", "whole number"),
        ("send", {"user": 1, "size": '"xl"'}, "size", "not one of"),
        ("send", {"user": 1, "copies": "a"}, "copies", "not JSON"),
        ("send", {"user": 1, "extra": '{"user": 2}'}, "__all__", "multiple values"),
        ("login", {"name": "ann"}, "token", "required"),
        ("login", {"name": "a", "token": "t", "options": "[1]"}, "options", "an object"),
        ("many", {"first": 1, "fourth": '{"**": {}}', "second": 1}, "__all__", "marks keyword"),
    ],
)
def test_wrong(name: str, changes: dict[str, Any], field: str, complaint: str) -> None:
    """What does not fit the job is told at its field, or above all of them."""
    form = sent(name, **changes)

    assert not form.is_valid()
    assert [field] == list(form.errors)
    assert complaint in str(form.errors[field])


@pytest.mark.parametrize(
    "args",
    [
        [7], [7, "a\r\nb", True], [7, "welcome", False], [7, "", False, "x", {"**": {"size": "m"}}],
        [None], ["7", 5, "yes"], [True], [7, {"**": {"any": [1.0, 2]}}], ["\u2028"],
    ],
)  # fmt: skip
def test_given_arguments_come_back(args: list[Any]) -> None:
    """Arguments that nobody edits are the same again, whether or not their types are right."""
    again = packed("send", args)

    assert args == again
    assert repr(args) == repr(again)


def test_edited_arguments() -> None:
    """An argument that is edited is another, and all others stay."""
    assert [8, "welcome", True] == packed("send", [7, "welcome", True], user=8)
    assert [7, "welcome"] == packed("send", [7, "welcome", True], urgent=False)[:2]
    assert ["a", "b"] == packed("send", [7, "t", False, "a"], copies='["a", "b"]')[3:]


@pytest.mark.parametrize(
    "args", [[], [1, "a", False, {"**": {"size": "m", "user": 2}}], [{"**": {}}]]
)
def test_arguments_that_do_not_fit(args: list[Any]) -> None:
    """Arguments that the job cannot take are one list, to be put right."""
    form = JobForm("send", args=args)

    assert ["args"] == list(form.fields)
    assert [1] == packed("send", args, args="[1]")
    assert [1, {"**": {"size": "m"}}] == packed("send", args, args='[1, {"**": {"size": "m"}}]')
    assert "missing a required argument" in str(sent("send", args, args="[]").errors)


@pytest.mark.parametrize("args", [None, [], [1, {"a": "\ud800"}]])
def test_unknown_job(args: list[Any] | None) -> None:
    """A job of another program has one field for all its arguments."""
    form = sent("Ruby::Job", args, args='[1, {"b": 2}]')

    assert form.is_valid()
    assert [1, {"b": 2}] == form.packed()
    assert "arg-args" in str(JobForm("Ruby::Job", args=args))


def test_secrets_are_not_shown() -> None:
    """A secret is in no field, and stays what it is unless it is filled in."""
    args = ["ann", SECRET, {"password": SECRET, "depth": 1}, 12345678]
    shown = str(JobForm("login", args=args))

    assert SECRET not in shown
    assert "12345678" not in shown
    assert args == packed("login", args)
    assert ["ann", "new", args[2], 1] == packed("login", args, token="new", pin_key="1")
    edited = {"password": "********************", "depth": 2}
    again = packed("login", args, options='{"password": "********************", "depth": 2}')
    assert {**edited, "password": SECRET} == again[2]


def test_secrets_are_not_echoed() -> None:
    """A form that comes back for another mistake does not bring secrets with it."""
    form = sent("login", token=SECRET)

    assert not form.is_valid()
    assert SECRET not in str(form)
    assert 'value="7"' not in str(JobForm("login"))


def test_moved_masks() -> None:
    """A mask is not taken for the text of an argument."""
    form = sent(
        "login", ["ann", "t", {"password": SECRET}], options='{"user": "********************"}'
    )

    assert not form.is_valid()
    assert "A masked value was moved" in str(form.errors)


def test_secrets_of_unknown_jobs() -> None:
    """What is masked in the one field comes back as well."""
    args = [1, {"api_key": SECRET}]

    assert SECRET not in str(JobForm("Ruby::Job", args=args))
    assert args == packed("Ruby::Job", args)


def test_secret_names() -> None:
    """Secrets are known by the names of parameters."""
    assert {"token", "pin_key"} == secret_names(registry.get("login"))
    assert set() == secret_names(registry.get("send"))


@pytest.mark.parametrize("depth", [97, 98])
def test_depth(depth: int) -> None:
    """What is nested too deep for a claim is refused here, not by a worker."""
    assert (depth <= 97) == sent("many", first=1, fourth="[" * depth + "]" * depth).is_valid()


@pytest.mark.parametrize(
    ("queue", "valid"), [("mail", True), ("", False), ("a b", False), ("*", False)]
)
def test_queue(queue: str, valid: bool) -> None:
    """A queue is one that all of Resque's clients can share."""
    assert valid == EnqueueForm({"queue": queue}).is_valid()
