"""What there is to see of failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.reading.failures import FailureRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.store import Store


def failures(store: Store, name: str, start: int = 0, count: int = 20) -> list[FailureRow]:
    """Return a page of a failed list, the newest first, reading no more than that page."""
    (total,) = store.failures.counts([name])
    end = total - max(0, start)
    begin = max(0, end - max(0, count))
    if end <= begin:
        return []
    raws = store.failures.page(name, begin, end - begin)
    return [FailureRow.read(name, begin + at, raw) for at, raw in enumerate(raws)][::-1]


def all_failures(store: Store, name: str) -> Iterator[FailureRow]:
    """Iterate over a whole failed list in chunks, the newest first."""
    for index, raw in store.failures.scan(name):
        yield FailureRow.read(name, index, raw)


def find_failures(store: Store, prefix: str) -> list[FailureRow]:
    """Return the failures, in any list, whose digest begins with ``prefix``."""
    return [
        FailureRow.read(name, index, raw)
        for name in store.failures.lists()
        for index, raw in store.failures.find(name, prefix)
    ]
