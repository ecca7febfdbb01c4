"""System checks of ``settings.RESQUE``, tagged ``resque``; none of them asks Redis anything."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.core.checks import Error
from django.core.checks import Warning as CheckWarning
from django.core.checks import register as register_check
from django.utils.module_loading import import_string
from django_redis.cache import RedisCache as DjangoRedisCache

from django_resque import wiring
from django_resque.conf import find_problems, get_settings
from django_resque.exceptions import (
    ArgumentError,
    ConfigurationError,
    InvalidSchedule,
    NoQueueError,
    UnknownJob,
)
from django_resque.jobs.plugins import Plugin
from django_resque.schedule import cron
from django_resque.schedule.entries import check_registered, prepared
from django_resque.store.connection import describe, is_local, same_database, uses_tls, verifies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.checks import CheckMessage
    from redis.connection import ConnectionPool

    from django_resque.wire.schedule import ScheduleEntry

_PROBLEM_IDS = {"shape": "E001", "unknown": "E002", "value": "E003", "clash": "E004"}
_TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def register() -> None:
    """Register all checks with Django."""
    register_check(check_settings, "resque")
    register_check(check_connection, "resque")
    register_check(check_deployment, "resque", deploy=True)


def check_settings(**_: Any) -> list[CheckMessage]:
    """Check that every setting is known, well formed and leads to something."""
    problems = find_problems()
    if problems:
        return [_error(_PROBLEM_IDS[each.kind], each.message, each.hint) for each in problems]
    messages = _refusal(
        "E005", wiring.cache_pool, "CACHE borrows the connection of a django-redis cache."
    ) or _refusal(
        "E006", wiring.pool_factory, "OPTIONS, and what follows '?' in URL, go to redis-py."
    )
    messages += _refusal("E007", wiring.plugins, "PLUGINS are dotted paths of Plugin classes.")
    messages += _refusal(
        "E008",
        wiring.failure_backends,
        'Known are "redis", "redis_multi_queue" and "log"; others are dotted paths of classes.',
    )
    if not messages:
        messages += _unfit_plugins()
    return messages + _missing_files() + _unfit_schedules()


def check_connection(**_: Any) -> list[CheckMessage]:
    """Warn where the connection works and yet endangers jobs or their secrecy."""
    pool = _queues_pool()
    if pool is None:
        return []
    warnings: list[CheckMessage] = [
        _warning(
            "W001",
            f'The queues share {describe(pool)} with CACHES["{alias}"]: '
            "clearing that cache deletes every job.",
            'Give the queues a database of their own: RESQUE["DB"], or the number in the URL.',
        )
        for alias, cache_pool in _cache_pools()
        if same_database(pool, cache_pool)
    ]
    if uses_tls(pool) and not verifies(pool):
        warnings.append(
            _warning(
                "W002",
                f"The server's certificate is not verified by TLS to {describe(pool)}: "
                "anybody on the way can read and change jobs.",
                'Remove SSL_CERT_REQS and SSL_CHECK_HOSTNAME; name an own CA by "SSL_CA_CERTS".',
            )
        )
    return warnings


def check_deployment(**_: Any) -> list[CheckMessage]:
    """Warn of what is fine on a developer's machine and nowhere else."""
    pool = _queues_pool()
    if pool is None:
        return []
    warnings: list[CheckMessage] = []
    if get_settings().inline:
        warnings.append(
            _warning(
                "W003",
                "INLINE is on: jobs are performed while the request waits, and nothing is queued.",
                'Remove RESQUE["INLINE"] in production.',
            )
        )
    if not is_local(pool) and not _authenticates(pool):
        warnings.append(
            _warning(
                "W004",
                f"Redis at {describe(pool)} is used without a password: "
                "whoever reaches it can read and enqueue jobs.",
                'Set RESQUE["PASSWORD"], and a password in Redis.',
            )
        )
    return warnings


def _refusal(id_: str, make: Callable[[], Any], hint: str) -> list[CheckMessage]:
    try:
        make()
    except ConfigurationError as error:
        return [_error(id_, str(error), hint)]
    return []


def _unfit_plugins() -> list[CheckMessage]:
    return [
        _error(
            "E007",
            f'RESQUE["PLUGINS"]: {type(plugin).__qualname__} is no Plugin.',
            "Let it inherit from django_resque.Plugin.",
        )
        for plugin in wiring.plugins()
        if not isinstance(plugin, Plugin)
    ]


def _unfit_schedules() -> list[CheckMessage]:
    return [message for entry in get_settings().schedule for message in _unfit_schedule(entry)]


def _unfit_schedule(entry: ScheduleEntry) -> list[CheckMessage]:
    where = f'RESQUE["SCHEDULE"]["{entry.name}"]'
    if entry.cron and not cron.AVAILABLE:
        text = f"{where} has a cron expression, and cronsim is not installed."
        return [_error("E010", text, f"Run {cron.INSTALL}")]
    try:
        check_registered(entry)
        prepared(entry).payload(0)
    except InvalidSchedule as error:
        hint = 'Such as "0 3 * * *", "30 0 3 * * *" with seconds, "@daily", or "every": "5m".'
        return [_error("E011", f"{where}: {error}.", hint)]
    except (UnknownJob, NoQueueError) as error:
        hint = 'For a job of another program write "class" and "queue" instead of "job".'
        return [_error("E012", f"{where}: {error}.", hint)]
    except ArgumentError as error:
        hint = 'Give what the job takes, as JSON can carry it: "args": [1], "kwargs": {"a": 2}.'
        return [_error("E013", f"{where}: {error}.", hint)]
    return []


def _missing_files() -> list[CheckMessage]:
    settings = get_settings()
    return [
        _error(
            "E009",
            f'RESQUE["{name.upper()}"]: there is no file {path}.',
            "Correct the path, or put the file there.",
        )
        for name in _TLS_FILES
        if (path := getattr(settings, name)) and not Path(path).is_file()
    ]


def _queues_pool() -> ConnectionPool | None:
    """Return a pool to the queues' Redis; None if the settings are wrong, told elsewhere."""
    try:
        return wiring.pool_factory()()
    except ConfigurationError:
        return None


def _cache_pools() -> Iterator[tuple[str, ConnectionPool]]:
    """Iterate over the caches whose ``clear()`` empties a whole Redis database."""
    for alias in caches.settings:
        pool = None
        with suppress(Exception):  # a cache that cannot be opened reports that where it is used
            pool = _cleared_pool(alias)
        if pool is not None:
            yield alias, pool


def _cleared_pool(alias: str) -> ConnectionPool | None:
    backend = import_string(caches.settings[alias]["BACKEND"])
    if not isinstance(backend, type):
        return None
    if issubclass(backend, DjangoRedisCache):
        return wiring.pool_of_cache(alias)
    if issubclass(backend, RedisCache):
        cache: Any = caches[alias]
        pool: ConnectionPool = cache._cache.get_client(write=True).connection_pool  # noqa: SLF001 has no public way in
        return pool
    return None


def _authenticates(pool: ConnectionPool) -> bool:
    keys = ("password", "credential_provider", "ssl_certfile")
    return any(pool.connection_kwargs.get(key) for key in keys)


def _error(id_: str, message: str, hint: str) -> CheckMessage:
    return Error(message, hint=hint, id=f"django_resque.{id_}")


def _warning(id_: str, message: str, hint: str) -> CheckMessage:
    return CheckWarning(message, hint=hint, id=f"django_resque.{id_}")
