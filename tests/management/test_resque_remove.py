"""``resque_remove`` strikes workers off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management.base import CommandError

from tests.management.commands import run
from tests.records import claim

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_remove(resque_store: Store, redis_client: redis.Redis) -> None:
    """Each worker named goes, its job fails, and one that is not there is told."""
    redis_client.sadd("resque:workers", "a:1:mail", "b:2:mail")
    redis_client.set("resque:worker:a:1:mail", claim())

    printed = run("resque_remove", "a:1:mail", "b:2:mail")

    assert "a:1:mail removed; its job failed\nb:2:mail removed\n" == printed
    assert ([], 1) == (resque_store.workers.ids(), redis_client.llen("resque:failed"))
    with pytest.raises(CommandError, match="No worker a:1:mail"):
        run("resque_remove", "a:1:mail")


def test_unset_variable() -> None:
    """An empty id is told as the mistake that it is."""
    with pytest.raises(CommandError, match="a name must not be empty"):
        run("resque_remove", "")
