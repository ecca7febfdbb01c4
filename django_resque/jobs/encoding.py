"""The bytes of a payload, and for arguments JSON cannot carry: which, where, and what instead."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files import File
from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from django_resque.exceptions import ArgumentError
from django_resque.jobs.arguments import unpack
from django_resque.wire.codec import MAX_DEPTH, dumps
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ARGUMENT_DEPTH = MAX_DEPTH - 3
"""Deepest nesting of one argument: claim, payload and list of arguments stand around it."""

# 4300 digits: longer numbers Python itself refuses to write as text, and to read.
_MAX_BITS = 14_284

_SCALARS = frozenset({str, int, float, bool, NoneType})


def _(text: str) -> str:
    """Mark a text for the catalogues: the admin's forms say it in the reader's language."""
    return text  # gettext_noop would need settings at import


_INSTEAD_OF_SCALARS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Model, _("pass its primary key and fetch it in the job")),
    (QuerySet, _("pass a list of primary keys")),
    (Promise, _("pass str() of it: a lazy text is translated only when printed")),
    ((datetime, date, time), _("pass its .isoformat()")),
    (timedelta, _("pass its .total_seconds()")),
    ((Decimal, UUID, PurePath), _("pass str() of it")),
    ((bytes, bytearray, memoryview), _("pass text, such as base64")),
)
_INSTEAD: tuple[tuple[type | tuple[type, ...], str], ...] = (
    *_INSTEAD_OF_SCALARS,
    ((set, frozenset), "pass a sorted list"),
    (Enum, "pass its .value"),
    (File, "save it and pass its name"),
    (Mapping, "pass a dict"),
    ((Iterator, Collection), "pass a list"),
)


def instead_of(kind: type) -> str | None:
    """Return what to pass instead of a value of a type that JSON has nothing like; else None."""
    return next((advice for kinds, advice in _INSTEAD_OF_SCALARS if issubclass(kind, kinds)), None)


def encode(payload: Payload, names: Sequence[str]) -> bytes:
    """Return the bytes of a payload; ``names`` are those of the positional arguments.

    Raises ArgumentError for what JSON cannot carry, or would silently change, saying where it
    stands and what to pass instead.
    """
    if _is_sound(payload.args, MAX_ARGUMENT_DEPTH):
        try:
            return payload.encode()
        except (TypeError, ValueError, RecursionError) as error:
            reason = str(error)
    else:
        reason = "it is nested too deep"
    raise ArgumentError(_complaint(payload, names, reason))


def as_encoded(payload: Payload, raw: bytes) -> Payload:
    """Return a payload whose arguments are those in its bytes, whatever the caller changes later.

    Its extras stay the same object.
    """
    if _SCALARS.issuperset(map(type, payload.args)):
        return payload  # the list is ours, and what is in it does not change
    return Payload(payload.name, Payload.decode(raw).args, payload.extras)


def encode_value(value: Any) -> bytes:
    """Return the JSON of what a job returned.

    Raises ArgumentError for what JSON cannot carry, or would silently change, saying where.
    """
    reason = "it is nested too deep"
    try:
        if _is_sound([value], MAX_ARGUMENT_DEPTH):
            return dumps(value)
        problem = _problem(value, "the returned value", ())
    except Exception as error:  # noqa: BLE001 a value's own type may raise anything
        reason = f"{type(error).__name__}: {error}"
        problem = None
        with suppress(Exception):
            problem = _problem(value, "the returned value", ())
    raise ArgumentError(problem or f"the returned value cannot be kept: {reason}")


def _is_sound(items: Collection[Any], room: int) -> bool:
    """Find what the encoder lets pass: keys it would turn into text, and too deep nesting."""
    if _SCALARS.issuperset(map(type, items)):
        return True
    for item in items:
        if isinstance(item, dict):
            if not (room and all(isinstance(key, str) for key in item)):
                return False
            if not _is_sound(item.values(), room - 1):
                return False
        elif isinstance(item, (list, tuple)) and not (room and _is_sound(item, room - 1)):
            return False
    return True


def _complaint(payload: Payload, names: Sequence[str], reason: str) -> str:
    for place, value in _places(payload, names):
        if problem := _problem(value, place, ()):
            return f"{payload.name}: {problem}"
    return f"{payload.name!r} cannot be enqueued: {reason}"


def _places(payload: Payload, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    args, kwargs = unpack(payload.args)
    for index, value in enumerate(args):
        name = f' ("{names[index]}")' if index < len(names) else ""
        yield f"argument {index + 1}{name}", value
    for key, value in kwargs.items():
        yield f'argument "{key}"', value
    yield "the payload's extras", payload.extras


def _problem(value: Any, place: str, around: tuple[int, ...]) -> str | None:
    """Describe the first thing in ``value`` that JSON cannot carry; None if there is none."""
    if not isinstance(value, (dict, list, tuple)):
        fault = _fault(value)
        return f"{place} {fault}" if fault else None
    if id(value) in around:
        return f"{place} contains itself"
    if len(around) == MAX_ARGUMENT_DEPTH:
        return f"{place.partition('[')[0]} is nested deeper than {MAX_ARGUMENT_DEPTH} levels"
    around = (*around, id(value))
    children: Iterable[tuple[Any, Any]] = enumerate(value)
    if isinstance(value, dict):
        for key in value:
            if fault := _key_fault(key):
                return f"{place} has the key {_shown(key)}, which {fault}"
        children = value.items()
    for key, child in children:
        mark = f'"{key}"' if isinstance(value, dict) else key
        if problem := _problem(child, f"{place}[{mark}]", around):
            return problem
    return None


def _shown(key: Any) -> str:
    try:
        return printable(repr(key), 60)
    except Exception:  # noqa: BLE001 such as ValueError for a number too long to be written
        return f"of the type {type(key).__name__}"


def _key_fault(key: Any) -> str | None:
    if not isinstance(key, str):
        return "JSON would turn into text; use a str"
    return _fault(key)


def _fault(value: Any) -> str | None:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            return "holds a lone surrogate, which UTF-8 cannot carry; replace it"
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"is {value}, which is no JSON; pass None"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        too_long = value.bit_length() > _MAX_BITS
        return "is too long a number; pass hex() of it" if too_long else None
    instead = "pass text, numbers, lists and dicts of them"
    for kind, advice in _INSTEAD:
        if isinstance(value, kind):
            instead = advice
            break
    kind_name = type(value).__name__
    # A kind with a "u" is more often a User, a UUID or a URL than an Update.
    article = "an" if kind_name[0].lower() in "aeio" else "a"
    return f"is {article} {kind_name}, which JSON cannot carry; {instead}"
