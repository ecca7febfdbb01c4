"""What is done to recurring jobs: they are run now, switched off and on, and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.utils.translation import gettext as _

from django_resque.admin.addresses import address
from django_resque.admin.answers import Confirm, Done, Entry, Shown
from django_resque.admin.views.schedules import form_of, gone, row_of, show_row
from django_resque.control import schedules as control
from django_resque.exceptions import ResqueError, ScheduleNotFound, StoreError
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from typing import Any

    from django_resque.admin.visit import Visit


def run(visit: Visit, schedule: str) -> Done:
    """Enqueue a recurring job now, with its own arguments."""
    return _run(visit, schedule, None)


def run_edited(visit: Visit, schedule: str) -> Done | Shown:
    """Enqueue a recurring job now with the arguments of a form, or show what is wrong there."""
    row = row_of(visit, schedule)
    if row is None:
        return gone(visit, schedule)
    form = form_of(visit, row)
    if form is None:
        return _undone(visit, schedule, row.error or _("It cannot be enqueued from here."))
    if not form.is_valid():
        return show_row(visit, row, form)
    return _run(visit, schedule, form.packed())


def switch_off(visit: Visit, schedule: str) -> Done:
    """Let a recurring job rest."""
    name = printable(schedule)
    if not control.switch_schedule_off(visit.store, schedule):
        return _undone(visit, schedule, _("%s was switched off already.") % name)
    return _done(visit, schedule, _("%s is switched off.") % name, _("Switched off."))


def switch_on(visit: Visit, schedule: str) -> Done:
    """Let a recurring job go on."""
    name = printable(schedule)
    if not control.switch_schedule_on(visit.store, schedule):
        return _undone(visit, schedule, _("%s was switched on already.") % name)
    told = _("%s is switched on. What was missed is not made up for.") % name
    return _done(visit, schedule, told, _("Switched on."))


def remove(visit: Visit, schedule: str) -> Done | Confirm:
    """Remove a recurring job that was set at run time."""
    name = printable(schedule)
    if not visit.confirmed:
        question = _("Remove the recurring job %s, with its history? It can be set again by code.")
        return Confirm(question % name, _("Remove"), visit.url("schedule", schedule=schedule))
    if not control.remove_schedule(visit.store, schedule):
        return _undone(visit, schedule, _("%s was gone already, or is one of the settings.") % name)
    told = _("%s is removed.") % name
    entry = Entry(address("schedule", schedule), name, _("Removed."), DELETION)
    return Done(told, visit.url("recurring"), [entry])


def _run(visit: Visit, schedule: str, args: list[Any] | None) -> Done:
    try:
        queue = control.run_schedule(visit.store, schedule, args)
    except (ScheduleNotFound, StoreError):
        raise
    except ResqueError as error:
        return _undone(visit, schedule, printable(str(error), 500))
    where = {"schedule": printable(schedule), "queue": printable(queue)}
    told = _("Enqueued %(schedule)s to queue %(queue)s.") % where
    return _done(visit, schedule, told, _("Enqueued to queue %(queue)s.") % where, ADDITION)


def _done(visit: Visit, schedule: str, told: str, message: str, flag: int = CHANGE) -> Done:
    entry = Entry(address("schedule", schedule), printable(schedule), message, flag)
    return Done(told, visit.url("schedule", schedule=schedule), [entry])


def _undone(visit: Visit, schedule: str, told: str) -> Done:
    return Done(told, visit.url("schedule", schedule=schedule), level=messages.WARNING)
