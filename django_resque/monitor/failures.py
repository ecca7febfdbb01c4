"""What there is to see of failures: pages of a failed list, and one failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.reading.failure_filter import FailureFilter
from django_resque.reading.failures import FailureRow
from django_resque.store.failures import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_resque.store import Store

_EVERYTHING = FailureFilter()


@dataclass(frozen=True, slots=True)
class FailurePage:
    """Some failures of one list, the newest first."""

    list: str
    rows: Sequence[FailureRow]
    total: int
    """How many failures the list has in all."""
    examined: int
    """How many were read to find these."""
    before: int
    """The index before which the page begins, counted from the oldest."""
    next_before: int | None
    """The same for the next page; None if nothing older follows."""


def failure_page(
    store: Store,
    list: str = MAIN,  # noqa: A002 the row's own word
    filter: FailureFilter = _EVERYTHING,  # noqa: A002
    before: int | None = None,
    count: int = 50,
    *,
    window: int = 2000,
) -> FailurePage:
    """Return failures that match, the newest first, in one round trip.

    ``before`` is an index that is counted from the oldest, so a page stays what it is when new
    failures come. With a filter no more than ``window`` failures are looked at, and fewer if they
    are large or enough are found; ``next_before`` is where to look on.
    """
    read = store.failures.window(list, before, window if filter else count)
    begin = end = read.total if before is None else max(0, min(before, read.total))
    rows = []
    for end, raw in read.indexed():
        row = FailureRow.read(list, end, raw)
        if filter.matches(row):
            rows.append(row)
            if len(rows) == count:
                break
    return FailurePage(list, rows, read.total, begin - end, begin, end or None)


def failure(store: Store, list: str, digest: str, hint: int) -> FailureRow | None:  # noqa: A002
    """Return the failure with this digest, seen at index ``hint``, in one round trip.

    None if it is gone, or farther from there than it is looked for.
    """
    found = store.failures.find_digest(list, digest, hint)
    return FailureRow.read(list, *found) if found else None


def failures_found(
    store: Store,
    list: str,  # noqa: A002
    addresses: Sequence[tuple[str, int]],
) -> Sequence[FailureRow]:
    """Return those of several failures, given by digest and index, that are still there."""
    found = store.failures.find_digests(list, addresses)
    return [FailureRow.read(list, *each) for each in found if each]


def failed_lists(store: Store) -> dict[str, int]:
    """Return the failed lists with the number of failures in each, in two round trips."""
    names = store.failures.lists()
    return dict(zip(names, store.failures.counts(names), strict=True))


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
