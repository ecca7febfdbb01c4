"""RQ's worker pool in the benchmarks' project: ``python -m tests.benchmarks.peers.rq_pool 4``."""

from __future__ import annotations

import sys

import django
import redis
from django.conf import settings
from django.core.management import call_command
from rq.worker_pool import WorkerPool

import tests.benchmarks.project.work  # noqa: F401 by the parent, as RQ's guide advises

if __name__ == "__main__":
    django.setup()
    call_command("check")
    connection = redis.Redis.from_url(settings.REDIS_URL)
    WorkerPool(["bench"], connection, num_workers=int(sys.argv[1])).start()
