"""The same project with django-resque in it."""

from __future__ import annotations

from tests.benchmarks.project import settings
from tests.benchmarks.project.settings import *  # noqa: F403 all of it, and a little more

INSTALLED_APPS = [*settings.INSTALLED_APPS, "django_resque"]
RESQUE = {"URL": settings.REDIS_URL}
