"""All that is known of a failure is shown, without secrets, and not without end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from django_resque.admin.failure_details import FailureDetails
from django_resque.jobs.decorating import job
from django_resque.jobs.registry import Registry, registry
from django_resque.reading.failures import FailureRow
from tests.admin.conftest import ROOT
from tests.records import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser

MASK = "*" * 20


@pytest.fixture
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a job, for one test."""
    monkeypatch.setattr(registry, "_jobs", dict(Registry()._jobs))

    @job(name="shop.login")
    def login(user: str, password: str, *, token: str = "") -> None:
        """Log in."""


def details(visit: Visit, raw: bytes) -> FailureDetails:
    """Show a record."""
    return FailureDetails.of(visit, FailureRow.read("failed", 5, raw), "", "")


@pytest.mark.usefixtures("_login")
def test_secrets_are_masked(visit: Callable[..., Visit]) -> None:
    """What is named like a secret is shown nowhere: arguments, error, traceback, raw record."""
    raw = record(
        "shop.login",
        "ada",
        "canary1",
        {"**": {"token": "canary2"}},
        error="canary1 is wrong",
        backtrace=["ValueError: canary2", "canary1"],
    )

    shown = details(visit(), raw)

    assert [("user", '"ada"'), ("password", f'"{MASK}"'), ("token", f'"{MASK}"')] == [
        (each.name, each.text) for each in shown.arguments or ()
    ]
    assert f"{MASK} is wrong" == shown.error
    assert "canary" not in repr(shown)
    assert ["ada", MASK, {"**": {"token": MASK}}] == json.loads(shown.raw)["payload"]["args"]
    assert f"{ROOT}jobs/shop.login/" == shown.job_url


def test_arguments_are_for_some(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """Who may not see arguments sees neither them nor the record that holds them."""
    shown = details(visit(user=staff("view_resque")), record("a", "canary"))

    assert (None, "") == (shown.arguments, shown.raw)
    assert "canary" not in repr(shown)


def test_a_job_that_is_not_registered(visit: Callable[..., Visit]) -> None:
    """It has no page, and its arguments have numbers."""
    shown = details(visit(), record("shop.unknown", [1]))

    assert ("shop.unknown", "") == (shown.job, shown.job_url)
    assert ["1"] == [each.name for each in shown.arguments or ()]


def test_what_cannot_be_read(visit: Callable[..., Visit]) -> None:
    """Bytes that are no failure are shown as they are, controls spelt out."""
    shown = details(visit(), b"\xff\x1b{oops\nnext")

    assert ("\\xff\\x1b{oops\nnext", [], []) == (shown.raw, shown.arguments, shown.backtrace)
    assert "is not" in shown.unreadable


def test_endless(visit: Callable[..., Visit]) -> None:
    """A record of many megabytes makes no page of many megabytes."""
    raw = record("a", "x" * 3_000_000, ["y"] * 100_000, error="e\n" * 1_000_000)

    shown = details(visit(), raw)

    assert 10_000 == len(shown.error)
    assert 64_000 == len(shown.raw)
    assert sum(len(each.text) for each in shown.arguments or ()) <= 64_000


def test_a_record_that_only_escapes_can_carry(visit: Callable[..., Visit]) -> None:
    """Half a character in any place is spelt out."""
    raw = record("a", "\ud800", error="\ud800", worker="\ud800", extra="\ud800")

    shown = details(visit(), raw)

    assert ("\\ud800", "\\ud800") == (shown.error, shown.worker)
    shown.raw.encode()
