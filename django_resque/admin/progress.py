"""How far a job is, as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django_resque.admin.visit import Visit
    from django_resque.wire.result import Progress


@dataclass(frozen=True, slots=True)
class ProgressShown:
    """What a job has told of its progress."""

    done: float | None
    total: float | None
    percent: int | None
    """The part that is done; None where the job does not tell."""
    message: str
    """Its own words; empty for those who may not see arguments, of which it may tell."""
    told_at: datetime | None
    """When it last gave a sign."""

    @classmethod
    def of(cls, visit: Visit, progress: Progress | None) -> ProgressShown | None:
        """Show progress; None where nothing was told."""
        if progress is None:
            return None
        fraction = progress.fraction
        return cls(
            done=progress.done,
            total=progress.total,
            percent=None if fraction is None else int(fraction * 100),
            message=printable(progress.message) if visit.may["view_arguments"] else "",
            told_at=progress.told_at,
        )
