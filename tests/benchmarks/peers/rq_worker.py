"""RQ's Worker in the benchmarks' project: ``python -m tests.benchmarks.peers.rq_worker``."""

from __future__ import annotations

import django
import redis
import rq
from django.conf import settings
from django.core.management import call_command

import tests.benchmarks.project.work  # noqa: F401 by the parent, as RQ's guide advises

if __name__ == "__main__":
    django.setup()
    call_command("check")  # as every management command does, which loads the URLs
    rq.Worker(["bench"], connection=redis.Redis.from_url(settings.REDIS_URL)).work()
