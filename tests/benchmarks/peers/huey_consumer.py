"""Huey's consumer in the benchmarks' project.

``python -m tests.benchmarks.peers.huey_consumer thread`` or ``... process``.
"""

from __future__ import annotations

import sys

import django
from django.core.management import call_command
from huey.consumer_options import ConsumerConfig

from tests.benchmarks.project.huey_tasks import queue

if __name__ == "__main__":
    django.setup()
    call_command("check")
    # As its own program and its Django command set it up.
    config = ConsumerConfig(workers=1, worker_type=sys.argv[1], periodic=False)
    config.validate()
    config.setup_logger()
    queue.create_consumer(**config.values).run()
