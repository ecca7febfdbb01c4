"""The registry: every job that this project knows, and enqueueing one by hand."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin.addresses import address
from django_resque.admin.answers import Done, Entry, Shown
from django_resque.admin.arguments import clean
from django_resque.admin.forms import EnqueueForm, JobForm, secret_names
from django_resque.admin.hints import signature
from django_resque.admin.rows import GoneShown
from django_resque.conf import get_settings
from django_resque.jobs.registry import registry
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.jobs.definition import Job


@dataclass(frozen=True, slots=True)
class RegisteredShown:
    """One registered job, as a row."""

    name: str
    description: str
    """The first line of its docstring."""
    path: str
    queue: str
    queue_url: str
    options: list[str]
    """What its options say, where they say something."""
    url: str


@dataclass(frozen=True, slots=True)
class RegistryShown:
    """The registered jobs, or those that are searched for."""

    jobs: list[RegisteredShown]
    total: int
    query: str


@dataclass(frozen=True, slots=True)
class JobDetail:
    """All that there is to see of a registered job."""

    job: RegisteredShown
    signature: str
    documentation: str
    hooks: list[str]
    """The hook methods of a job that is a class."""


def show_all(visit: Visit) -> Shown:
    """Show the registered jobs."""
    query = visit.text("q")
    sought = query.casefold()
    jobs = [
        job
        for job in registry
        if sought in "\n".join([job.name, job.path, job.description, _queue(job)]).casefold()
    ]
    data = RegistryShown([_row(visit, job) for job in jobs], len(registry), printable(query))
    return Shown("jobs", _("Jobs"), data, tab="jobs", live=False)


def show(visit: Visit, job: str) -> Shown:
    """Show one registered job, with a form to enqueue it."""
    found = registry.find(job)
    if found is None:
        return _unknown(visit, job)
    where = EnqueueForm(initial={"queue": _queue(found), "at_front": found.at_front})
    return _page(visit, found, JobForm(found.name), where)


def enqueue(visit: Visit, job: str) -> Done | Shown:
    """Enqueue a registered job with the arguments of a form."""
    found = registry.find(job)
    if found is None:
        return _unknown(visit, job)
    form, where = JobForm(found.name, visit.request.POST), EnqueueForm(visit.request.POST)
    if not (form.is_valid() & where.is_valid()):
        return _page(visit, found, form, where)
    queue, at_front = where.cleaned_data["queue"], where.cleaned_data["at_front"]
    args, kwargs = form.call()
    handle = found.using(queue=queue, at_front=at_front).enqueue(*args, **kwargs)
    page, name = visit.url("job", job=found.name), printable(found.name)
    if not handle:
        told = _("Not enqueued: a before_enqueue hook of %s refused it.") % name
        return Done(told, page, level=messages.WARNING)
    where_to = {"job": name, "queue": printable(handle.queue)}
    entry = Entry(
        address("job", found.name), name, _("Enqueued to queue %(queue)s.") % where_to, ADDITION
    )
    return Done(_("Enqueued %(job)s to queue %(queue)s.") % where_to, page, [entry])


def _page(visit: Visit, job: Job[..., Any], form: JobForm, where: EnqueueForm) -> Shown:
    data = JobDetail(
        job=_row(visit, job),
        signature=printable(signature(job, secret_names(job)), 2000),
        documentation=clean(inspect.getdoc(inspect.unwrap(job)) or ""),
        hooks=[name for _moment, name in job.hook_methods],
    )
    trail = [(_("Jobs"), visit.url("jobs"))]
    extra = {"form": form, "where": where, "run_url": visit.url("enqueue_job", job=job.name)}
    return Shown("job", data.job.name, data, tab="jobs", trail=trail, extra=extra, live=False)


def _unknown(visit: Visit, name: str) -> Shown:
    reason = _("No job called %s is registered here.") % printable(name)
    data = GoneShown(reason, visit.url("jobs"), _("To all jobs"))
    return Shown("gone", _("Not a registered job"), data, tab="jobs", status=404, live=False)


def _row(visit: Visit, job: Job[..., Any]) -> RegisteredShown:
    queue = _queue(job)
    return RegisteredShown(
        name=printable(job.name),
        description=printable(job.description, 300),
        path=printable(job.path, 300),
        queue=printable(queue),
        queue_url=visit.url("queue", queue=queue),
        options=_options(job),
        url=visit.url("job", job=job.name),
    )


def _queue(job: Job[..., Any]) -> str:
    return job.queue or get_settings().default_queue


def _in_one_child(count: int) -> str:
    # Translators: an option of a job: how many of its kind one process performs.
    return ngettext("%s in one child", "%s in one child", count) % count


def _options(job: Job[..., Any]) -> list[str]:
    said = [
        # Translators: an option of a job: how many seconds it may take.
        job.timeout and _("at most %s s") % f"{job.timeout:g}",
        job.max_memory and _("up to %s of memory") % filesizeformat(job.max_memory),
        job.jobs_per_fork and _in_one_child(job.jobs_per_fork),
        job.ids is not None and (_("with ids") if job.ids else _("without ids")),
        *(type(plugin).__name__ for plugin in job.plugins),
    ]
    return [printable(each) for each in said if each]
