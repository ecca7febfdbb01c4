"""Arguments of jobs as pages show them: masked, cut, and only to those who may see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from django_resque.exceptions import ArgumentError
from django_resque.jobs.arguments import unpack
from django_resque.jobs.masking import masked_args
from django_resque.jobs.registry import registry
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit

_LINE = 300
MOST = 64_000
"""Characters of arguments, or of what is no payload, that a page shows at most."""


@dataclass(frozen=True, slots=True)
class ArgumentShown:
    """One argument of a job."""

    name: str
    """The name of its parameter where the job is registered; else its number."""
    text: str
    """Its value as JSON."""


def in_one_line(visit: Visit, payload: Payload) -> str:
    """Return a payload's arguments in one line; a word for those who may not see them."""
    if not visit.may["view_arguments"]:
        return _("hidden")
    text = _json(masked_args(payload), _LINE + 2)  # the list's own brackets are not shown
    return printable(text[1:].removesuffix("]"), _LINE)


def one_by_one(visit: Visit, payload: Payload) -> list[ArgumentShown] | None:
    """Return a payload's arguments, each by its name; None for those who may not see them."""
    if not visit.may["view_arguments"]:
        return None
    job = registry.find(payload.name)
    args, kwargs = unpack(masked_args(payload))
    names = job.parameters.names if job and _fit(payload) else ()
    room = MOST // max(1, len(args) + len(kwargs))
    named = [
        *((names[at] if at < len(names) else str(at + 1), each) for at, each in enumerate(args)),
        *kwargs.items(),
    ]
    return [ArgumentShown(printable(name), _pretty(each, room)) for name, each in named]


def as_it_lies(visit: Visit, raw: bytes, payload: Payload | None) -> str | None:
    """Return a payload as JSON, masked, or its bytes if it is none; None for those who may not."""
    if not visit.may["view_arguments"]:
        return None
    if payload is None:
        return clean(raw[: MOST + 1].decode(errors="backslashreplace"))
    # What other clients add is masked by its keys alone: it is no argument of the job.
    (extras,) = masked_args(Payload("", [payload.extras]))
    return _pretty({"class": payload.name, "args": masked_args(payload), **extras}, MOST)


def value_as_json(visit: Visit, value: Any) -> str | None:
    """Return any value as JSON, masked by its keys; None for those who may not see arguments."""
    if not visit.may["view_arguments"]:
        return None
    (masked,) = masked_args(Payload("", [value]))
    return _pretty(masked, MOST)


def clean(text: str, limit: int = MOST) -> str:
    """Return a text of several lines with other controls escaped, at most ``limit`` long."""
    cut = text[: limit + 1].split("\n")
    lines = "\n".join(printable(line, limit) for line in cut)
    return lines if len(lines) <= limit else lines[: limit - 1] + "…"


def _pretty(value: Any, limit: int) -> str:
    return clean(_json(value, limit, indent=2), limit)


def _json(value: Any, limit: int, indent: int | None = None) -> str:
    """Write a value as JSON, not much beyond ``limit``."""
    encoder = json.JSONEncoder(indent=indent, ensure_ascii=False)
    parts: list[str] = []
    length = 0
    for part in encoder.iterencode(value):
        parts.append(part)
        length += len(part)
        if length > limit:
            break
    return "".join(parts)


def _fit(payload: Payload) -> bool:
    try:
        registry.get(payload.name).parameters.unpack(payload.args)
    except ArgumentError:
        return False
    return True
