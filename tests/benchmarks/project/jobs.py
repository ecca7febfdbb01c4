"""The project's jobs, for django-resque."""

from __future__ import annotations

from django_resque import job
from tests.benchmarks.project import work

noop = job(queue="bench", name="noop")(work.noop)
mark = job(queue="bench", name="mark")(work.mark)
