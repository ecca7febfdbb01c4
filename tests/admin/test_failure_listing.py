"""Listings of failures know their list, their filter and how far they have looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.http import Http404

from django_resque.admin.failure_listing import Listing, known_lists, number
from django_resque.monitor.failure_groups import GroupsPage
from django_resque.monitor.failures import FailurePage
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

    from django_resque.admin.visit import Visit


def test_known_lists(visit: Callable[..., Visit], redis_client: redis.Redis) -> None:
    """Only what Redis names as failed lists are failed lists."""
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", "x", "y")

    assert {"failed": 0, "mail_failed": 2} == known_lists(visit(), "mail_failed")
    for name in ("queue:mail", "", "workers", "nothing"):
        with pytest.raises(Http404):
            known_lists(visit(), name)


def test_links_carry_list_and_filter(visit: Callable[..., Visit]) -> None:
    """From page to page, and from failures to groups, list and filter stay."""
    listing = Listing(visit(f"{ROOT}failed/?job=a&before=100"), "failures")

    shown = listing.failures(FailurePage("failed", [], 5000, 100, 100, 40), 50)

    assert f"{ROOT}failed/?list=failed&before=40&job=a" == shown.data.more_url
    assert f"{ROOT}failed/?list=failed&job=a" == shown.data.newest_url
    assert [f"{ROOT}failed/?list=failed&job=a", f"{ROOT}failed/groups/?list=failed&job=a"] == [
        each.url for each in shown.extra["views"]
    ]
    assert "Looked through the newest 4,960 of 5,000 failures." == shown.data.looked


def test_only_cheap_pages_are_live(visit: Callable[..., Visit]) -> None:
    """What reads thousands of records is not fetched every few seconds."""
    page, groups = FailurePage("failed", [], 0, 0, 0, None), GroupsPage([], 0, 0, None)

    assert Listing(visit(), "failures").failures(page, 50).live
    assert not Listing(visit(f"{ROOT}?job=a"), "failures").failures(page, 50).live
    assert not Listing(visit(), "failure_groups").groups(groups).live


def test_a_wrong_filter(visit: Callable[..., Visit]) -> None:
    """Without knowing what is asked for, nothing is shown, and that is said."""
    listing = Listing(visit(f"{ROOT}?since=soon"), "failures")

    assert listing.filter is None
    assert listing.failures(None, 50).data.wrong
    assert listing.groups(None).data.wrong


def test_number() -> None:
    """Large numbers are grouped."""
    assert "12,300" == number(12_300)
