"""What each value in ``settings.RESQUE`` must be, with an example for the hint."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from django_resque.conf_schedule import read_schedule
from django_resque.store.connection import check_host, url_options
from django_resque.wire.printable import printable
from django_resque.wire.queue_name import check_queue_name

if TYPE_CHECKING:
    from collections.abc import Callable

# Ruby takes a worker for dead after 300 s of silence: ours must have beaten more than once by then.
_LONGEST_INTERVAL = 120
_LONGEST_PAUSE = 604_800  # seconds: a week


def _unfit(expected: str, value: Any) -> ValueError:
    shown = repr(value)
    if "@" in shown or "://" in shown:  # a URL in the wrong place, which may hold a password
        return _unfit_secret(expected, value)
    return ValueError(f"must be {expected}, not {printable(shown, 60)}")


def _unfit_secret(expected: str, value: Any) -> ValueError:
    return ValueError(f"must be {expected}, not {type(value).__name__}")


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _unfit("True or False", value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise _unfit("a text", value)
    return value


def _host(value: Any) -> str:
    host = _text(value)
    # One colon parts a port off; an IPv6 address has more of them.
    if host.count(":") == 1 or any(mark in host for mark in "/@ []"):
        raise ValueError(
            "must be a name or an address alone, without brackets; "
            "port and password have keys of their own"
        )
    check_host(host)
    return host


def _secret(value: Any) -> str:
    if not isinstance(value, str):
        raise _unfit_secret("a string", value)
    return value


def _path(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise _unfit("a path", value)
    path = os.fsdecode(value)
    if "://" in path:
        raise ValueError("must be a path alone; a URL goes to URL")
    return path


def _alias(value: Any) -> str:
    alias = _text(value)
    if "://" in alias:
        raise ValueError("must be an alias in CACHES; a URL goes to URL")
    return alias


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _unfit(f"a whole number from {low} to {high}", value)
        return value

    return read


def _seconds(longest: float) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not 0 < value <= longest:
            at_most = f" of at most {longest:g}" if math.isfinite(longest) else ""
            raise _unfit(f"a number of seconds above 0{at_most}", value)
        return float(value)

    return read


def _pause(value: Any) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= value <= _LONGEST_PAUSE:
        raise _unfit(f"a number of seconds from 0 to {_LONGEST_PAUSE}", value)
    return float(value)


def _namespace(value: Any) -> str:
    fit = isinstance(value, str) and value.isprintable() and value.strip(":") and " " not in value
    if not fit:
        raise _unfit("a text without spaces and control characters", value)
    return str(value)


def _queue(value: Any) -> str:
    check_queue_name(value)
    return str(value)


def _dotted_paths(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(map(_is_dotted, value)):
        raise _unfit("a list of dotted paths", value)
    return tuple(value)


def _backends(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not names:
        raise _unfit("a name or a dotted path, or a list of them", value)
    for name in names:
        if not isinstance(name, str) or not all(map(str.isidentifier, name.split("."))):
            raise _unfit("a name or a dotted path, or a list of them", value)
    return tuple(names)


def _is_dotted(value: Any) -> bool:
    return isinstance(value, str) and "." in value and all(map(str.isidentifier, value.split(".")))


def _url(value: Any) -> str:
    if not isinstance(value, str):
        raise _unfit_secret("a string", value)
    url_options(value)
    return value


def _sentinels(value: Any) -> tuple[tuple[str, int], ...]:
    read_port = _whole(1, 65535)
    try:
        addresses = tuple((_host(host), read_port(port)) for host, port in value)
    except (TypeError, ValueError):
        addresses = ()
    if not addresses or isinstance(value, (str, dict)):
        raise _unfit("a list of (host, port) pairs, each port a whole number", value)
    return addresses


def _is_wait(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 < value < math.inf


def _cert_reqs(value: Any) -> str:
    if value not in ("required", "optional", "none"):
        raise _unfit('"required", "optional" or "none"', value)
    return str(value)


def _options(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _unfit_secret("a dict of redis-py's options by name", value)
    for name, wait in value.items():
        if name.endswith("timeout") and wait is not None and not _is_wait(wait):
            raise _unfit(f"a dict whose {name} is a number of seconds above 0 or None", wait)
    return value


KEYS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "NAMESPACE": (_namespace, '"resque"'),
    "DEFAULT_QUEUE": (_queue, '"default"'),
    "JOB_IDS": (_flag, "True"),
    "INLINE": (_flag, "False"),
    "PLUGINS": (_dotted_paths, '["shop.jobs.Locked"]'),
    "FAILURE_BACKEND": (_backends, '["redis", "log"]'),
    "HEARTBEAT_INTERVAL": (_seconds(_LONGEST_INTERVAL), "10"),
    "HEARTBEAT_TTL": (_seconds(math.inf), "60"),
    "PARK_UNKNOWN": (_pause, "600"),
    "SCHEDULE": (read_schedule, '{"nightly": {"cron": "0 3 * * *", "job": "shop.jobs.tidy"}}'),
    "URL": (_url, '"redis://localhost:6379/0"'),
    "HOST": (_host, '"localhost"'),
    "PORT": (_whole(1, 65535), "6379"),
    "UNIX_SOCKET": (_path, '"/run/redis.sock"'),
    "SENTINELS": (_sentinels, '[("10.0.0.1", 26379)]'),
    "SENTINEL_SERVICE": (_text, '"mymaster"'),
    "SENTINEL_OPTIONS": (_options, '{"password": ...}'),
    "CACHE": (_alias, '"default"'),
    "DB": (_whole(0, 2**31), "0"),
    "USERNAME": (_secret, '"resque"'),
    "PASSWORD": (_secret, 'os.environ["REDIS_PASSWORD"]'),
    "SSL": (_flag, "True"),
    "SSL_CA_CERTS": (_path, '"/etc/ssl/redis-ca.pem"'),
    "SSL_CERTFILE": (_path, '"/etc/ssl/shop.pem"'),
    "SSL_KEYFILE": (_path, '"/etc/ssl/shop.key"'),
    "SSL_CERT_REQS": (_cert_reqs, '"required"'),
    "SSL_CHECK_HOSTNAME": (_flag, "True"),
    "OPTIONS": (_options, '{"socket_timeout": 2}'),
}
"""Each key: what reads its value, raising ValueError for a wrong one, and an example of one."""
