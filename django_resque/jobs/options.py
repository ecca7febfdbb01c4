"""Checks what stands in ``@job(...)`` where it is written, not when the job runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from math import isfinite
from typing import Any

from django_resque.exceptions import ConfigurationError, InvalidQueueName
from django_resque.jobs.plugins import Plugin
from django_resque.wire.queue_name import check_queue_name

_SIZE = re.compile(r"(\d+)([KMGT]?)", re.IGNORECASE)
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of ``@job`` in their final form. Raises ConfigurationError if wrong."""
    for name in options:
        if name not in _CHECKS:
            near = get_close_matches(name, _CHECKS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_CHECKS)}."
            raise ConfigurationError(f"@job has no option {name!r}; {hint}")
    return {name: _CHECKS[name](value) for name, value in options.items() if value is not None}


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise _wrong("name", value, 'a printable text such as "Archive"')
    return value


def _queue(value: Any) -> str:
    try:
        check_queue_name(value)
    except InvalidQueueName as error:
        raise ConfigurationError(f"@job(queue={value!r}): {error}") from None
    return str(value)


def _timeout(value: Any) -> float:
    if not _is_number(value, (int, float)) or not isfinite(value) or value <= 0:
        raise _wrong("timeout", value, "a positive number of seconds, or None for no limit")
    return float(value)


def _max_memory(value: Any) -> int:
    size = 0
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        size = int(match[1]) * _UNITS[match[2].upper()]
    elif _is_number(value, int):
        size = value
    if size <= 0:
        raise _wrong("max_memory", value, 'a size such as "200M" or "1G", or a number of bytes')
    return size


def _ids(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong("ids", value, "True, False, or None for what the settings say")
    return value


def _jobs_per_fork(value: Any) -> int:
    if not _is_number(value, int) or value < 1:
        raise _wrong("jobs_per_fork", value, "a number of jobs from 1 on")
    return int(value)


def _plugins(value: Any) -> tuple[Plugin, ...]:
    if isinstance(value, Iterable):
        plugins = tuple(value)
        if all(isinstance(plugin, Plugin) for plugin in plugins):
            return plugins
    raise _wrong("plugins", value, "a list of Plugin objects, such as [Lock()]")


_CHECKS = {
    "name": _name,
    "queue": _queue,
    "timeout": _timeout,
    "max_memory": _max_memory,
    "ids": _ids,
    "jobs_per_fork": _jobs_per_fork,
    "plugins": _plugins,
}


def _is_number(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _wrong(option: str, value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"@job({option}={value!r}): give it {wanted}.")
