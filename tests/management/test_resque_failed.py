"""``resque_failed`` lists, shows, retries, removes and clears failures."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from django_resque.wire.failure import digest
from tests.management.commands import run
from tests.records import record

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure

FIRST, SECOND = record("a.first", 1), record("b.second", 2, queue="file", error="x\x1b[2J")


@pytest.fixture(autouse=True)
def _failures(resque_settings: Configure, redis_client: redis.Redis) -> None:
    """Two failures and something unreadable."""
    del resque_settings
    redis_client.rpush("resque:failed", FIRST, SECOND, b"{oops")


def short(raw: bytes) -> str:
    """Return a digest as the list shows it."""
    return digest(raw)[:10]


def test_list() -> None:
    """The newest come first; what is not readable or printable harms nobody."""
    lines = run("resque_failed", "list").splitlines()

    assert "3 of 3 failures" == lines[0]
    assert [short(b"{oops"), short(SECOND), short(FIRST)] == [line[:10] for line in lines[2:]]
    assert "(unreadable)" in lines[2]
    assert "x\\x1b[2J" in lines[3]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--queue", "file"], [SECOND]),
        (["--class", "a.first"], [FIRST]),
        (["--limit", "1"], [b"{oops"]),
        (["--start", "2"], [FIRST]),
        (["--class", "nosuch"], []),
    ],
)
def test_list_some(options: list[str], expected: list[bytes]) -> None:
    """The list can be narrowed and paged."""
    rows = json.loads(run("resque_failed", "list", "--json", *options))

    assert [digest(raw) for raw in expected] == [row["digest"] for row in rows]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["list", "--queue", ""], "--queue: a name must not be empty"),
        (["list", "--class", ""], "--class: a name must not be empty"),
        (["list", "--start", "-1"], "--start: -1 is too few"),
        (["list", "--limit", "many"], "--limit: many is not a whole number"),
        (["retry", "--all", "--from-queue", ""], "--from-queue: a name must not be empty"),
        (["retry", "--all", "--queue", ""], "--queue: a name must not be empty"),
    ],
)
def test_wrong_options(redis_client: redis.Redis, argv: list[str], told: str) -> None:
    """What a script left unset is not taken for all there is, nor a wrong number for another."""
    with pytest.raises(CommandError, match=told):
        run("resque_failed", *argv)

    assert 3 == redis_client.llen("resque:failed")
    assert not redis_client.exists("resque:queues")


def test_list_of_several_lists(redis_client: redis.Redis) -> None:
    """The lists per queue are part of it."""
    redis_client.sadd("resque:failed_queues", "mail_failed")
    redis_client.rpush("resque:mail_failed", record("c.third"))

    assert "4 of 4 failures" in run("resque_failed", "list")
    assert "c.third" in run("resque_failed", "list", "--queue", "mail")


def test_list_of_several_lists_by_date(redis_client: redis.Redis) -> None:
    """The newest come first, whichever list they are in; one without a date delays no other."""
    times = ["05:00:00", "05:00:02", "05:00:01"]
    old, new, middle = (record("c", failed_at=f"2026/11/21 {at} UTC") for at in times)
    redis_client.delete("resque:failed")
    redis_client.sadd("resque:failed_queues", "mail_failed", "file_failed")
    redis_client.rpush("resque:mail_failed", old, new, b"{worse")
    redis_client.rpush("resque:file_failed", middle)

    rows = json.loads(run("resque_failed", "list", "--json"))

    expected = [b"{worse", new, middle, old]
    assert [digest(raw) for raw in expected] == [row["digest"] for row in rows]


def test_list_tells_what_was_retried() -> None:
    """A failure that was retried is still listed, and marked."""
    run("resque_failed", "retry", short(FIRST))

    lines = run("resque_failed", "list").splitlines()

    assert [False, False, True] == [line.endswith("  yes") for line in lines[2:]]


def test_list_for_programs() -> None:
    """JSON has all there is, and null for what there is not."""
    unreadable, _second, first = json.loads(run("resque_failed", "list", "--json"))

    error = unreadable.pop("error")
    assert "failure record is not JSON" in error
    assert {
        "digest": digest(b"{oops"),
        "list": "failed",
        "backtrace": [],
        **dict.fromkeys(("failed_at", "retried_at", "queue", "worker", "job", "args", "exception")),
    } == unreadable
    assert (None, "a.first", [1], ["line one", "line two"]) == (
        first["retried_at"],
        first["job"],
        first["args"],
        first["backtrace"],
    )


def test_show_without_a_job(redis_client: redis.Redis) -> None:
    """A payload that names no job is shown as it is, and why it cannot be read."""
    raw = record(payload={"args": [7]})
    redis_client.rpush("resque:failed", raw)

    printed = run("resque_failed", "show", digest(raw))

    assert "(unreadable: class is missing)" in printed
    assert '{"args":[7]}' in printed


def test_show() -> None:
    """All that the record tells is shown, traceback included."""
    printed = run("resque_failed", "show", digest(FIRST))

    for part in (digest(FIRST), "ValueError", "boom", "host:1:mail", '"args":[1]', "line two"):
        assert part in printed
    assert "payload is" not in printed
    assert "{oops" in run("resque_failed", "show", digest(b"{oops")[:6])


def test_retry(redis_client: redis.Redis) -> None:
    """A failure is retried once, to the queue of one's choice."""
    assert f"{short(FIRST)} retried on queue slow\n" == run(
        "resque_failed", "retry", short(FIRST), "--queue", "slow"
    )
    assert [b'{"class":"a.first","args":[1]}'] == redis_client.lrange("resque:queue:slow", 0, -1)
    with pytest.raises(CommandError, match="no failure has a digest"):
        run("resque_failed", "retry", short(FIRST))


def test_retry_and_remove(redis_client: redis.Redis) -> None:
    """The record can go with the retry."""
    run("resque_failed", "retry", short(SECOND), "--remove")

    assert [FIRST, b"{oops"] == redis_client.lrange("resque:failed", 0, -1)


def test_retry_several(redis_client: redis.Redis) -> None:
    """One that cannot be retried keeps no other from it, and is told at the end."""
    out = StringIO()
    with pytest.raises(CommandError) as raised:
        call_command("resque_failed", "retry", "ffffff", short(FIRST), short(b"{oops"), stdout=out)

    missing, unreadable = str(raised.value).splitlines()
    assert "ffffff: no failure has a digest that begins so; a retry gives it another" == missing
    assert f"{short(b'{oops')}: failure record is not JSON" == unreadable.partition(": Exp")[0]
    assert f"{short(FIRST)} retried on queue mail\n" == out.getvalue()
    assert 1 == redis_client.llen("resque:queue:mail")


def test_retry_all(redis_client: redis.Redis) -> None:
    """All are retried but the one that cannot be, which is told."""
    out = StringIO()
    with pytest.raises(CommandError, match=r"^1 cannot be retried"):
        call_command("resque_failed", "retry", "--all", stdout=out)

    assert "2 retried\n" == out.getvalue()
    assert (1, 1) == (
        redis_client.llen("resque:queue:mail"),
        redis_client.llen("resque:queue:file"),
    )


def test_retry_all_of_a_queue(redis_client: redis.Redis) -> None:
    """Only those of one queue, if so wished."""
    assert "1 retried\n" == run("resque_failed", "retry", "--all", "--from-queue", "file")
    assert not redis_client.exists("resque:queue:mail")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "arguments are required"),
        (["retry"], "or --all"),
        (["retry", "--all", "abcd"], "or --all"),
        (["retry", "--all", "--remove"], "clear --retried"),
        (["retry", digest(FIRST), "--from-queue", "mail"], "--from-queue goes with --all"),
        (["retry", digest(FIRST), "--queue", "a b"], "must not contain a space"),
        (["show", "abc"], "abc: give at least 4 hex digits"),
        (["show", "nosuchthing"], "nosuchthing: give at least 4 hex digits"),
        (["remove", "ffffffff"], "ffffffff: no failure has a digest"),
        (["retry", digest(b"{oops")], "failure record is not JSON"),
    ],
)
def test_refused(argv: list[str], message: str, redis_client: redis.Redis) -> None:
    """What is not clear is refused with a reason, and changes nothing."""
    with pytest.raises(CommandError, match=message) as raised:
        run("resque_failed", *argv)

    assert (2 if "--all" in message or "clear" in message else 1) == raised.value.returncode
    assert [FIRST, SECOND, b"{oops"] == redis_client.lrange("resque:failed", 0, -1)


def test_ambiguous(redis_client: redis.Redis) -> None:
    """A digest that could mean several failures means none."""
    records = {digest(raw)[:4]: raw for raw in (b"%d" % number for number in range(2000))}
    twins = next(
        (raw, records[digest(raw)[:4]])
        for raw in (b"%d" % number for number in range(2000, 99999))
        if digest(raw)[:4] in records
    )
    redis_client.rpush("resque:failed", *twins)

    expected = ", ".join(sorted(map(digest, twins)))
    with pytest.raises(CommandError, match=f"2 failures have a digest that begins so: {expected}"):
        run("resque_failed", "remove", digest(twins[0])[:4])
    assert set(twins) <= set(redis_client.lrange("resque:failed", 0, -1))


def test_remove_and_clear(redis_client: redis.Redis) -> None:
    """One goes, then the retried ones, then all."""
    assert f"{short(FIRST)} removed\n" == run("resque_failed", "remove", short(FIRST))
    run("resque_failed", "retry", short(SECOND))
    assert "1 removed\n" == run("resque_failed", "clear", "--retried")
    assert "1 removed\n" == run("resque_failed", "clear")
    assert not redis_client.exists("resque:failed")
