"""The project's tasks, for Huey."""

from __future__ import annotations

import huey
from django.conf import settings

from tests.benchmarks.project import work

queue = huey.RedisHuey("bench", url=settings.REDIS_URL)
noop = queue.task()(work.noop)
mark = queue.task()(work.mark)
