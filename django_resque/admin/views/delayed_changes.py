"""What is done to delayed jobs: they are run now, cancelled, or moved to another time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.models import CHANGE, DELETION
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from django_resque.admin.addresses import address
from django_resque.admin.answers import Confirm, Done, Entry
from django_resque.admin.delayed_rows import moment_in_words, named_job, named_timestamp
from django_resque.admin.moments import MomentForm
from django_resque.control import delayed as control
from django_resque.jobs.delayed import moment_of
from django_resque.monitor.delayed import delayed_jobs

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.jobs.delayed import DelayedJob

_MOST = 10_000
"""Jobs of one timestamp that are changed by one request: within a second or so."""


@dataclass(slots=True)
class _Chosen:
    """What a form names: single jobs, by their timestamps, and whole timestamps."""

    jobs: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    timestamps: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, visit: Visit) -> _Chosen:
        chosen = cls()
        given = visit.request.POST
        for at, job in filter(None, map(named_job, given.getlist("job"))):
            chosen.jobs.setdefault(at, []).append(job)
        for named in map(named_timestamp, given.getlist("timestamp")):
            if named is not None:
                chosen.timestamps.append(named)
        return chosen

    def __len__(self) -> int:
        return sum(map(len, self.jobs.values())) + len(self.timestamps)

    def found(self, visit: Visit) -> list[tuple[str, list[DelayedJob]]]:
        """Return the single jobs that are still there, by their timestamps."""
        return [
            (at, delayed_jobs(visit.store, at, addresses)) for at, addresses in self.jobs.items()
        ]


@dataclass(slots=True)
class _Count:
    """How many jobs something was done to, and what became of the others."""

    done: int = 0
    refused: int = 0
    """Those that cannot be read, and stay."""
    gone: int = 0
    more: bool = False
    """Whether there may be more at a timestamp than one request changes."""

    def add(self, wanted: int, done: int, refused: int = 0) -> None:
        """Count what was done to some of the chosen jobs."""
        self.done += done
        self.refused += refused
        self.gone += wanted - done - refused

    def add_timestamp(self, done: int, refused: int = 0) -> None:
        """Count what was done to a whole timestamp."""
        self.done += done
        self.refused += refused
        self.more |= done + refused >= _MOST


def run(visit: Visit) -> Done:
    """Let the chosen jobs go to their queues now."""
    chosen, count = _Chosen.of(visit), _Count()
    for at, jobs in chosen.found(visit):
        good = [job.raw for job in jobs if job.queue]
        done = control.run_delayed(visit.store, at, good)
        count.add(len(chosen.jobs[at]), done, len(jobs) - len(good))
    for at in chosen.timestamps:
        count.add_timestamp(*control.run_timestamp(visit.store, at, _MOST))
    told = ngettext(
        "%s job went to its queue.", "%s jobs went to their queues.", count.done
    )  # fmt: skip
    return _told(visit, chosen, count, told % count.done)


def cancel(visit: Visit) -> Done | Confirm:
    """Cancel the chosen jobs."""
    chosen, count = _Chosen.of(visit), _Count()
    if len(chosen) and not visit.confirmed:
        return Confirm(_question(chosen), _("Yes, cancel"), visit.url("delayed"))
    for at, jobs in chosen.found(visit):
        done = control.cancel_delayed(visit.store, at, [job.raw for job in jobs])
        count.add(len(chosen.jobs[at]), done)
    for at in chosen.timestamps:
        count.add_timestamp(control.cancel_timestamp(visit.store, at, _MOST))
    told = ngettext("Cancelled %s job.", "Cancelled %s jobs.", count.done) % count.done
    return _told(visit, chosen, count, told, DELETION)


def move(visit: Visit) -> Done:
    """Let the chosen jobs be due at another time."""
    chosen, count = _Chosen.of(visit), _Count()
    form = MomentForm(visit.request.POST)
    if not form.is_valid():
        problem = " ".join(str(each) for each in form.errors["moment"])
        return _undone(visit, _("Nothing was moved: date and time? %s") % problem)
    moment = form.cleaned_data["moment"]
    for at, jobs in chosen.found(visit):
        done = control.move_delayed(visit.store, at, [job.raw for job in jobs], moment)
        count.add(len(chosen.jobs[at]), done)
    for at in chosen.timestamps:
        count.add_timestamp(control.move_timestamp(visit.store, at, moment, _MOST))
    told = ngettext(
        "%(count)s job is due at %(moment)s.", "%(count)s jobs are due at %(moment)s.", count.done
    ) % {"count": count.done, "moment": date_format(localtime(moment), "DATETIME_FORMAT")}
    return _told(visit, chosen, count, told)


def _question(chosen: _Chosen) -> str:
    jobs, whole = len(chosen) - len(chosen.timestamps), len(chosen.timestamps)
    if not whole:
        question = ngettext(
            "Cancel %s delayed job? It will not be performed.",
            "Cancel %s delayed jobs? They will not be performed.",
            jobs,
        )
        return question % jobs
    words = ", ".join(moment_in_words(moment_of(at), at) for at in chosen.timestamps[:5])
    words += "…" if len(chosen.timestamps) > 5 else ""  # noqa: PLR2004
    question = _("Cancel all jobs that are due at %s? They will not be performed.") % words
    if not jobs:
        return question
    besides = ngettext("And %s other job.", "And %s other jobs.", jobs) % jobs
    return f"{question} {besides}"


def _told(visit: Visit, chosen: _Chosen, count: _Count, told: str, flag: int = CHANGE) -> Done:
    """Tell what was done, what could not be, and what was no longer there."""
    if not len(chosen):
        return _undone(visit, _("Nothing was done: no job was selected."))
    parts = [told] if count.done else []
    if count.refused:
        said = ngettext(
            "%s cannot be read, so that no queue is known for it; it stays.",
            "%s cannot be read, so that no queue is known for them; they stay.",
            count.refused,
        )
        parts.append(said % count.refused)
    if count.gone:
        said = ngettext(
            "%s was gone already: run, moved or cancelled.",
            "%s were gone already: run, moved or cancelled.",
            count.gone,
        )
        parts.append(said % count.gone)
    if count.more:
        parts.append(_("There are more at that time: do it again for the next ones."))
    if not parts:
        return _undone(visit, _("Nothing was done: nothing was there any more."))
    level = messages.WARNING if len(parts) > 1 or not count.done else messages.SUCCESS
    entries = [_entry(chosen, told, flag)] if count.done else []
    return Done(" ".join(parts), visit.url("delayed"), entries, level)


def _entry(chosen: _Chosen, told: str, flag: int) -> Entry:
    stamps = {*chosen.jobs, *chosen.timestamps}
    if len(stamps) > 1:
        return Entry(address("delayed"), _("Delayed jobs"), told, flag)
    at = stamps.pop()
    name = _("Due at %s") % moment_in_words(moment_of(at), at)
    return Entry(address("timestamp", at), name, told, flag)


def _undone(visit: Visit, told: str) -> Done:
    return Done(told, visit.url("delayed"), level=messages.WARNING)
