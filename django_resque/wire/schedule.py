"""What recurs: a document of the hash ``persistent_schedules``, in resque-scheduler's own form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard, get_args

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps, loads

Overlap = Literal["allow", "skip"]
Missed = Literal["once", "skip"]
RunKind = Literal["enqueued", "overlapped", "missed", "manual"]

OVERLAPS: tuple[str, ...] = get_args(Overlap)
MISSES: tuple[str, ...] = get_args(Missed)

# At the end of a cron line, as rufus-scheduler has it: "0 3 * * * Europe/Berlin".
_ZONED = re.compile(r"(.*\S)\s+((?:[A-Za-z_]+/)+[A-Za-z][\w+-]*|UTC|GMT)")
_KNOWN = ("cron", "every", "class", "queue", "args", "description", "overlap", "missed")


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """One job that recurs: what, when, and where it is enqueued to."""

    name: str
    job: str
    """The job's name, in payloads ``class``."""
    cron: str = ""
    every: str = ""
    queue: str = ""
    """The queue; empty for the job's own."""
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments, not yet packed into ``args``: of the settings only."""
    timezone: str = ""
    """The time zone of ``cron``; empty for the project's."""
    description: str = ""
    overlap: Overlap = "allow"
    """Whether it is enqueued while the run before still waits or works."""
    missed: Missed = "once"
    """Whether it is enqueued, once, when its time passed while no scheduler was there."""
    enabled: bool = True
    """Whether it is enqueued at all: of the settings only."""
    foreign: bool = False
    """Whether the job may be one that only another program knows: of the settings only."""
    extras: dict[str, Any] = field(default_factory=dict)
    """Further keys of another client, kept as they are."""

    def encode(self) -> bytes:
        """Return the bytes for the hash: what Ruby's scheduler runs as well."""
        document: dict[str, Any] = {}
        if self.cron:
            document["cron"] = f"{self.cron} {self.timezone}".rstrip()
        if self.every:
            document["every"] = self.every
        document["class"] = self.job
        if self.queue:
            document["queue"] = self.queue
        document["args"] = self.args
        if self.description:
            document["description"] = self.description
        if self.overlap != "allow":
            document["overlap"] = self.overlap
        if self.missed != "once":
            document["missed"] = self.missed
        return dumps({**document, **self.extras})

    @classmethod
    def decode(cls, name: str, raw: bytes) -> ScheduleEntry:
        """Read an entry of any client. Raises DecodeError for one that says not what or when."""
        document = loads(raw, "schedule")
        if not isinstance(document, dict):
            raise DecodeError("schedule is not an object", raw)
        # Ruby's entry may be named like its class, and give options of its timer in a list.
        job = document.get("class") or document.get("custom_job_class") or name
        cron, every = _first(document.get("cron")), _first(document.get("every"))
        if not isinstance(job, str) or not job.strip():
            raise DecodeError("schedule names no class", raw)
        if not (cron or every):
            raise DecodeError("schedule has neither cron nor every", raw)
        cron, zone = split_zone(cron)
        args = document.get("args")
        overlap, missed = document.get("overlap"), document.get("missed")
        return cls(
            name=name,
            job=job,
            cron=cron,
            every="" if cron else every,
            queue=_text(document.get("queue")),
            args=args if isinstance(args, list) else [] if args is None else [args],
            timezone=zone,
            description=_text(document.get("description")),
            overlap="skip" if overlap == "skip" else "allow",
            missed="skip" if missed == "skip" else "once",
            extras={key: value for key, value in document.items() if key not in _KNOWN},
        )


def _is_kind(value: object) -> TypeGuard[RunKind]:
    return value in get_args(RunKind)


def split_zone(cron: str) -> tuple[str, str]:
    """Return a cron line without the time zone at its end, and that time zone, if it has one."""
    match = _ZONED.fullmatch(cron.strip())
    return (match[1], match[2]) if match else (cron.strip(), "")


def _first(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}"
    return _text(value)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """One run of a schedule in its history: when it was due, and what came of it."""

    kind: RunKind
    """``enqueued``, or by hand ``manual``; ``overlapped`` and ``missed`` were skipped for that."""
    due: int
    """Seconds since 1970; of one by hand, when that was."""
    id: str = ""
    """The id of the payload; empty for one without."""
    queue: str = ""

    def encode(self) -> bytes:
        """Return the bytes for the list."""
        return dumps({"kind": self.kind, "due": self.due, "id": self.id, "queue": self.queue})

    @classmethod
    def decode(cls, raw: bytes) -> ScheduleRun:
        """Read a run. Raises DecodeError for what is none."""
        document = loads(raw, "schedule run")
        if not isinstance(document, dict):
            raise DecodeError("schedule run is not an object", raw)
        kind, due = document.get("kind"), document.get("due")
        if not _is_kind(kind) or not isinstance(due, int) or isinstance(due, bool):
            raise DecodeError("schedule run is of no kind or time that is known here", raw)
        return cls(kind, due, _text(document.get("id")), _text(document.get("queue")))
