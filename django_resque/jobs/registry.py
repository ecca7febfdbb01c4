"""The jobs of this process by their names; only what is registered here is ever performed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DuplicateJob, UnknownJob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.jobs.definition import Job


class Registry:
    """Knows every job by the name it bears in payloads."""

    def __init__(self) -> None:
        """Start without any job."""
        self._jobs: dict[str, Job[..., Any]] = {}

    def add(self, job: Job[..., Any]) -> None:
        """Make a job known. Raises DuplicateJob if its name belongs to other code."""
        known = self._jobs.get(job.name)
        # A module that is imported again brings the same job in a newer edition.
        if known is not None and known.path != job.path:
            raise DuplicateJob(job.name, known.path, job.path)
        self._jobs[job.name] = job

    def find(self, name: str) -> Job[..., Any] | None:
        """Return the job of that name, or None."""
        return self._jobs.get(name)

    def get(self, name: str) -> Job[..., Any]:
        """Return the job of that name. Raises UnknownJob, naming similar ones."""
        job = self._jobs.get(name)
        if job is None:
            raise UnknownJob(name, self.near(name))
        return job

    def near(self, name: str) -> list[str]:
        """Return the few registered names most like ``name``."""
        return get_close_matches(name, self._jobs, n=5, cutoff=0.8)

    def __iter__(self) -> Iterator[Job[..., Any]]:
        """Iterate over the jobs, sorted by name."""
        return iter([self._jobs[name] for name in sorted(self._jobs)])

    def __len__(self) -> int:
        """Count the jobs."""
        return len(self._jobs)

    def __contains__(self, name: object) -> bool:
        """Tell whether a job bears that name."""
        return name in self._jobs


registry = Registry()
"""All jobs that were imported into this process."""
