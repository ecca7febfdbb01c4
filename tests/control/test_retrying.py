"""A retry enqueues what failed, or what an operator makes of it, and nothing that cannot run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from django_resque.control.retrying import retrying
from django_resque.exceptions import ArgumentError, DecodeError, InvalidQueueName
from django_resque.jobs.registry import registry
from tests.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def _jobs() -> Iterator[None]:
    """Register a job; it is forgotten afterwards."""
    known = dict(registry._jobs)

    @job(name="retrying.Send")
    def send(order: int, *, urgent: bool = False) -> None:
        """Do nothing."""

    yield
    registry._jobs.clear()
    registry._jobs.update(known)


def test_as_it_was() -> None:
    """The payload goes as it is, and the record is marked."""
    raw = record("retrying.Send", 1.0, [], queue="mail")

    change = retrying(raw, 7)

    assert (raw, 7, b'{"class":"retrying.Send","args":[1.0,[]]}', "mail") == (
        change.record,
        change.index,
        change.payload,
        change.queue,
    )
    assert json.loads(change.replacement)["retried_at"].endswith(" UTC")


def test_elsewhere() -> None:
    """The queue can be another, and the record can go."""
    change = retrying(record(), 0, to="low", remove=True)

    assert ("low", b"") == (change.queue, change.replacement)


@pytest.mark.usefixtures("_jobs")
@pytest.mark.parametrize("args", [[7], [7, {"**": {"urgent": True}}]])
def test_arguments_that_fit(args: list[Any]) -> None:
    """Arguments that a registered job takes replace its own."""
    change = retrying(
        record(payload={"class": "retrying.Send", "args": ["x"], "id": "a"}), 0, args=args
    )

    assert {"class": "retrying.Send", "args": args, "id": "a"} == json.loads(change.payload)


@pytest.mark.usefixtures("_jobs")
@pytest.mark.parametrize(
    "args", [[], [1, 2], [1, {"**": {"other": 1}}], [{1, 2}], [float("nan")], ["\ud800"], [{1: 2}]]
)
def test_arguments_that_do_not_fit(args: list[Any]) -> None:
    """Arguments that it does not take, or that are no JSON, are refused."""
    with pytest.raises(ArgumentError):
        retrying(record("retrying.Send", 1), 0, args=args)


def test_arguments_of_an_unknown_job() -> None:
    """A worker may know more than this process: any arguments will do, if they are JSON."""
    assert b'{"class":"Else","args":[1,2]}' == retrying(record("Else"), 0, args=[1, 2]).payload
    with pytest.raises(ArgumentError):
        retrying(record("Else"), 0, args=[object()])


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (b"{oops", DecodeError),
        (record(payload=None), DecodeError),
        (record(payload={"class": "(invalid payload)", "args": []}), DecodeError),
        (record(queue=""), InvalidQueueName),
    ],
)
def test_refused(raw: bytes, error: type[Exception]) -> None:
    """What cannot be performed is not made performable by other arguments."""
    with pytest.raises(error):
        retrying(raw, 0)
    with pytest.raises(error):
        retrying(raw, 0, args=[1])


def test_attempts_anew() -> None:
    """What a policy has given up on has all its attempts again."""
    raw = record(payload={"class": "retrying.Send", "args": [], "id": "f00", "attempt": 5})

    change = retrying(raw, 0)

    assert b'{"class":"retrying.Send","args":[],"id":"f00"}' == change.payload
