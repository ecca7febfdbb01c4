"""A filter is read from what was given, carried on by links, and told in words."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from django.http import QueryDict

from django_resque.admin.failure_filters import carried, chosen, in_words, link
from django_resque.reading.failure_filter import FailureFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser

MORNING = datetime(2026, 11, 21, 8, 0, tzinfo=timezone.utc)


def read(visit: Visit, **given: str) -> FailureFilter | None:
    """Return the filter that a query asks for."""
    query = QueryDict(mutable=True)
    query.update(given)
    return chosen(visit, query)[1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, FailureFilter()),
        ({"job": " shop.send ", "queue": "", "next": "/x"}, FailureFilter(job="shop.send")),
        ({"since": "2026-11-21T09:00"}, FailureFilter(since=MORNING)),
        ({"until": "2026-11-21 09:00"}, FailureFilter(until=MORNING)),
        ({"state": "waiting", "group": "ab"}, FailureFilter(state="waiting", group="ab")),
        ({"since": "soon"}, None),
        ({"state": "odd"}, None),
        ({"text": "x" * 1001}, None),
    ],
)
def test_chosen(
    visit: Callable[..., Visit], settings: Any, given: dict[str, str], expected: FailureFilter
) -> None:
    """Times are those of the project's time zone; what cannot be read is no filter at all."""
    settings.TIME_ZONE = "Europe/Berlin"

    assert expected == read(visit(), **given)


def test_arguments_are_for_some(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """Who may not see arguments does not search them."""
    found = read(visit(user=staff("view_resque")), text="a")

    assert FailureFilter(text="a", in_arguments=False) == found


def test_carried(visit: Callable[..., Visit]) -> None:
    """Links carry what was given, as it was given, and nothing else."""
    query = QueryDict("job= a &state=all&since=soon&before=7&group=ab&text=")

    form, _filter = chosen(visit(), query)

    assert {"job": "a", "since": "soon", "group": "ab"} == carried(form)


def test_link() -> None:
    """A link holds what is given, whatever characters it has."""
    assert "/x/" == link("/x/", a="", b=None)
    assert "/x/?list=a%26b&before=0&job=%3F" == link("/x/", list="a&b", before=0, job="\ud800")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (FailureFilter(), ""),
        (FailureFilter(in_arguments=False), ""),
        (
            FailureFilter(job="a", queue="b\x1b", exception="C", text="%s", state="waiting"),
            "job a, queue b\\x1b, exception C, text “%s”, state “Not retried”",
        ),
        (FailureFilter(group="ab12"), "group ab12"),
        (FailureFilter(since=MORNING), "failed since Nov. 21, 2026, 9 a.m."),
    ],
)
def test_in_words(settings: Any, given: FailureFilter, expected: str) -> None:
    """All that is asked for is told, also the times."""
    settings.TIME_ZONE = "Europe/Berlin"

    assert expected == in_words(given)


def test_a_group_in_words() -> None:
    """A group is told by what it stands for, where that is known; where none is asked for, none."""
    assert "group KeyError" == in_words(FailureFilter(group="ab12"), "KeyError")
    assert "job a" == in_words(FailureFilter(job="a"), "KeyError")
