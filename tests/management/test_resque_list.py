"""``resque_list`` shows workers as Ruby's ``resque list`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.management.commands import run
from tests.records import claim

if TYPE_CHECKING:
    import redis

    from django_resque.store import Store


def test_list(resque_store: Store, redis_client: redis.Redis) -> None:
    """A line each, or None."""
    del resque_store
    assert "None\n" == run("resque_list")

    redis_client.sadd("resque:workers", "a:1:mail", "b:2:evil\x1b[2J")
    redis_client.set("resque:worker:a:1:mail", claim())

    assert "a:1:mail (working)\nb:2:evil\\x1b[2J (idle)\n" == run("resque_list")
