"""What ``settings.RESQUE["SCHEDULE"]`` must be: the shape of each entry, not yet its rule."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from django_resque.wire.printable import printable
from django_resque.wire.queue_name import check_queue_name
from django_resque.wire.schedule import MISSES, OVERLAPS, ScheduleEntry, split_zone

if TYPE_CHECKING:
    from collections.abc import Callable


def read_schedule(value: Any) -> tuple[ScheduleEntry, ...]:
    """Return the entries of a dict by name. Raises ValueError, saying which is wrong, and how."""
    if not isinstance(value, dict):
        raise _unfit("a dict of schedules by name", value)
    return tuple(_entry(name, each) for name, each in value.items())


def _entry(name: Any, value: Any) -> ScheduleEntry:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise _unfit("a dict of schedules by printable names", name)
    try:
        given = _given(value)
        _check_together(given)
    except ValueError as error:
        raise ValueError(f"{name!r} {error}") from None
    foreign = "class" in given
    job = given.pop("class") if foreign else given.pop("job")
    if "cron" in given:
        line, zone = split_zone(given["cron"])
        given = {"timezone": zone, **given, "cron": line}
    return ScheduleEntry(name=name, job=job, foreign=foreign, **given)


def _given(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unfit("a dict", value)
    given = {}
    for key, each in value.items():
        if key not in _READ:
            near = get_close_matches(str(key), _READ, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(_READ)}"
            raise ValueError(f"must not have the key {printable(repr(key), 60)}: {hint}")
        if each is not None:  # as if it were absent
            try:
                given[key] = _READ[key](each)
            except ValueError as error:
                raise ValueError(f'has a wrong "{key}": it {error}') from None
    return given


def _check_together(given: dict[str, Any]) -> None:
    if ("job" in given) == ("class" in given):
        raise ValueError('must have either "job" or, for one of another program, "class"')
    if ("cron" in given) == ("every" in given):
        raise ValueError('must have either "cron" or "every"')
    if "class" in given and "kwargs" in given:
        raise ValueError('must not have "kwargs" beside "class": other programs take "args" only')
    if "every" in given and "timezone" in given:
        raise ValueError('must not have "timezone" beside "every", which is due in any')


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _unfit("a text", value)
    return value.strip()


def _span(value: Any) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}s"
    return _text(value)


def _queue(value: Any) -> str:
    check_queue_name(value)
    return str(value)


def _args(value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise _unfit("a list", value)
    return list(value)


def _kwargs(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _unfit("a dict of arguments by name", value)
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _unfit("True or False", value)
    return value


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value not in choices:
            raise _unfit(" or ".join(map(repr, choices)), value)
        return value

    return read


def _unfit(expected: str, value: Any) -> ValueError:
    return ValueError(f"must be {expected}, not {printable(repr(value), 60)}")


_READ: dict[str, Callable[[Any], Any]] = {
    "cron": _text,
    "every": _span,
    "job": _text,
    "class": _text,
    "queue": _queue,
    "args": _args,
    "kwargs": _kwargs,
    "timezone": _text,
    "description": _text,
    "overlap": _one_of(OVERLAPS),
    "missed": _one_of(MISSES),
    "enabled": _flag,
}
