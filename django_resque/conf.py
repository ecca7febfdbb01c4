"""``settings.RESQUE`` as one typed value; the only place that reads Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from django_resque.conf_values import KEYS
from django_resque.exceptions import ConfigurationError
from django_resque.store.connection import (
    OWNED_OPTIONS,
    option_names,
    sentinel_option_names,
    url_options,
)
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from django_resque.wire.schedule import ScheduleEntry


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``settings.RESQUE`` says: every key in lower case, with its default if absent."""

    namespace: str = "resque"
    default_queue: str = "default"
    job_ids: bool = True
    inline: bool = False
    plugins: tuple[str, ...] = ()
    failure_backend: tuple[str, ...] = ("redis",)
    heartbeat_interval: float = 10.0
    heartbeat_ttl: float = 60.0
    park_unknown: float = 0.0
    schedule: tuple[ScheduleEntry, ...] = ()
    url: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    unix_socket: str | None = None
    sentinels: tuple[tuple[str, int], ...] | None = None
    sentinel_service: str | None = None
    sentinel_options: dict[str, Any] | None = field(default=None, repr=False)
    cache: str | None = None
    db: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ssl: bool | None = None
    ssl_ca_certs: str | None = None
    ssl_certfile: str | None = None
    ssl_keyfile: str | None = None
    ssl_cert_reqs: str | None = None
    ssl_check_hostname: bool | None = None
    options: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with ``settings.RESQUE``: what, and what to do about it."""

    kind: Literal["shape", "unknown", "value", "clash"]
    message: str
    hint: str


@cache
def get_settings() -> Settings:
    """Return the settings, read once. Raises ConfigurationError listing all that is wrong."""
    values, problems = _examine()
    if problems:
        lines = [f"- {problem.message} {problem.hint}" for problem in problems]
        raise ConfigurationError("\n".join(["settings.RESQUE is wrong:", *lines]))
    return Settings(**{key.lower(): value for key, value in values.items()})


def find_problems() -> list[Problem]:
    """Return all that is wrong with ``settings.RESQUE`` as it stands."""
    return _examine()[1]


def _examine() -> tuple[dict[str, Any], list[Problem]]:
    raw = getattr(django_settings, "RESQUE", {})
    if not isinstance(raw, dict):
        message = f"RESQUE must be a dict, not {type(raw).__name__}."
        return {}, [Problem("shape", message, 'For example: RESQUE = {"NAMESPACE": "resque"}.')]
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        if key not in KEYS:
            problems.append(_unknown("RESQUE", key, KEYS))
        elif value is not None:  # what an unset environment variable gives: as if it were absent
            read, example = KEYS[key]
            try:
                values[key] = read(value)
            except ValueError as error:
                message = f'RESQUE["{key}"]: {str(error).rstrip(".")}.'
                problems.append(Problem("value", message, f'For example: "{key}": {example}.'))
    # Keys that are wrong themselves would only give misleading clashes.
    if not problems:
        problems += _clashes(values)
    return values, problems


def _unknown(where: str, key: object, known: Collection[str]) -> Problem:
    shown = printable(str(key), 60)
    folded = {name.lower(): name for name in known}
    near = get_close_matches(shown.lower(), folded, 1)
    known_names = f"Known are {', '.join(sorted(known))}."
    hint = f'Did you mean "{folded[near[0]]}"?' if near else known_names
    if known is KEYS:
        hint = _elsewhere(shown.lower()) or hint
    return Problem("unknown", f'{where}["{shown}"] is not a setting.', hint)


def _elsewhere(word: str) -> str:
    """Return a hint for what is named so in settings of redis-py, a cache, django-rq or Celery."""
    tails = [key for key in KEYS if word.endswith(f"_{key.lower()}")]
    if name := _OTHER_WORDS.get(word) or max(tails, key=len, default=""):
        return f'Did you mean "{name}"?'
    is_option = word in option_names() and word.upper() not in KEYS
    return f'Write RESQUE["OPTIONS"]["{word}"] instead.' if is_option else ""


def _clashes(given: Mapping[str, Any]) -> Iterator[Problem]:
    ways = [way for way in _WAYS if way in given]
    for message, hint in _connection_clashes(given, ways):
        yield Problem("clash", message, hint)
    for name in given.get("OPTIONS", {}):
        if name in OWNED_OPTIONS:
            message = f'RESQUE["OPTIONS"]["{name}"] is decided by django-resque.'
            yield Problem("clash", message, "Leave it out.")
        elif name.upper() in KEYS:
            message = f'RESQUE["OPTIONS"]["{name}"] has a setting of its own.'
            yield Problem("clash", message, f'Write RESQUE["{name.upper()}"] instead.')
        elif name not in option_names():
            yield _unknown('RESQUE["OPTIONS"]', name, option_names())
    for name in sorted(given.get("SENTINEL_OPTIONS", {}).keys() - sentinel_option_names()):
        yield _unknown('RESQUE["SENTINEL_OPTIONS"]', name, sentinel_option_names())
    if "URL" in given:
        for name in sorted(url_options(given["URL"]).keys() - option_names() - OWNED_OPTIONS):
            yield _unknown('RESQUE["URL"]', name, option_names())
    interval = given.get("HEARTBEAT_INTERVAL", _DEFAULTS.heartbeat_interval)
    ttl = given.get("HEARTBEAT_TTL", _DEFAULTS.heartbeat_ttl)
    if ttl < 2 * interval:
        yield Problem(
            "clash",
            f"HEARTBEAT_TTL ({ttl:g} s) is less than twice HEARTBEAT_INTERVAL ({interval:g} s): "
            "after one late heartbeat a living worker would pass for dead.",
            "Six times the interval is a good HEARTBEAT_TTL.",
        )


def _connection_clashes(given: Mapping[str, Any], ways: list[str]) -> Iterator[tuple[str, str]]:
    if len(ways) > 1:
        yield f"{' and '.join(ways)} each say where Redis is.", "Keep one of them."
        return
    way = ways[0] if ways else "HOST"
    for key in sorted(given.keys() & set().union(*_WAYS.values()) - _WAYS[way]):
        yield f"{key} means nothing to a connection by {way}.", "Leave it out."
    if way == "SENTINELS" and "SENTINEL_SERVICE" not in given:
        yield "SENTINELS needs SENTINEL_SERVICE.", 'For example: "SENTINEL_SERVICE": "mymaster".'
    said = url_options(given["URL"]) if way == "URL" else {}
    for key in sorted({*given, *map(str.upper, given.get("OPTIONS", ()))}):
        if key.lower() in said:
            yield f"{key} is given in URL as well.", "Keep one of them."
    secure = given.get("SSL") or given.get("URL", "").startswith("rediss:")
    if not secure and (idle := sorted(given.keys() & (_TLS - {"SSL"}))):
        hint = 'Write "rediss://" in URL.' if way == "URL" else 'Add "SSL": True.'
        yield f"{', '.join(idle)} without TLS would protect nothing.", hint


_DEFAULTS = Settings()
# By what others call it: what we call it.
_OTHER_WORDS = {
    "async": "INLINE",
    "connection_kwargs": "OPTIONS",
    "database": "DB",
    "eager": "INLINE",
    "key_prefix": "NAMESPACE",
    "location": "URL",
    "master_name": "SENTINEL_SERVICE",
    "path": "UNIX_SOCKET",
    "prefix": "NAMESPACE",
    "queue": "DEFAULT_QUEUE",
    "redis_client_kwargs": "OPTIONS",
    "service_name": "SENTINEL_SERVICE",
    "task_always_eager": "INLINE",
    "use_redis_cache": "CACHE",
}
_TLS = {
    "SSL", "SSL_CA_CERTS", "SSL_CERTFILE", "SSL_KEYFILE", "SSL_CERT_REQS", "SSL_CHECK_HOSTNAME",
}  # fmt: skip
_LOGIN = {"DB", "USERNAME", "PASSWORD", "OPTIONS"}
# The keys that say where Redis is, and what may stand beside each.
_WAYS = {
    "URL": {"URL", *_LOGIN, *(_TLS - {"SSL"})},
    "HOST": {"HOST", "PORT", *_LOGIN, *_TLS},
    "UNIX_SOCKET": {"UNIX_SOCKET", *_LOGIN},
    "SENTINELS": {"SENTINELS", "SENTINEL_SERVICE", "SENTINEL_OPTIONS", *_LOGIN, *_TLS},
    "CACHE": {"CACHE", "DB", "OPTIONS"},
}


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "RESQUE":
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_resque.conf")
