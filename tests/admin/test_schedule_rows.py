"""Recurring jobs are rows fit to be seen, also those that nobody can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.admin.schedule_rows import RunShown, ScheduleShown
from django_resque.monitor.schedules import ScheduleRow
from django_resque.wire import timestamps
from django_resque.wire.schedule import ScheduleEntry, ScheduleRun
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser

ENTRY = ScheduleEntry(
    "a b", "Mailer", cron="0 3 * * *", queue="mail", args=[7], timezone="UTC", overlap="skip"
)


def test_entry(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """What, when, where, and the button that its state asks for."""
    row = ScheduleRow("a b", "redis", ENTRY, b"{}", True, "mail", "At 03:00", args=[7])

    shown = ScheduleShown.of(visit(), row)

    assert ("a!20b", "Mailer", "7", "0 3 * * *", "UTC") == (
        shown.key, shown.job, shown.arguments, shown.rule, shown.zone
    )  # fmt: skip
    assert ("skip", "once", "") == (shown.overlap, shown.missed, shown.job_url)
    assert f"{ROOT}queues/mail/" == shown.queue_url
    assert f"{ROOT}recurring/a!20b/off/" == shown.switch_url
    assert f"{ROOT}recurring/a!20b/run/" == shown.run_url
    assert "hidden" == ScheduleShown.of(visit(user=staff("view_resque")), row).arguments


def test_off(visit: Callable[..., Visit]) -> None:
    """One that is off can be switched on, unless the settings say so."""
    shown = ScheduleShown.of(visit(), ScheduleRow("a", "redis", ENTRY, b"{}", False))
    assert (False, f"{ROOT}recurring/a/on/") == (shown.fixed_off, shown.switch_url)
    assert "" == shown.queue_url
    assert ", ".join(map(str, ENTRY.args)) == shown.arguments
    fixed = ScheduleEntry("a", "Tidy", every="1h", enabled=False)

    assert ScheduleShown.of(visit(), ScheduleRow("a", "settings", fixed, b"{}", False)).fixed_off


def test_unreadable(visit: Callable[..., Visit]) -> None:
    """Of what cannot be read there is the reason, and a page."""
    shown = ScheduleShown.of(
        visit(), ScheduleRow("\udcff\n", "redis", None, b"{", True, error="bad\n")
    )

    assert ("\\udcff\\n", "", "", "bad\\n") == (
        shown.name, shown.job, shown.arguments, shown.error
    )  # fmt: skip
    assert f"{ROOT}recurring/!FF!0A/" == shown.url


def test_run(visit: Callable[..., Visit]) -> None:
    """A run leads to its job's page; one that was left out leads nowhere."""
    ran = RunShown.of(visit(), ScheduleRun("manual", 7, "f00", "mail"))
    missed = RunShown.of(visit(), ScheduleRun("missed", 10**30))

    assert (timestamps.from_epoch(7), f"{ROOT}results/f00/?queue=mail") == (
        ran.due, ran.result_url
    )  # fmt: skip
    assert (None, "", "", "") == (missed.due, missed.id, missed.result_url, missed.queue_url)
