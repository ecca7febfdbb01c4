"""A moment is read in the time zone of the page, and is never naive."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from django.utils import timezone as django_timezone

from django_resque.admin.moments import MomentForm

EXPECTED = datetime(2033, 5, 18, 1, 33, tzinfo=timezone.utc)


def test_current_zone() -> None:
    """What a browser sends is meant in the zone that is current."""
    with django_timezone.override("Europe/Berlin"):
        form = MomentForm({"moment": "2033-05-18T03:33"})
        assert form.is_valid()
    assert EXPECTED == form.cleaned_data["moment"]


def test_without_time_zones(settings: Any) -> None:
    """A project without time zones has one all the same."""
    settings.USE_TZ = False
    settings.TIME_ZONE = "Europe/Berlin"

    form = MomentForm({"moment": "2033-05-18T03:33"})

    assert form.is_valid()
    assert EXPECTED == form.cleaned_data["moment"]


@pytest.mark.parametrize("text", ["", "soon", "2033-05-18T25:00", "<b>"])
def test_no_moment(text: str) -> None:
    """What is no moment is refused."""
    assert not MomentForm({"moment": text}).is_valid()


def test_gap() -> None:
    """A time that the clocks leave out is refused, not guessed."""
    with django_timezone.override("Europe/Berlin"):
        assert not MomentForm({"moment": "2027-03-28T02:30"}).is_valid()
