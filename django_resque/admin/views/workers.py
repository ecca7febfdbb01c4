"""Workers: which there are, what they work on, and the orders they are given."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.admin.models import DELETION
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque import wiring
from django_resque.admin.addresses import address
from django_resque.admin.answers import Confirm, Done, Entry, Shown
from django_resque.admin.arguments import one_by_one
from django_resque.admin.paging import Pages, here
from django_resque.admin.worker_rows import WorkerShown
from django_resque.conf import get_settings
from django_resque.control import workers as control
from django_resque.monitor import workers as monitor
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_resque.admin.arguments import ArgumentShown
    from django_resque.admin.visit import Visit

_AT_ONCE = 100
_STATES = ("working", "idle", "paused", "stopping", monitor.SILENT)


@dataclass(frozen=True, slots=True)
class HostShown:
    """The workers of one host."""

    name: str
    workers: list[WorkerShown]


@dataclass(frozen=True, slots=True)
class StateShown:
    """How many workers are in a state, and where only these are shown."""

    name: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class WorkersShown:
    """Some of the workers, host by host."""

    hosts: list[HostShown]
    total: int
    """Workers that were looked for, on all pages."""
    states: list[StateShown]
    all: int
    """All workers there are."""
    paused: bool
    """Whether all workers are told to pause."""
    query: str
    state: str
    pages: Pages


@dataclass(frozen=True, slots=True)
class WorkingShown:
    """Some of the workers that have a job, the longest running first."""

    workers: list[WorkerShown]
    total: int
    paused: bool
    pages: Pages


@dataclass(frozen=True, slots=True)
class WorkerDetail:
    """One worker; None if no such worker is registered (any more)."""

    id: str
    worker: WorkerShown | None
    arguments: list[ArgumentShown] | None
    """Those of its job; None if there are none that the user may see."""
    paused: bool
    """Whether all workers are told to pause."""


def show_all(visit: Visit) -> Shown:
    """Show all workers, or those that are looked for, host by host."""
    query, state, start = visit.text("q"), visit.text("state"), visit.number("start")
    state = state if state in _STATES else ""
    ttl = get_settings().heartbeat_ttl
    page = monitor.workers_page(
        visit.store, ttl, text=query, state=state, start=start, count=_AT_ONCE
    )
    rows = [WorkerShown.of(visit, row) for row in page.rows]
    data = WorkersShown(
        hosts=list(_by_host(rows)),
        total=page.total,
        states=[
            StateShown(name, page.states[name], here(visit, state=name, start=None))
            for name in _STATES
        ],
        all=page.states.total(),
        paused=page.paused,
        query=printable(query),
        state=state,
        pages=Pages.of(visit, start, _AT_ONCE, page.total),
    )
    announce = ngettext(
        "%(working)s of %(all)s worker is working.",
        "%(working)s of %(all)s workers are working.",
        data.all,
    ) % {"working": page.states["working"], "all": data.all}
    return Shown("workers", _("Workers"), data, tab="workers", announce=announce)


def show_working(visit: Visit) -> Shown:
    """Show what is being worked on, the longest running job first."""
    start = visit.number("start")
    page = monitor.working(visit.store, start, _AT_ONCE)
    data = WorkingShown(
        workers=WorkerShown.all(visit, page.rows),
        total=page.total,
        paused=page.paused,
        pages=Pages.of(visit, start, _AT_ONCE, page.total),
    )
    count = data.total
    announce = ngettext("%s job is being worked on.", "%s jobs are being worked on.", count) % count
    return Shown("working", _("Working"), data, tab="working", announce=announce)


def show(visit: Visit, worker: str) -> Shown:
    """Show one worker with its job and the orders it can be given."""
    page = monitor.worker(visit.store, worker)
    shown = WorkerShown.all(visit, page.rows)
    jobs = [row.job.payload for row in page.rows if row.job and row.job.payload]
    data = WorkerDetail(
        id=printable(worker, 500),
        worker=shown[0] if shown else None,
        arguments=one_by_one(visit, jobs[0]) if jobs else None,
        paused=page.paused,
    )
    return Shown(
        "worker",
        _("Worker %s") % printable(worker, 100),
        data,
        tab="workers",
        trail=[(_("Workers"), visit.url("workers"))],
        extra={"name": worker},
        announce="" if shown else _("It is no longer registered."),
        status=200 if shown else 404,
    )


def pause_all(visit: Visit) -> Done:
    """Let no worker take another job."""
    control.pause_all(visit.store)
    entry = Entry(address("workers"), _("All workers"), _("Paused."))
    text = _("All workers are paused: each finishes its job and takes no other.")
    return Done(text, visit.url("workers"), [entry])


def resume_all(visit: Visit) -> Done:
    """End the pause of all workers."""
    control.resume_all(visit.store)
    entry = Entry(address("workers"), _("All workers"), _("Resumed."))
    return Done(_("All workers go on."), visit.url("workers"), [entry])


def pause(visit: Visit, worker: str) -> Done:
    """Let one worker of ours take no further job."""
    control.pause_worker(visit.store, worker)
    return _asked(visit, worker, _("Asked to pause; it obeys within a second."))


def resume(visit: Visit, worker: str) -> Done:
    """End the pause of one worker of ours."""
    control.resume_worker(visit.store, worker)
    return _asked(visit, worker, _("Asked to go on; it obeys within a second."))


def stop(visit: Visit, worker: str) -> Done | Confirm:
    """Let one worker of ours finish its job and end."""
    if not visit.confirmed:
        question = _(
            "Stop worker %s? It finishes its job and ends. Only what has started it can start "
            "another one in its place."
        ) % printable(worker)
        return Confirm(question, _("Yes, stop it"), visit.url("worker", worker=worker))
    control.stop_worker(visit.store, worker)
    return _asked(visit, worker, _("Asked to stop; it obeys within a second."))


def kill_job(visit: Visit, worker: str) -> Done | Confirm:
    """Kill the job that one worker of ours had when the page was made, and no later one."""
    if not visit.confirmed:
        question = _(
            "Kill the job of worker %s? It ends at once, wherever it is, and counts as failed. "
            "The worker goes on with the next one."
        ) % printable(worker)
        return Confirm(question, _("Yes, kill it"), visit.url("worker", worker=worker))
    control.kill_job(visit.store, worker, visit.request.POST.get("rid", ""))
    return _asked(visit, worker, _("Asked to kill its job; it obeys within a second."))


def remove(visit: Visit, worker: str) -> Done | Confirm:
    """Strike a worker off; the job it holds fails."""
    name = printable(worker)
    if not visit.confirmed:
        question = _(
            "Remove worker %s? The job that it holds fails. A worker of django-resque that is "
            "alive after all registers again with its next heartbeat; its job stays failed."
        )
        return Confirm(question % name, _("Yes, remove it"), visit.url("workers"))
    held = control.remove_worker(visit.store, wiring.failure_backends(), worker)
    did = _("Removed; its job failed.") if held else _("Removed; it held no job.")
    entry = Entry(address("worker", worker), _("Worker %s") % name, did, DELETION)
    return Done(_told(name, did), visit.url("workers"), [entry])


def _asked(visit: Visit, worker: str, what: str) -> Done:
    name = printable(worker)
    entry = Entry(address("worker", worker), _("Worker %s") % name, what)
    return Done(_told(name, what), visit.url("worker", worker=worker), [entry])


def _told(name: str, did: str) -> str:
    # Translators: what was done is a sentence of its own, such as “Removed; it held no job.”
    return _("Worker %(name)s: %(did)s") % {"name": name, "did": did}


def _by_host(rows: Iterable[WorkerShown]) -> Iterable[HostShown]:
    for name, workers in groupby(rows, key=lambda row: row.host):
        yield HostShown(name, list(workers))
