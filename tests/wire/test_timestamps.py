"""Ruby's date formats are written exactly and all clients' formats are read."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_resque.wire import timestamps

MOMENT = datetime(2026, 11, 21, 4, 48, 58, 999_999, tzinfo=timezone.utc)
EARLIEST = datetime(1970, 1, 2)  # noqa: DTZ001 hypothesis adds the zone
NEW_YORK = timezone(timedelta(hours=-5))


def test_now_is_aware() -> None:
    """The present is in UTC and says so."""
    assert timedelta(0) == timestamps.now().utcoffset()
    assert abs(timestamps.now() - datetime.now(timezone.utc)) < timedelta(seconds=5)


@pytest.mark.parametrize("zone", [timezone.utc, NEW_YORK])
def test_formats(zone: timezone) -> None:
    """Each format is Ruby's, in UTC whatever the zone, in whole seconds."""
    moment = MOMENT.astimezone(zone)

    assert timestamps.failed_at(moment) == "2026/11/21 04:48:58 UTC"
    assert timestamps.run_at(moment) == "2026-11-21T04:48:58Z"
    assert timestamps.started(moment) == "2026-11-21 04:48:58 +0000"
    assert timestamps.heartbeat(1795236538) == "2026-11-21T04:48:58+00:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026/11/21 04:48:58 UTC", MOMENT),
        ("2026/11/21 04:48:58", MOMENT),
        ("2026-11-21T04:48:58Z", MOMENT),
        ("2026-11-21T04:48:58+00:00", MOMENT),
        ("2026-11-20T23:48:58-05:00", MOMENT),
        ("2026-11-21 04:48:58 +0000", MOMENT),
        ("2026-11-20 23:48:58 -0500", MOMENT),
        ("2026-11-21 04:48:58 UTC", MOMENT),
        ("  2026-11-21T04:48:58Z\n", MOMENT),
        ("1795236538", MOMENT),
        ("Sat Nov 21 2026 04:48:58 GMT+0000 (Coordinated Universal Time)", MOMENT),
        ("Sat Nov 21 04:48:58 UTC 2026", MOMENT),
    ],
)
def test_parse(text: str, expected: datetime) -> None:
    """The dates of all clients are read, epoch seconds too; without a zone as UTC."""
    assert expected.replace(microsecond=0) == timestamps.parse(text)


@pytest.mark.parametrize("moment", [MOMENT, MOMENT.astimezone(NEW_YORK)])
def test_epoch(moment: datetime) -> None:
    """Seconds since 1970 keep the microseconds, and read back to them."""
    assert 1795236538.999999 == timestamps.epoch(moment)
    assert MOMENT == timestamps.from_epoch(1795236538.999999)
    assert MOMENT.replace(microsecond=0) == timestamps.from_epoch(1795236538)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, "1795236538", [], {}, 0, -1, -1.5, 1e11, 1795236538000, 10**400),
        *(float("nan"), float("inf"), float("-inf"), 1e300),
    ],
)
def test_epoch_gives_none_for_anything_else(value: object) -> None:
    """What counts no seconds of this era is None, never an error: another client wrote it."""
    assert timestamps.from_epoch(value) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "soon", "GMT", "Sat", "-", " +0000", "\x00", "1795236538.5"),
        *("9" * 30, "9" * 5000, "2026-13-01T00:00:00Z", "2026/11/21 04:57:06 EST"),
    ],
)
def test_parse_gives_none_for_anything_else(text: str) -> None:
    """What is no date is None, never an error: another client wrote it."""
    assert timestamps.parse(text) is None


@given(st.text() | st.text("0123456789-+:/TZ UTC"))
def test_parse_never_raises(text: str) -> None:
    """Whatever the text, the answer is an aware datetime or None."""
    moment = timestamps.parse(text)

    assert moment is None or moment.tzinfo is not None


@given(st.datetimes(EARLIEST, timezones=st.sampled_from([timezone.utc, NEW_YORK])))
def test_round_trip(moment: datetime) -> None:
    """Every format of ours reads back to the second."""
    expected = moment.replace(microsecond=0)

    assert expected == timestamps.parse(timestamps.failed_at(moment))
    assert expected == timestamps.parse(timestamps.run_at(moment))
    assert expected == timestamps.parse(timestamps.started(moment))
    assert expected == timestamps.parse(timestamps.heartbeat(int(expected.timestamp())))
