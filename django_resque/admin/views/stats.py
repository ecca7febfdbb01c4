"""Figures: Resque's own, those of the Redis below, and the keys that lie there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_resque import wiring
from django_resque.admin.answers import Shown
from django_resque.admin.entries import EntryShown
from django_resque.monitor import stats as monitor
from django_resque.store.connection import describe
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.monitor.stats import ServerState, Totals
    from django_resque.store.server import KeyFacts

_MOST_LISTS = 20
_FULL = 0.9  # of the memory that Redis may use


@dataclass(frozen=True, slots=True)
class Problem:
    """What threatens jobs, for people to act on."""

    text: str
    advice: str
    severe: bool


@dataclass(frozen=True, slots=True)
class FailedListShown:
    """One list of failures."""

    name: str
    size: int
    url: str


@dataclass(frozen=True, slots=True)
class TotalsShown:
    """Resque's figures."""

    pending: int
    processed: int
    failed: int
    failures_counted: int
    queues: int
    workers: int
    working: int
    failed_lists: list[FailedListShown]
    """The longest ones."""
    more_lists: int
    """Failed lists beyond these."""

    @classmethod
    def of(cls, visit: Visit, totals: Totals) -> TotalsShown:
        """Show the figures."""
        lists = sorted(totals.failed_lists.items(), key=lambda each: (-each[1], each[0]))
        url = visit.url("failures")
        return cls(
            pending=totals.pending,
            processed=totals.processed,
            failed=totals.failed,
            failures_counted=totals.failures_counted,
            queues=len(totals.queues),
            workers=totals.workers,
            working=totals.working,
            failed_lists=[
                FailedListShown(printable(name), size, url) for name, size in lists[:_MOST_LISTS]
            ],
            more_lists=max(0, len(lists) - _MOST_LISTS),
        )


@dataclass(frozen=True, slots=True)
class StatsShown:
    """The page of figures."""

    totals: TotalsShown
    server: ServerState | None
    denied: str
    """Why Redis tells nothing of itself."""
    memory_percent: int | None
    """How much of its limit the memory of Redis takes."""
    problems: list[Problem]
    namespace: str
    address: str
    """Where Redis is, without the password."""


@dataclass(frozen=True, slots=True)
class KeyShown:
    """One key: ``type`` is ``none`` if it is gone by now."""

    key: str
    type: str
    size: int | None
    ttl: float | None
    """Seconds until it expires; None if it does not."""
    url: str

    @classmethod
    def of(cls, visit: Visit, facts: KeyFacts) -> KeyShown:
        """Show a key."""
        return cls(
            key=printable(facts.key),
            type=printable(facts.type, 60),
            size=facts.size,
            ttl=facts.ttl,
            url=visit.url("key", key=facts.key),
        )


@dataclass(frozen=True, slots=True)
class KeysShown:
    """The keys that one look at a part of the database found."""

    namespace: str
    keys: list[KeyShown]
    next_url: str
    """Where to go on looking; empty at the end."""
    first: bool
    """Whether this look began at the start."""
    denied: str
    """Why Redis does not list its keys."""


@dataclass(frozen=True, slots=True)
class KeyContentShown:
    """One key with its first entries."""

    key: KeyShown
    entries: list[EntryShown]
    more: bool
    """Whether there is more in it than is shown."""


def show(visit: Visit) -> Shown:
    """Show Resque's figures, and how Redis is."""
    stats = monitor.stats(visit.store)
    share = stats.server.memory_share if stats.server else None
    data = StatsShown(
        totals=TotalsShown.of(visit, stats.totals),
        server=stats.server,
        memory_percent=None if share is None else round(share * 100),
        denied=printable(stats.denied, 500),
        problems=_problems(stats.server) if stats.server else [],
        namespace=printable(visit.store.keys.namespace),
        address=printable(describe(wiring.pool_factory()()), 500),
    )
    announce = " ".join(problem.text for problem in data.problems)
    return Shown("stats", _("Stats"), data, tab="stats", announce=announce)


def show_text(visit: Visit) -> HttpResponse:
    """Answer with the lines of Ruby's ``stats.txt``, for programs that read those."""
    totals = monitor.totals(visit.store)
    lines = [
        f"resque.pending={totals.pending}",
        f"resque.processed+={totals.processed}",
        f"resque.failed+={totals.failed}",
        f"resque.workers={totals.workers}",
        f"resque.working={totals.working}",
        *(f"queues.{printable(name)}={size}" for name, size in totals.queues.items()),
    ]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def show_keys(visit: Visit) -> Shown:
    """Show the keys of the namespace, a part of the database at a time."""
    cursor = visit.text("cursor")
    page = monitor.keys(visit.store, cursor)
    data = KeysShown(
        namespace=printable(visit.store.keys.namespace),
        keys=[KeyShown.of(visit, facts) for facts in page.keys],
        next_url=f"{visit.url('keys')}?cursor={page.next}" if page.next else "",
        first=cursor in ("", "0"),
        denied=printable(page.denied, 500),
    )
    trail = [(_("Stats"), visit.url("stats"))]
    return Shown("keys", _("Keys"), data, tab="stats", trail=trail, live=False)


def show_key(visit: Visit, key: str) -> Shown:
    """Show one key of the namespace with its first entries."""
    content = monitor.key(visit.store, key)
    if content is None:
        raise Http404(_("There is no such key in the namespace."))
    shown = KeyShown.of(visit, content.facts)
    entries = EntryShown.all(content)
    read = sum(len(raw) for _name, raw in content.entries)
    units = read if shown.type == "string" else len(entries)
    data = KeyContentShown(shown, entries, more=shown.size is not None and units < shown.size)
    trail = [(_("Stats"), visit.url("stats")), (_("Keys"), visit.url("keys"))]
    return Shown("key", shown.key, data, tab="stats", trail=trail, live=False)


def _problems(server: ServerState) -> list[Problem]:
    share = server.memory_share
    present = (
        server.evicts == "any",
        server.evicts == "expiring",
        server.forgets,
        server.cannot_save,
        share is not None and share >= _FULL,
        server.role == "slave",
    )
    return [
        Problem(str(text), str(advice), severe=severe)
        for is_so, (severe, text, advice) in zip(present, _PROBLEMS, strict=True)
        if is_so
    ]


_PROBLEMS = (
    (
        True,
        gettext_lazy("Jobs can be lost: when its memory is full, Redis throws any keys away."),
        gettext_lazy("Set maxmemory-policy to noeviction."),
    ),
    (
        False,
        gettext_lazy("When its memory is full, Redis throws away keys that expire. Queues do not."),
        gettext_lazy("Set maxmemory-policy to noeviction, and nothing is thrown away at all."),
    ),
    (
        True,
        gettext_lazy("Nothing is saved: a restart of Redis loses all jobs that wait."),
        gettext_lazy("Set appendonly to yes, or give save its rules."),
    ),
    (
        True,
        gettext_lazy(
            "Redis failed to save to disk the last time it tried. It may refuse new jobs."
        ),
        gettext_lazy("Look into the log of Redis: most often the disk is full."),
    ),
    (
        True,
        gettext_lazy("Redis has nearly used up the memory that it may use."),
        gettext_lazy("Work the queues off, clear old failures, or raise maxmemory."),
    ),
    (
        True,
        gettext_lazy("This Redis is a replica: nothing can be enqueued or worked off here."),
        gettext_lazy("Let the settings lead to the primary."),
    ),
)
