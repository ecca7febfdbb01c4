"""What is named like a secret is shown to nobody, in whatever form it comes."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.views.debug import SafeExceptionReporterFilter

from django_resque import job
from django_resque.exceptions import ArgumentError
from django_resque.jobs import masking
from django_resque.jobs.masking import (
    MASK,
    masked_args,
    masked_record,
    masked_text,
    unmasked_args,
)
from django_resque.jobs.registry import registry
from django_resque.wire.failure import FailureRecord
from django_resque.wire.payload import Payload
from tests.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _jobs() -> Iterator[None]:
    """Register jobs with parameters of many kinds; they are forgotten afterwards."""
    known = dict(registry._jobs)

    @job(name="masking.Pay")
    def pay(
        order: Any, api_key: Any = None, *tokens: Any, note: str = "", password: Any = ""
    ) -> None:
        """Do nothing."""

    yield
    registry._jobs.clear()
    registry._jobs.update(known)
    masking._warn.cache_clear()


class Choosy(SafeExceptionReporterFilter):
    """A project's filter: it knows what a card is, and by its name what is private."""

    cleansed_substitute = "(hidden)"

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Mask cards and what is private, and leave all else."""
        if value == "4111 1111":
            return ("card", 4)
        return self.cleansed_substitute if key == "private" else value


class Broken(SafeExceptionReporterFilter):
    """A filter that takes text only."""

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Fail at anything else."""
        return value.upper()


def using(monkeypatch: pytest.MonkeyPatch, reporter_filter: type) -> None:
    """Let a project have its own filter."""
    monkeypatch.setattr(masking, "get_default_exception_reporter_filter", reporter_filter)


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("masking.Pay", [7, "s3cr3t"], [7, MASK]),
        ("masking.Pay", [7], [7]),
        ("masking.Pay", [], []),
        ("masking.Pay", ["s3cr3t"], ["s3cr3t"]),
        ("masking.Pay", [7, None], [7, MASK]),
        ("masking.Pay", [7, ["a", {"b": 1}]], [7, MASK]),
        ("masking.Pay", [7, "k", "t1", "t2"], [7, MASK, MASK, MASK]),
        ("masking.Pay", [{"password": "x", "name": "y"}], [{"password": MASK, "name": "y"}]),
        ("masking.Pay", [{"a": [[{"Auth-Token": 1}]]}], [{"a": [[{"Auth-Token": MASK}]]}]),
        (
            "masking.Pay",
            [{"tokens": {"a": 1}, "list": [], "empty": {}}],
            [{"tokens": MASK, "list": [], "empty": {}}],
        ),
        (
            "masking.Pay",
            [7, "k", {"**": {"note": "n", "password": "p"}}],
            [7, MASK, {"**": {"note": "n", "password": MASK}}],
        ),
        ("masking.Pay", [{"**": {}}], [{"**": {}}]),
        ("masking.Pay", [{"**": "password"}], [{"**": "password"}]),
        ("Else", [7, "s3cr3t"], [7, "s3cr3t"]),
        (
            "Else",
            [{"secret": 1}, {"**": {"password": "p"}}],
            [{"secret": MASK}, {"**": {"password": MASK}}],
        ),
        ("Else", [1.5, True, "é", "\ud800"], [1.5, True, "é", "\ud800"]),
    ],
)
def test_masked_args(name: str, args: list[Any], expected: list[Any]) -> None:
    """Parameters, keyword arguments and keys at any depth are judged by their names."""
    before = json.dumps(args)

    assert expected == masked_args(Payload(name, args))
    assert before == json.dumps(args)


def test_a_filter_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the project's own filter masks is masked as it does."""
    using(monkeypatch, Choosy)

    masked = masked_args(Payload("Else", [{"private": [1], "password": "p", "c": ["4111 1111"]}]))

    assert [{"private": "(hidden)", "password": "p", "c": ["('card', 4)"]}] == masked


@pytest.mark.parametrize("broken", [Broken, lambda: 1 / 0, object])
def test_a_filter_that_raises(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: Any
) -> None:
    """If nobody can tell what is secret, all is, and that is said once."""
    monkeypatch.setattr(masking, "get_default_exception_reporter_filter", broken)
    payload = Payload("masking.Pay", [7, ["abcd"], {"**": {"note": "efgh"}}])

    assert [MASK, MASK, {"**": {"note": MASK}}] == masked_args(payload)
    assert f"no {MASK} and {MASK} of 7" == masked_text("no abcd and efgh of 7", payload)
    assert 1 == len(caplog.records)
    assert "all arguments are masked" in caplog.text


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        ("s3cr3t", "no s3cr3t, s3cr3t!", f"no {MASK}, {MASK}!"),
        ('it\'s\n"é"', "got 'it\\'s\\n\"é\"'", None),
        ('it\'s\n"é"', repr({"key": 'it\'s\n"é"'}), None),
        ('it\'s\n"é"', json.dumps(['it\'s\n"é"']), None),
        ('it\'s\n"é"', json.dumps(['it\'s\n"é"'], ensure_ascii=False), None),
        (123456, "pin 123456", f"pin {MASK}"),
        (123, "line 123", "line 123"),
        ("abc", "abc", "abc"),
        (True, "True", "True"),
        (None, "None", "None"),
        (["abcd", {"efgh": ["ijkl"]}], "abcd efgh ijkl", f"{MASK} {MASK} {MASK}"),
        ("", "text", "text"),
    ],
)
def test_masked_text(secret: Any, text: str, expected: str | None) -> None:
    """A secret is taken out of a text as it is, and as Python and JSON write it."""
    masked = masked_text(text, Payload("masking.Pay", [7, secret]))

    if expected is None:
        assert MASK in masked
        assert "it" not in masked.replace(MASK, "")
    else:
        assert expected == masked


def test_masked_text_keeps_the_rest() -> None:
    """What is no secret stays, and of secrets within secrets nothing does."""
    payload = Payload("masking.Pay", [{"name": "Alice", "token": "abcdefgh", "key": "cdef"}])

    assert f"Alice {MASK} {MASK} {MASK}x" == masked_text("Alice abcdefgh cdef cdefx", payload)
    assert "Alice" == masked_text("Alice", Payload("masking.Pay", ["Alice"]))


def test_hostile_arguments() -> None:
    """Neither depth nor number makes masking slow; where it would be, the text is not shown."""
    deep: Any = [0] * 10_000
    for _ in range(90):
        deep = [{"a": deep}]
    begin = time.process_time()

    assert [deep] == masked_args(Payload("Else", [deep]))
    many = Payload("Else", [{"tokens": [f"token {number}" for number in range(20_000)]}])
    assert MASK == masked_text("x" * 100_000, many)
    assert time.process_time() - begin < 3


def test_masked_record() -> None:
    """A failure is masked in its payload, its error and its traceback."""
    failure = FailureRecord.decode(
        record(
            "masking.Pay",
            7,
            "s3\ncr3t",
            error="bad 's3\\ncr3t'",
            backtrace=["at s3", "cr3t", "end"],
        )
    )

    masked = masked_record(failure)

    assert [7, MASK] == Payload.decode(masked.payload).args
    assert (f"bad '{MASK}'", [f"at {MASK}", "end"]) == (masked.error, masked.backtrace)
    assert (failure.queue, failure.worker) == (masked.queue, masked.worker)


def test_masked_record_of_any_kind() -> None:
    """What has no secrets, or cannot be read, or only be escaped, comes through."""
    plain = FailureRecord.decode(record("masking.Pay", 7, backtrace=[]))
    unreadable = FailureRecord.decode(record(payload=None))
    surrogate = FailureRecord("", b'{"class":"masking.Pay","args":["\\ud800"]}', "", "", [], "", "")

    assert (plain, unreadable) == (masked_record(plain), masked_record(unreadable))
    assert ["\ud800"] == Payload.decode(masked_record(surrogate).payload).args


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ([8, MASK], [8, "k"]),
        ([8, "new"], [8, "new"]),
        ([{"password": MASK, "n": True}, MASK], [{"password": "p", "n": True}, "k"]),
        ([{"password": MASK, "n": 1, "more": 2}], [{"password": "p", "n": 1, "more": 2}]),
        ([["x"], MASK, "t"], [["x"], "k", "t"]),
        ([], []),
    ],
)
def test_unmasked_args(edited: list[Any], expected: list[Any]) -> None:
    """Who edits arguments without seeing their secrets keeps them."""
    payload = Payload("masking.Pay", [{"password": "p", "n": 1}, "k"])

    assert json.dumps(expected) == json.dumps(unmasked_args(edited, payload))


@pytest.mark.parametrize("edited", [[MASK], [7, "k", MASK], [{"other": MASK}], [{MASK: 1}]])
def test_a_mask_that_moved(edited: list[Any]) -> None:
    """A mask in another place is no value."""
    with pytest.raises(ArgumentError):
        unmasked_args(edited, Payload("masking.Pay", [7, "k"]))


def test_a_mask_that_was_there() -> None:
    """A value that always looked like a mask can stay."""
    assert [MASK] == unmasked_args([MASK], Payload("masking.Pay", [MASK]))
