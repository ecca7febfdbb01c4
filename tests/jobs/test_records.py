"""What came of a job is read from Redis, or from memory where it was performed inline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.jobs import records
from django_resque.jobs.performing import Performed
from django_resque.jobs.records import record_of, remember_result
from django_resque.wire.payload import Payload
from django_resque.wire.result import ResultRecord

if TYPE_CHECKING:
    import pytest

    from django_resque.store import Store
    from tests.conftest import Configure


def test_kept(resque_store: Store) -> None:
    """A record in Redis is found by the id of its job; garbage is as if it were not there."""
    record = ResultRecord("f00", "succeeded", job="send", queue="q", value=[7])
    resque_store.results.record("f00", record.encode(), 60)
    resque_store.results.record("bad", b"garbage", 60)

    assert [record, None, None] == [record_of("f00"), record_of("bad"), record_of("none")]


def test_remembered(resque_settings: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inline, the last ones are remembered: what was returned, or why that cannot travel."""
    resque_settings(INLINE=True)
    monkeypatch.setattr(records, "_MOST_REMEMBERED", 3)
    for number in range(4):
        performed = Performed(
            is_performed=number != 2, value=object() if number == 3 else (number,)
        )
        remember_result(Payload("send", [], {"id": f"id{number}"}), "q", performed)
    remember_result(Payload("send"), "q", Performed(is_performed=True))

    assert record_of("id0") is None
    kept = [record_of(f"id{number}") for number in (1, 2, 3)]
    assert ["succeeded", "skipped", "succeeded"] == [each.status for each in kept if each]
    assert kept[0] is not None
    assert [1] == kept[0].value
    assert kept[2] is not None
    assert "object" in kept[2].error
