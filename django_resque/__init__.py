"""Background jobs for Django over Redis, sharing queues with every Resque client."""

from django_resque.jobs import delayed, queues, results
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
from django_resque.jobs.current import CurrentJob, get_current_job
from django_resque.jobs.decorating import job
from django_resque.jobs.definition import Job
from django_resque.jobs.handles import JobHandle
from django_resque.jobs.plugins import Plugin
from django_resque.jobs.retry import Exponential, Retry
from django_resque.jobs.signatures import Chain, Group, Signature, chain, group
from django_resque.jobs.together import ChainHandle, GroupHandle
from django_resque.schedule import schedules
from django_resque.version import __version__, get_version

__all__ = [
    "Chain",
    "ChainHandle",
    "CurrentJob",
    "Exponential",
    "Group",
    "GroupHandle",
    "Job",
    "JobHandle",
    "Plugin",
    "Retry",
    "Signature",
    "__version__",
    "chain",
    "delayed",
    "dequeue",
    "dequeue_delayed",
    "enqueue",
    "enqueue_at",
    "enqueue_at_to",
    "enqueue_in",
    "enqueue_in_to",
    "enqueue_to",
    "get_current_job",
    "get_version",
    "group",
    "job",
    "queues",
    "results",
    "schedules",
]
