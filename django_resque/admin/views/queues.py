"""Queues: all of them, and what is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.utils.translation import gettext as _

from django_resque.admin.addresses import address
from django_resque.admin.answers import Done, Entry, Shown
from django_resque.admin.rows import QueueShown
from django_resque.control.queues import pause_queue, resume_queue
from django_resque.monitor.queues import queues
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit


def show_all(visit: Visit) -> Shown:
    """Show all queues."""
    rows = [QueueShown.of(visit, row) for row in queues(visit.store)]
    return Shown("queues", _("Queues"), {"queues": rows}, tab="queues")


def pause(visit: Visit, queue: str) -> Done:
    """Let no worker of ours take from a queue."""
    pause_queue(visit.store, queue)
    name = printable(queue)
    entry = Entry(address("queue", queue), _("Queue %s") % name, _("Paused."))
    return Done(_("Queue %s is paused.") % name, visit.url("queues"), [entry])


def resume(visit: Visit, queue: str) -> Done:
    """End the pause of a queue."""
    resume_queue(visit.store, queue)
    name = printable(queue)
    entry = Entry(address("queue", queue), _("Queue %s") % name, _("Resumed."))
    return Done(_("Queue %s goes on.") % name, visit.url("queues"), [entry])


def show(visit, **_):
    raise Http404


def show_job(visit, **_):
    raise Http404


def clear(visit, **_):
    raise Http404


def delete(visit, **_):
    raise Http404


def remove_jobs(visit, **_):
    raise Http404


def move_to_front(visit, **_):
    raise Http404


def move(visit, **_):
    raise Http404


def run_now(visit, **_):
    raise Http404
