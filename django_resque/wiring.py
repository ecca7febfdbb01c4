"""Makes objects out of settings, each once; made anew after ``override_settings``."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from django_redis import get_redis_connection

from django_resque.conf import get_settings
from django_resque.exceptions import ConfigurationError
from django_resque.failures.base import FailureBackend
from django_resque.failures.log import LogBackend
from django_resque.failures.redis import RedisBackend, RedisMultiQueueBackend
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import (
    check_options,
    from_address,
    from_pool,
    from_sentinels,
    from_unix_socket,
    from_url,
)
from django_resque.store.link import Link

if TYPE_CHECKING:
    from redis.connection import ConnectionPool

    from django_resque.conf import Settings
    from django_resque.store.commander import Commander
    from django_resque.store.connection import PoolFactory

_BACKENDS: dict[str, type[FailureBackend]] = {
    "redis": RedisBackend,
    "redis_multi_queue": RedisMultiQueueBackend,
    "log": LogBackend,
}
# Settings that redis-py takes under the same name, whichever way the connection is described.
_SHARED = (
    "db", "username", "password", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs",
    "ssl_check_hostname",
)  # fmt: skip


@cache
def store() -> Store:
    """Return the store for every process but a worker's own loop; safe for threads and forks."""
    return store_over(PooledCommander(pool_factory()()))


def store_over(commander: Commander) -> Store:
    """Return a store in the settings' namespace that works through ``commander``."""
    return Store(commander, get_settings().namespace)


def link() -> Link:
    """Return a new link for a worker's own loop."""
    return Link(pool_factory())


@cache
def pool_factory() -> PoolFactory:
    """Return what makes connection pools to the settings' Redis. Does not connect."""
    settings = get_settings()
    factory = _factory(settings)
    check_options(factory)
    return factory


def cache_pool() -> ConnectionPool | None:
    """Return the pool of the django-redis cache that the settings name; None if they name none."""
    alias = get_settings().cache
    if alias is None:
        return None
    if alias not in caches.settings:
        known = ", ".join(caches.settings)
        msg = f'there is no cache "{alias}". Name one of {known}, or give URL instead.'
        raise ConfigurationError(f'RESQUE["CACHE"]: {msg}')
    try:
        return pool_of_cache(alias)
    except (ImportError, ImproperlyConfigured) as error:
        msg = f'the cache "{alias}" cannot be opened: {error}'
        raise ConfigurationError(f'RESQUE["CACHE"]: {msg}') from error
    except (NotImplementedError, AttributeError) as error:
        msg = (
            f'the cache "{alias}" is no django-redis cache, or one spread over several servers. '
            'Set its BACKEND to "django_redis.cache.RedisCache", or give URL instead.'
        )
        raise ConfigurationError(f'RESQUE["CACHE"]: {msg}') from error
    except Exception as error:  # noqa: BLE001 the cache's classes may raise anything
        # Not its text, which may quote a part of the address with the password.
        kind = type(error).__name__
        msg = f'the cache "{alias}" cannot be opened ({kind}): look at its entry in CACHES.'
        raise ConfigurationError(f'RESQUE["CACHE"]: {msg}') from None


def pool_of_cache(alias: str) -> ConnectionPool:
    """Return the pool of a django-redis cache, that to the primary of one with replicas.

    Raises whatever keeps the cache from being opened, and AttributeError or NotImplementedError
    for a cache of another kind.
    """
    pool: ConnectionPool = get_redis_connection(alias, write=True).connection_pool
    return pool


@cache
def failure_backends() -> tuple[FailureBackend, ...]:
    """Return the backends that failures are told to, in the settings' order."""
    return tuple(map(_failure_backend, get_settings().failure_backend))


@cache
def plugins() -> tuple[Any, ...]:
    """Return the plugins of all jobs, in the settings' order."""
    return tuple(_made("PLUGINS", path) for path in get_settings().plugins)


def disconnect() -> None:
    """Close the connections of :func:`store`, if it has any; it opens new ones when needed."""
    if store.cache_info().currsize:
        store().commander.close()


def reset() -> None:
    """Close all connections and forget all objects, so that the next use makes new ones."""
    disconnect()
    for made in (store, pool_factory, failure_backends, plugins):
        made.cache_clear()


def _factory(settings: Settings) -> PoolFactory:
    options = dict(settings.options or {})
    for name in _SHARED:
        value = getattr(settings, name)
        if value is not None:
            options[name] = value
    borrowed = cache_pool()
    if borrowed is not None:
        return from_pool(borrowed, **options)
    if settings.url:
        return from_url(settings.url, **options)
    if settings.unix_socket:
        return from_unix_socket(settings.unix_socket, **options)
    tls = bool(settings.ssl)
    if settings.sentinels:
        service = settings.sentinel_service or ""
        return from_sentinels(
            settings.sentinels,
            service,
            sentinel_options=settings.sentinel_options,
            ssl=tls,
            **options,
        )
    return from_address(settings.host or "localhost", settings.port or 6379, ssl=tls, **options)


def _failure_backend(name: str) -> FailureBackend:
    if known := _BACKENDS.get(name):
        return known()
    if "." not in name:
        near = get_close_matches(name, _BACKENDS, 1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Known are {', '.join(_BACKENDS)}."
        msg = f'RESQUE["FAILURE_BACKEND"]: {name} is no failure backend. {hint}'
        raise ConfigurationError(msg)
    backend = _made("FAILURE_BACKEND", name)
    if not isinstance(backend, FailureBackend):
        raise ConfigurationError(
            f'RESQUE["FAILURE_BACKEND"]: {name} is no FailureBackend. '
            "Let it inherit from django_resque.failures.base.FailureBackend."
        )
    return backend


def _made(key: str, path: str) -> Any:
    try:
        kind = import_string(path)
    except ImportError as error:
        raise ConfigurationError(f'RESQUE["{key}"]: cannot import {path}: {error}') from error
    if not isinstance(kind, type):
        raise ConfigurationError(f'RESQUE["{key}"]: {path} is not a class.')
    try:
        return kind()
    except TypeError as error:
        raise ConfigurationError(
            f'RESQUE["{key}"]: {path} cannot be made without arguments: {error}'
        ) from error


def _forget(*, setting: str, **_: Any) -> None:
    if setting in ("RESQUE", "CACHES"):
        reset()


setting_changed.connect(_forget, dispatch_uid="django_resque.wiring")
