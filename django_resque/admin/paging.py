"""Links from one part of a long list to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the parts before and after this one are; empty where there is none."""

    previous: str = ""
    next: str = ""

    @classmethod
    def around(cls, visit: Visit, previous: int | None, following: int | None) -> Pages:
        """Link to the parts of this page that begin at these numbers, if there are any."""
        links = [
            "" if at is None else here(visit, start=at or None) for at in (previous, following)
        ]
        return cls(*links)

    @classmethod
    def of(cls, visit: Visit, start: int, count: int, total: int) -> Pages:
        """Link to the parts before and after the ``count`` rows from ``start`` on."""
        before = max(0, start - count) if start else None
        return cls.around(visit, before, start + count if start + count < total else None)


def here(visit: Visit, **changes: object) -> str:
    """Return the URL of this page with other values in its query; None takes one out."""
    query = visit.request.GET.copy()
    query.pop("format", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = str(value)
    return f"{visit.request.path}?{query.urlencode()}" if query else visit.request.path
