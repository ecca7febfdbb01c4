"""What limits a performance is told by its job and its payload alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job, wiring
from django_resque.exceptions import ConfigurationError
from django_resque.jobs.limits import Rate, checked_rate, mark_limited, terms_of
from django_resque.store.limits import Terms
from django_resque.wire.failure import digest
from django_resque.wire.payload import Payload
from tests.claims import reservation

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure


def work(account: Any, text: str = "") -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("10/s", Rate(10, 1)),
        ("10/m", Rate(10, 60)),
        ("1/30s", Rate(1, 30)),
        ("5/2h", Rate(5, 7200)),
        ("10000/d", Rate(10_000, 86_400)),
    ],
)
def test_rate(value: str, rate: Rate) -> None:
    """A rate is a number in a span."""
    assert rate == checked_rate(value)


@pytest.mark.parametrize("value", ["", "10", "m", "0/m", "10/0s", "10/w", "10001/m", "1/32d", 10])
def test_rate_refused(value: Any) -> None:
    """What is no rate, or more than is remembered, is refused with an example."""
    with pytest.raises(ConfigurationError, match="10/m"):
        checked_rate(value)


def test_terms() -> None:
    """The limit bears the job's name; a job without one has no terms."""
    both = job(name="both", max_running=3, rate="10/m")(work)

    assert Terms("both", 3, 10, 60.0) == terms_of(both, Payload("both", [1]))
    assert Terms("few", 3) == terms_of(job(name="few", max_running=3)(work), Payload("few", [1]))
    assert terms_of(job(name="free")(work), Payload("free", [1])) is None


def test_a_parked_job(resque_settings: Configure, redis_client: redis.Redis) -> None:
    """A handle finds its job where it is parked, and cancels it there."""
    resque_settings()
    store = wiring.store()
    alone = job(
        name="alone", queue="q", max_running=1, rate="5/m", limit_by="account", unique="until_end"
    )(work)
    handle, other = alone.enqueue(7, "x"), job(name="free", queue="q")(work).enqueue(7)
    store.queues.clear("q")
    for number, raw in enumerate([b"first", handle.payload.encode()]):
        claim = reservation(payload=raw, worker=f"host:{number}:q", rid=f"r{number}")
        redis_client.set(f"resque:worker:{claim.worker}", claim.encode())
        terms = terms_of(alone, handle.payload)
        assert terms is not None
        store.limits.admit(claim, terms)
    assert {"alone:7": 1} == store.limits.parked()

    assert ["queued", "unknown"] == [handle.status, other.status]
    assert [True, False, False] == [handle.cancel(), handle.cancel(), other.cancel()]
    assert alone.enqueue(7, "x")


@pytest.mark.parametrize(
    ("args", "name"),
    [
        ([7], "each:7"),
        (["eu"], 'each:"eu"'),
        ([[1, {"b": 1, "a": 2}]], 'each:[1,{"a":2,"b":1}]'),
        (["x" * 300], "each:" + digest(b'"' + b"x" * 300 + b'"')),
        ([], "each"),
        ([1, 2, 3], "each"),
    ],
)
def test_terms_by_parameter(args: list[Any], name: str) -> None:
    """Whoever enqueued it, a parameter's value tells for whom it is."""
    each = job(name="each", max_running=1, limit_by="account")(work)

    assert Terms(name, 1) == terms_of(each, Payload("each", args, {"limit": "forged"}))


def test_terms_by_function() -> None:
    """A function runs where it is enqueued; a worker reads what it told."""
    calls: list[Any] = []

    def whose(account: int, text: str = "") -> int:
        calls.append(text)
        return account % 2

    odd = job(name="odd", max_running=1, limit_by=whose)(work)
    payload = Payload("odd", [7], {})
    mark_limited(odd, payload)

    assert {"limit": "1"} == payload.extras
    assert Terms("odd:1", 1) == terms_of(odd, payload)
    assert Terms("odd", 1) == terms_of(odd, Payload("odd", [7], {"limit": [1]}))
    assert Terms("odd", 1) == terms_of(odd, Payload("odd", [7]))
    assert 1 == len(calls)
