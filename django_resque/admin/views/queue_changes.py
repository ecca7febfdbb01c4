"""What is done to queues, and to the jobs that wait in them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin.addresses import address
from django_resque.admin.answers import Confirm, Done, Entry
from django_resque.control import queues as control
from django_resque.control.workers import hurry
from django_resque.monitor.queues import queued_jobs
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit

_ADDRESS = re.compile(r"([0-9a-f]{40}):(\d{1,10})")


def pause(visit: Visit, queue: str) -> Done:
    """Let no worker of ours take from a queue."""
    if not control.pause_queue(visit.store, queue):
        return _unchanged(visit, queue, _("Queue %s was paused already.") % printable(queue))
    told = _("Queue %s is paused.") % printable(queue)
    return _changed(visit, queue, told, _("Paused."))


def resume(visit: Visit, queue: str) -> Done:
    """End the pause of a queue."""
    if not control.resume_queue(visit.store, queue):
        return _unchanged(visit, queue, _("Queue %s was not paused.") % printable(queue))
    told = _("Queue %s goes on.") % printable(queue)
    return _changed(visit, queue, told, _("Resumed."))


def clear(visit: Visit, queue: str) -> Done | Confirm:
    """Remove all jobs from a queue."""
    name = printable(queue)
    if not visit.confirmed:
        question = _("Remove all jobs that wait in queue %s? They will not be performed.") % name
        return Confirm(question, _("Remove all jobs"), visit.url("queue", queue=queue))
    count = control.clear_queue(visit.store, queue)
    if not count:
        return _unchanged(visit, queue, _("Queue %s was empty already.") % name)
    told = _removed(count)
    return _changed(visit, queue, told, told, DELETION)


def delete(visit: Visit, queue: str) -> Done | Confirm:
    """Forget a queue, with all jobs in it."""
    name = printable(queue)
    if not visit.confirmed:
        question = _("Delete queue %s, with all jobs that wait in it?") % name
        return Confirm(question, _("Delete queue"), visit.url("queue", queue=queue))
    count = control.remove_queue(visit.store, queue)
    told = ngettext(
        "Queue %(queue)s is deleted, with %(count)s job.",
        "Queue %(queue)s is deleted, with %(count)s jobs.",
        count,
    ) % {"queue": name, "count": count}
    entry = Entry(address("queue", queue), _("Queue %s") % name, told, DELETION)
    return Done(told, visit.url("queues"), [entry])


def remove_jobs(visit: Visit, queue: str) -> Done | Confirm:
    """Remove the chosen jobs from a queue."""
    chosen = _chosen(visit)
    if chosen and not visit.confirmed:
        question = ngettext(
            "Remove %(count)s job from queue %(queue)s? It will not be performed.",
            "Remove %(count)s jobs from queue %(queue)s? They will not be performed.",
            len(chosen),
        ) % {"count": len(chosen), "queue": printable(queue)}
        return Confirm(question, _("Remove"), visit.url("queue", queue=queue))
    count = control.remove_jobs(visit.store, queue, _found(visit, queue, chosen))
    told = _removed(count)
    done = _changed(visit, queue, told, told, DELETION)
    return _counted(visit, queue, done, count, len(chosen))


def move_to_front(visit: Visit, queue: str) -> Done:
    """Let the chosen jobs be the next ones."""
    chosen = _chosen(visit)
    raws = _found(visit, queue, chosen)
    count = control.move_jobs(visit.store, queue, raws, queue, at_front=True)
    told = ngettext("Moved %s job to the front.", "Moved %s jobs to the front.", count) % count
    return _counted(visit, queue, _changed(visit, queue, told, told), count, len(chosen))


def move(visit: Visit, queue: str) -> Done:
    """Move the chosen jobs to the end of another queue."""
    chosen = _chosen(visit)
    to = visit.request.POST.get("to", "").strip()
    if not to:
        return _unchanged(visit, queue, _("Nothing was moved: name a queue to move it to."))
    count = control.move_jobs(visit.store, queue, _found(visit, queue, chosen), to)
    told = ngettext(
        "Moved %(count)s job to queue %(queue)s.", "Moved %(count)s jobs to queue %(queue)s.", count
    ) % {"count": count, "queue": printable(to)}
    return _counted(visit, queue, _changed(visit, queue, told, told), count, len(chosen))


def run_now(visit: Visit, queue: str) -> Done:
    """Let the chosen jobs be the next ones, and have workers look there first."""
    chosen = _chosen(visit)
    raws = _found(visit, queue, chosen)
    count = control.move_jobs(visit.store, queue, raws, queue, at_front=True)
    if count:
        hurry(visit.store, queue)
    told = (
        ngettext(
            "%s job comes next, as soon as a worker of its queue is free.",
            "%s jobs come next, as soon as workers of their queue are free.",
            count,
        )
        % count
    )
    return _counted(visit, queue, _changed(visit, queue, told, told), count, len(chosen))


def _chosen(visit: Visit) -> list[tuple[str, int]]:
    """Return the digests and positions of the jobs that a form names."""
    named = map(_ADDRESS.fullmatch, visit.request.POST.getlist("job"))
    return [(match[1], int(match[2])) for match in named if match]


def _found(visit: Visit, queue: str, chosen: list[tuple[str, int]]) -> list[bytes]:
    return [job.raw for job in queued_jobs(visit.store, queue, chosen)]


def _counted(visit: Visit, queue: str, done: Done, count: int, wanted: int) -> Done:
    """Tell what was done to ``count`` of the chosen jobs, and how many were gone before."""
    if not wanted:
        return _unchanged(visit, queue, _("Nothing was done: no job was selected."))
    if count >= wanted:
        return done
    gone = wanted - count
    missing = ngettext(
        "%s was gone already: taken by a worker, moved or removed.",
        "%s were gone already: taken by workers, moved or removed.",
        gone,
    )
    if not count:
        return _unchanged(visit, queue, missing % gone)
    return replace(done, message=f"{done.message} {missing % gone}", level=messages.WARNING)


def _removed(count: int) -> str:
    return ngettext("Removed %s job.", "Removed %s jobs.", count) % count


def _changed(visit: Visit, queue: str, told: str, message: str, flag: int = CHANGE) -> Done:
    entry = Entry(address("queue", queue), _("Queue %s") % printable(queue), message, flag)
    return Done(told, visit.url("queue", queue=queue), [entry])


def _unchanged(visit: Visit, queue: str, told: str) -> Done:
    return Done(told, visit.url("queue", queue=queue), level=messages.WARNING)
