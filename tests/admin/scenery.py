"""Something of everything that the pages show, for tests that look at all of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django_resque.wire import timestamps
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import Reservation
from tests.records import claim, record

if TYPE_CHECKING:
    import redis

OURS = "web~0123456789ab:7:mail"
SILENT = "old~0123456789ab:8:mail"
FOREIGN = "ruby:9:low"
_JOB = b'{"class":"shop.send","args":[1,{"password":"hunter2"}],"id":"a1","queued_at":1.0}'
_FAILURES = [
    record("shop.send", 1),
    record("shop.send", 2, retried_at="2026/11/22 04:48:58 UTC"),
    record(
        exception="django_resque.exceptions.DirtyExit",
        error="Child process received unhandled signal pid 7 SIGKILL (signal 9); peak memory 9 MB",
        backtrace=[],
    ),
    b"{oops",
]
_VITALS = Vitals("working", memory=10**6, peak=10**6, job_memory=10**6, version="1")


def fill(client: redis.Redis) -> None:
    """Put queues, jobs, workers and failures of several kinds into Redis."""
    client.sadd("resque:queues", "mail", "low")
    client.sadd("resque:queues:paused", "low")
    client.rpush("resque:queue:mail", _JOB, b"{oops")
    client.rpush("resque:failed", *_FAILURES)
    client.sadd("resque:failed_queues", "mail_failed")
    client.rpush("resque:mail_failed", *_FAILURES)
    client.sadd("resque:workers", OURS, SILENT, FOREIGN, b"nonsense")
    held = Reservation(OURS, "mail", "2026-11-21T04:48:58Z", _JOB, "rid-1").encode()
    client.set(f"resque:worker:{OURS}", held)
    client.set(f"resque:worker:{FOREIGN}", claim())
    client.set(f"resque:stat:failed:{OURS}", 3)
    seconds, _ = client.time()
    client.hset("resque:workers:heartbeat", OURS, timestamps.heartbeat(seconds))
    client.hset("resque:workers:heartbeat", SILENT, timestamps.heartbeat(seconds - 10**6))
    client.hset("resque:workers:vitals", OURS, _VITALS.encode())
    client.set("resque:pause-all-workers", "true")


def digest(raw: bytes) -> str:
    """Return by what a job or failure is addressed."""
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()


PAGES = {
    "overview": "",
    "queues": "queues/",
    "queues not found": "queues/?q=nothing",
    "queue": "queues/mail/",
    "queue searched": "queues/mail/?q=send",
    "queue empty": "queues/low/",
    "waiting job": f"queues/mail/jobs/{digest(_JOB)}/?at=0",
    "unreadable job": f"queues/mail/jobs/{digest(b'{oops')}/?at=1",
    "jobs": "jobs/",
    "jobs not found": "jobs/?q=nothing",
    "working": "working/",
    "workers": "workers/",
    "workers searched": "workers/?q=web&state=working",
    "our worker": f"workers/{OURS}/",
    "silent worker": f"workers/{SILENT}/",
    "foreign worker": f"workers/{FOREIGN}/",
    "unreadable worker": "workers/nonsense/",
    "failures": "failed/",
    "failures filtered": "failed/?job=send&queue=mail&since=2026-01-01T00:00",
    "failures not found": "failed/?job=nothing",
    "failures of a wrong filter": "failed/?since=nonsense",
    "groups": "failed/groups/",
    **{
        f"failure {number}": f"failed/failed/{digest(raw)}/" for number, raw in enumerate(_FAILURES)
    },
    "stats": "stats/",
    "keys": "stats/keys/",
    "key": "stats/keys/resque:queue:mail/",
}
"""The pages that show it, by what they show: their addresses below the overview's."""
