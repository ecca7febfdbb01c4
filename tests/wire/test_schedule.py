"""Schedules are written as resque-scheduler runs them, and read however it wrote them."""

from __future__ import annotations

import pytest

from django_resque.exceptions import DecodeError
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun, split_zone

NIGHTLY = b'{"cron":"0 3 * * *","class":"Mailer","queue":"high","args":[1]}'


def test_rubys_own() -> None:
    """The document of the transcript is read, and written again to the byte."""
    entry = ScheduleEntry.decode("nightly", NIGHTLY)

    expected = ScheduleEntry("nightly", "Mailer", cron="0 3 * * *", queue="high", args=[1])
    assert expected == entry
    assert NIGHTLY == entry.encode()


def test_all_of_it() -> None:
    """The time zone stands where rufus-scheduler looks for it; what is ours comes after."""
    entry = ScheduleEntry(
        "nightly",
        "shop.jobs.tidy",
        cron="0 3 * * *",
        args=["é"],
        timezone="America/Argentina/Buenos_Aires",
        description="Tidy up",
        overlap="skip",
        missed="skip",
        extras={"rails_env": "production"},
    )

    expected = (
        '{"cron":"0 3 * * * America/Argentina/Buenos_Aires","class":"shop.jobs.tidy",'
        '"args":["é"],"description":"Tidy up","overlap":"skip","missed":"skip",'
        '"rails_env":"production"}'
    )
    assert expected.encode() == entry.encode()
    assert entry == ScheduleEntry.decode("nightly", entry.encode())


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"every":"30s"}', ScheduleEntry("Tidy", "Tidy", every="30s")),
        (b'{"every":30,"class":null}', ScheduleEntry("Tidy", "Tidy", every="30")),
        (
            b'{"every":["1h",{"first_in":"10s"}],"class":"X","args":null}',
            ScheduleEntry("Tidy", "X", every="1h"),
        ),
        (
            b'{"cron":["0 3 * * *",{}],"class":"X","args":{"a":1}}',
            ScheduleEntry("Tidy", "X", cron="0 3 * * *", args=[{"a": 1}]),
        ),
        (
            b'{"cron":"@daily","every":"1h","queue":5,"description":5,"overlap":5,"missed":null}',
            ScheduleEntry("Tidy", "Tidy", cron="@daily"),
        ),
    ],
)
def test_tolerant_reading(raw: bytes, expected: ScheduleEntry) -> None:
    """All that Ruby understands is understood; what means nothing is left out."""
    assert expected == ScheduleEntry.decode("Tidy", raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{oops", "schedule is not JSON"),
        (b"[]", "not an object"),
        (b'{"class":"X"}', "neither cron nor every"),
        (b'{"class":"X","cron":[]}', "neither cron nor every"),
        (b'{"class":"X","every":true}', "neither cron nor every"),
        (b'{"class":5,"every":"1h"}', "names no class"),
    ],
)
def test_what_is_no_schedule(raw: bytes, reason: str) -> None:
    """It is told what is missing."""
    with pytest.raises(DecodeError, match=reason):
        ScheduleEntry.decode("Tidy", raw)


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("0 3 * * * Europe/Berlin", "Europe/Berlin"),
        ("0 0 3 * * *  UTC", "UTC"),
        ("@daily Etc/GMT+5", "Etc/GMT+5"),
        ("0 3 * * MON/2", ""),
        ("0 3 * * SUN", ""),
        ("0 3 * * */2", ""),
        ("@daily", ""),
    ],
)
def test_zones(cron: str, zone: str) -> None:
    """A time zone is told from the names of days."""
    line, found = split_zone(cron)

    assert zone == found
    assert cron == f"{line}{cron[len(line) : len(cron) - len(found)]}{found}"


def test_runs() -> None:
    """A run is read as it was written."""
    run = ScheduleRun("enqueued", 1999999999, "f00", "high")

    assert b'{"kind":"enqueued","due":1999999999,"id":"f00","queue":"high"}' == run.encode()
    assert run == ScheduleRun.decode(run.encode())
    assert ScheduleRun("missed", 5) == ScheduleRun.decode(b'{"kind":"missed","due":5}')


@pytest.mark.parametrize(
    "raw", [b"{oops", b"[]", b"{}", b'{"kind":"x","due":5}', b'{"kind":"missed","due":true}']
)
def test_what_is_no_run(raw: bytes) -> None:
    """Garbage in a history is told from runs."""
    with pytest.raises(DecodeError, match="schedule run is"):
        ScheduleRun.decode(raw)
