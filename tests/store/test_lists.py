"""Long lists are read in bounded pieces, whatever lies in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import StoreError
from django_resque.store.lists import Window, find_digest, find_digests, read_window
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    import redis

    from django_resque.store.commander import PooledCommander
    from tests.trips import Trips

LARGE = b"x" * 10_000_000


def numbers(client: redis.Redis, count: int) -> None:
    """Fill the list ``long`` with numbers."""
    pipeline = client.pipeline(transaction=False)
    for start in range(0, count, 10_000):
        pipeline.rpush("long", *range(start, min(start + 10_000, count)))
    pipeline.execute()


@pytest.mark.parametrize(
    ("start", "count", "down", "expected", "following"),
    [
        (0, 3, False, [0, 1, 2], 3),
        (97, 3, False, [97, 98, 99], None),
        (98, 50, False, [98, 99], None),
        (-1, 50, False, [99], None),
        (100, 50, False, [], None),
        (10**30, 50, False, [], None),
        (0, 0, False, [], None),
        (0, -1, False, [], None),
        (-1, 3, True, [99, 98, 97], 96),
        (-(10**30), 1, True, [99], 98),
        (10**30, 1, True, [99], 98),
        (2, 3, True, [2, 1, 0], None),
        (2, 10**30, True, [2, 1, 0], None),
        (40, 41, True, [*range(40, -1, -1)], None),
        (0, 100, False, [*range(100)], None),
    ],
)
def test_window(
    commander: PooledCommander,
    redis_client: redis.Redis,
    *,
    start: int,
    count: int,
    down: bool,
    expected: list[int],
    following: int | None,
) -> None:
    """A window has the items asked for with their indexes, both ways, and says where to go on."""
    numbers(redis_client, 100)

    window = read_window(commander, "long", start, count, down=down)

    assert [(index, b"%d" % index) for index in expected] == list(window.indexed())
    assert (100, following) == (window.total, window.next)


def test_windows_of_a_long_list(
    commander: PooledCommander, redis_client: redis.Redis, trips: Trips
) -> None:
    """Window by window the whole list is read once, in a round trip each."""
    numbers(redis_client, 100_000)
    seen: list[int] = []
    start: int | None = -1
    while start is not None:
        window = read_window(commander, "long", start, 10**9, down=True)
        seen += (int(item) for item in window.items)
        start = window.next

    assert [*range(99_999, -1, -1)] == seen
    assert 10 == trips.count()


@pytest.mark.parametrize("down", [False, True])
def test_window_of_large_items(
    commander: PooledCommander, redis_client: redis.Redis, trips: Trips, down: bool
) -> None:
    """A window ends before the item that is too large for it; one item comes whatever its size."""
    for item in (b"a", b"b", LARGE, LARGE, b"c"):
        redis_client.rpush("long", item)
    sizes = []
    start: int | None = 4 if down else 0
    while start is not None:
        window = read_window(commander, "long", start, 50, down=down)
        sizes.append([len(item) for item in window.items])
        assert trips.received() < 10_001_000
        start = window.next

    expected = [[1, 1], [10_000_000], [10_000_000], [1]]
    assert (expected[::-1] if down else expected) == sizes


def test_window_of_many_bytes(
    commander: PooledCommander, redis_client: redis.Redis, trips: Trips
) -> None:
    """Of thousands of large items those come that fit."""
    redis_client.rpush("long", *([b"x" * 10_000] * 2000))

    assert 800 == len(read_window(commander, "long", 0, 2000).items)
    assert trips.received() < 8_001_000
    assert 5 == len(read_window(commander, "long", 0, 2000, most_bytes=50_000).items)


def test_window_of_nothing(commander: PooledCommander, redis_client: redis.Redis) -> None:
    """No list, or another type of key, is an empty list; what Redis refuses otherwise is told."""
    redis_client.set("text", "no list")

    for key in ("none", "text"):
        assert Window(0, 0, [], down=True) == read_window(commander, key, -1, 50, down=True)
        assert Window(0, 7, []) == read_window(commander, key, 7, 50)
        assert find_digest(commander, key, digest(b"no list"), 0) is None
    with _denied(redis_client), pytest.raises(StoreError):
        read_window(commander, "none", 0, 1)
    with _denied(redis_client), pytest.raises(StoreError):
        find_digest(commander, "none", "", 0)


class _denied:  # noqa: N801 reads as a word in the tests
    """Takes LLEN from everybody."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def __enter__(self) -> None:
        self._client.execute_command("ACL", "SETUSER", "default", "-llen")

    def __exit__(self, *_: object) -> None:
        self._client.execute_command("ACL", "SETUSER", "default", "+llen")


@pytest.mark.parametrize("hint", [50, 49, 51, 0, 99, -1, 100, 10**30, -(10**30)])
def test_find(
    commander: PooledCommander, redis_client: redis.Redis, trips: Trips, hint: int
) -> None:
    """An item is found wherever it is by now, in one round trip."""
    numbers(redis_client, 100)

    assert (50, b"50") == find_digest(commander, "long", digest(b"50"), hint)
    assert find_digest(commander, "long", digest(b"none"), hint) is None
    assert find_digest(commander, "long", "no digest", hint) is None
    assert 3 == trips.count()


def test_find_the_nearest(commander: PooledCommander, redis_client: redis.Redis) -> None:
    """Of items with the same bytes it is that at the hint, or the nearest to it on each side."""
    redis_client.rpush("long", *("ab" * 50))
    address = digest(b"a")

    assert [(40, b"a"), (98, b"a")] == [
        find_digest(commander, "long", address, hint) for hint in (40, 99)
    ]


def test_find_looks_no_farther(
    commander: PooledCommander, redis_client: redis.Redis, trips: Trips
) -> None:
    """A search looks at so many items at most, and at so many bytes."""
    numbers(redis_client, 30_000)
    far = digest(b"29000")

    assert find_digest(commander, "long", far, 0) is None
    assert (29_000, b"29000") == find_digest(commander, "long", far, 25_000)
    assert find_digest(commander, "long", far, 28_990, within=10) is None
    redis_client.rpush("huge", *([LARGE] * 8), "end")
    assert find_digest(commander, "huge", digest(b"end"), 0) is None
    assert (8, b"end") == find_digest(commander, "huge", digest(b"end"), 6)
    assert trips.received() < 1000


def test_find_several(commander: PooledCommander, redis_client: redis.Redis, trips: Trips) -> None:
    """Several items are found in two round trips, in the order asked for."""
    numbers(redis_client, 100)
    addresses = [(digest(b"%d" % number), number) for number in (7, 200, 3)]

    assert [(7, b"7"), None, (3, b"3")] == find_digests(commander, "long", addresses)
    assert 2 == trips.count()
    assert [(7, b"7")] == find_digests(commander, "long", addresses[:1])
    assert [] == find_digests(commander, "long", [])
    assert 1 == trips.count()


def test_garbage_is_found(commander: PooledCommander, redis_client: redis.Redis) -> None:
    """Items are bytes of any kind, the empty ones too."""
    raws: list[Any] = [b"", b"\xff\x00", b"null", "\u2028".encode()]
    redis_client.rpush("long", *raws)

    assert list(enumerate(raws)) == [
        find_digest(commander, "long", digest(raw).upper(), 0) for raw in raws
    ]
