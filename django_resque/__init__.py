"""Background jobs for Django over Redis, sharing queues with every Resque client."""

from django_resque.jobs import delayed, queues
from django_resque.jobs.client import (
    dequeue,
    dequeue_delayed,
    enqueue,
    enqueue_at,
    enqueue_at_to,
    enqueue_in,
    enqueue_in_to,
    enqueue_to,
)
from django_resque.jobs.decorating import job
from django_resque.jobs.definition import Job
from django_resque.jobs.enqueueing import JobHandle
from django_resque.jobs.plugins import Plugin
from django_resque.schedule import schedules
from django_resque.version import __version__, get_version

__all__ = [
    "Job",
    "JobHandle",
    "Plugin",
    "__version__",
    "delayed",
    "dequeue",
    "dequeue_delayed",
    "enqueue",
    "enqueue_at",
    "enqueue_at_to",
    "enqueue_in",
    "enqueue_in_to",
    "enqueue_to",
    "get_version",
    "job",
    "queues",
    "schedules",
]
