"""Checks what stands in ``@job(...)`` where it is written, not when the job runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from math import isfinite
from typing import Any

from django_resque.exceptions import ConfigurationError, InvalidQueueName
from django_resque.jobs.grouping import checked_by
from django_resque.jobs.limits import checked_rate
from django_resque.jobs.plugins import Plugin
from django_resque.jobs.retry import Retry
from django_resque.wire.queue_name import check_queue_name

_SIZE = re.compile(r"(\d+)([KMGT]?)", re.IGNORECASE)
_LONGEST = 10 * 366 * 86_400.0  # seconds that anything waits or is kept
_MOST_RUNNING = 1000  # all of them are looked at when one more would begin
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of ``@job`` in their final form. Raises ConfigurationError if wrong."""
    for name in options:
        if name not in _CHECKS:
            near = get_close_matches(name, _CHECKS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_CHECKS)}."
            raise ConfigurationError(f"@job has no option {name!r}; {hint}")
    found = {name: _CHECKS[name](value) for name, value in options.items() if value is not None}
    if found.get("ids") is False and (need := [name for name in _NEED_IDS if found.get(name)]):
        raise ConfigurationError(f"@job({need[0]}=...) needs payloads with ids: leave ids out.")
    if "max_recoveries" in found and found.get("on_worker_loss") != "requeue":
        raise ConfigurationError('@job(max_recoveries=...) goes with on_worker_loss="requeue".')
    _check_together(found)
    return found


def _check_together(found: dict[str, Any]) -> None:
    for name in ("unique_for", "unique_by"):
        if name in found and "unique" not in found:
            raise ConfigurationError(f'@job({name}=...) goes with unique="until_end".')
    if "limit_by" in found and not {"max_running", "rate"} & set(found):
        raise ConfigurationError("@job(limit_by=...) goes with max_running=3 or rate='10/m'.")


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


def _retry(value: Any) -> Retry:
    if isinstance(value, Retry):
        return value
    if not _is_number(value, int):
        raise _wrong("retry", value, "a Retry(...), or the number of attempts in all")
    return Retry(max_attempts=value)


def _on_worker_loss(value: Any) -> str:
    if value not in ("fail", "requeue"):
        raise _wrong("on_worker_loss", value, '"fail" or "requeue"')
    return str(value)


def _max_recoveries(value: Any) -> int:
    if not _is_number(value, int) or value < 1:
        raise _wrong("max_recoveries", value, "a whole number from 1 on")
    return int(value)


def _result_ttl(value: Any) -> float:
    return _duration("result_ttl", value)


def _ttl(value: Any) -> float:
    return _duration("ttl", value)


def _duration(option: str, value: Any) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not _is_number(seconds, (int, float)) or not 0 < seconds <= _LONGEST:
        raise _wrong(option, value, "a positive number of seconds or a timedelta")
    return float(seconds)


def _unique(value: Any) -> str:
    if value not in ("until_start", "until_end"):
        raise _wrong("unique", value, '"until_start" or "until_end"')
    return str(value)


def _unique_for(value: Any) -> float:
    return _duration("unique_for", value)


def _max_running(value: Any) -> int:
    if not _is_number(value, int) or not 1 <= value <= _MOST_RUNNING:
        raise _wrong("max_running", value, f"a whole number from 1 to {_MOST_RUNNING}")
    return int(value)


def _php_status(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong("php_status", value, "True or False")
    return value


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "queue": _queue,
    "timeout": _timeout,
    "max_memory": _max_memory,
    "ids": _ids,
    "jobs_per_fork": _jobs_per_fork,
    "plugins": _plugins,
    "retry": _retry,
    "on_worker_loss": _on_worker_loss,
    "max_recoveries": _max_recoveries,
    "result_ttl": _result_ttl,
    "ttl": _ttl,
    "php_status": _php_status,
    "unique": _unique,
    "unique_for": _unique_for,
    "unique_by": partial(checked_by, "unique_by"),
    "max_running": _max_running,
    "rate": checked_rate,
    "limit_by": partial(checked_by, "limit_by"),
}
# Options that go by the id or the time of a payload.
_NEED_IDS = ("result_ttl", "ttl", "php_status", "unique")


def _is_number(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _wrong(option: str, value: Any, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"@job({option}={value!r}): give it {wanted}.")
