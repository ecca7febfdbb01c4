"""Builds redis-py pools that never retry by themselves, and tells where they lead."""

from __future__ import annotations

import inspect
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import redis
from redis.backoff import NoBackoff
from redis.connection import (
    Connection,
    ConnectionPool,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.retry import Retry
from redis.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

from django_resque.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

PoolFactory = Callable[..., ConnectionPool]
"""Makes a new pool at each call; keyword arguments override options of its connections."""

# The same whichever redis-py is installed: before version 8 it would wait for ever.
_PATIENCE: dict[str, Any] = {"socket_timeout": 5.0, "socket_connect_timeout": 5.0}

# A repeated LPOP or RPUSH loses or doubles a job, so whether to try again is never redis-py's
# choice; payloads are bytes, and a name that is no UTF-8 must lead back to its own key.
_FIXED: dict[str, Any] = {
    "decode_responses": False,
    "encoding": "utf-8",
    "encoding_errors": "surrogateescape",
    "health_check_interval": 0,
    "protocol": 2,
    "retry": Retry(NoBackoff(), 0),
    "retry_on_timeout": False,
}

try:
    from redis.maint_notifications import MaintNotificationsConfig
except ImportError:  # redis-py before 7 knows no such notifications
    pass
else:
    # Redis' notices of maintenance would arrive in the middle of our replies.
    _FIXED["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)

OWNED_OPTIONS = frozenset(
    {
        *_FIXED, "cache", "cache_config", "command_packer", "connection_class", "connection_pool",
        "event_dispatcher", "himport_registry", "legacy_responses", "maint_notifications_config",
        "maint_notifications_pool_handler", "maintenance_notification_hash", "maintenance_state",
        "orig_host_address", "orig_socket_connect_timeout", "orig_socket_timeout",
        "oss_cluster_maint_notifications_handler", "parser", "parser_class", "redis_connect_func",
        "retry_on_error",
    }
)  # fmt: skip
"""Options of redis-py that are decided here and nowhere else."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def from_url(url: str, **options: Any) -> PoolFactory:
    """Lead to a ``redis://``, ``rediss://`` or ``unix://`` URL."""
    said = url_options(url)
    return _factory(said.pop("connection_class", Connection), {**options, **said})


def from_address(
    host: str = "localhost", port: int = 6379, *, ssl: bool = False, **options: Any
) -> PoolFactory:
    """Lead to a host and port, by TLS if ``ssl``."""
    return _factory(SSLConnection if ssl else Connection, {**options, "host": host, "port": port})


def from_unix_socket(path: str, **options: Any) -> PoolFactory:
    """Lead to a Unix socket."""
    return _factory(UnixDomainSocketConnection, {**options, "path": path})


def from_sentinels(
    sentinels: Sequence[tuple[str, int]],
    service: str,
    *,
    sentinel_options: dict[str, Any] | None = None,
    ssl: bool = False,
    **options: Any,
) -> PoolFactory:
    """Lead to whichever Redis the Sentinels call the primary of ``service``."""
    asking = {**_PATIENCE, "retry": _FIXED["retry"], "protocol": 2, **(sentinel_options or {})}
    if asking.get("ssl"):
        _decide_verification(asking)
    try:
        manager = Sentinel(list(sentinels), sentinel_kwargs=asking)
    except (TypeError, ValueError, redis.RedisError) as error:
        raise ConfigurationError(f"redis-py refuses the options for Sentinels: {error}") from None
    kind = SentinelManagedSSLConnection if ssl else SentinelManagedConnection
    return _factory(kind, options, service_name=service, sentinel_manager=manager)


def from_pool(pool: ConnectionPool, **options: Any) -> PoolFactory:
    """Lead to where another pool leads, such as that of a cache, with its address and secrets."""
    taken = {
        name: value for name, value in pool.connection_kwargs.items() if name not in OWNED_OPTIONS
    }
    sentinel = {}
    if isinstance(pool, SentinelConnectionPool):
        sentinel["service_name"] = pool.service_name
        sentinel["sentinel_manager"] = pool.sentinel_manager
    return _factory(pool.connection_class, {**taken, **options}, **sentinel)


def url_options(url: str) -> dict[str, Any]:
    """Return the options a URL gives, in redis-py's names.

    Raises ValueError, which never quotes the URL for the password in it, for a malformed one.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(
            "its host or port is malformed; a '/', '?', '#' or '@' in the password must be "
            "percent-encoded"
        ) from None
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it must begin with redis://, rediss:// or unix://")
    if parts.fragment:
        raise ValueError("it has a '#'; in a password write %23")
    if "@" in parts.query:
        raise ValueError("it has a '@' behind a '?'; in a password write %40 and %3F")
    check_host(parts.hostname or "")
    if parts.scheme == "unix" and (parts.hostname or not parts.path):
        raise ValueError(
            "after unix:// comes the absolute path of the socket: unix:///run/redis.sock"
        )
    if parts.scheme != "unix" and not parts.path.strip("/").isdecimal() and parts.path.strip("/"):
        raise ValueError("its path must be the number of a database")
    return dict(parse_url(url))


def check_host(host: str) -> None:
    """Raise ValueError for the name of a host that could not even be asked for."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("its host has an empty part, or one that is too long") from None


def option_names() -> frozenset[str]:
    """Return the names of the options that the installed redis-py takes and we leave open."""
    names = {"max_connections"}
    for kind in (*SSLConnection.__mro__, *UnixDomainSocketConnection.__mro__):
        names.update(inspect.signature(kind.__init__).parameters)  # type: ignore[misc]
    return frozenset(names - OWNED_OPTIONS - {"self", "args", "kwargs"})


def sentinel_option_names() -> frozenset[str]:
    """Return the names of the options that the installed redis-py takes for Sentinels."""
    return frozenset(inspect.signature(redis.Redis.__init__).parameters) - {"self", "host", "port"}


def check_options(factory: PoolFactory) -> None:
    """Raise ConfigurationError if redis-py refuses the options; does not connect."""
    try:
        factory().make_connection()
    except (TypeError, ValueError, redis.RedisError) as error:
        raise ConfigurationError(f"redis-py refuses the connection options: {error}") from None


def describe(pool: ConnectionPool) -> str:
    """Return a URL for people: where the pool leads, without the password."""
    kwargs = pool.connection_kwargs
    user = quote(kwargs.get("username") or "", safe="")
    secret = ":***" if kwargs.get("password") else ""
    login = f"{user}{secret}@" if user or secret else ""
    db = kwargs.get("db") or 0
    if "path" in kwargs:
        return f"unix://{login}{kwargs['path']}?db={db}"
    scheme = "rediss" if uses_tls(pool) else "redis"
    if isinstance(pool, SentinelConnectionPool):
        places = ",".join(_netloc(*address) for address in _sentinel_addresses(pool))
        return f"{scheme}+sentinel://{login}{places}/{pool.service_name}/{db}"
    return f"{scheme}://{login}{_netloc(*_address(kwargs))}/{db}"


def same_database(one: ConnectionPool, other: ConnectionPool) -> bool:
    """Tell, without asking Redis, whether two pools certainly lead to the same database."""
    return _place(one) == _place(other)


def uses_tls(pool: ConnectionPool) -> bool:
    """Tell whether a pool's connections are encrypted."""
    return issubclass(pool.connection_class, SSLConnection)


def verifies(pool: ConnectionPool) -> bool:
    """Tell whether the connections of a pool made here make sure, by TLS, who the server is."""
    return uses_tls(pool) and bool(pool.connection_kwargs["ssl_check_hostname"])


def is_local(pool: ConnectionPool) -> bool:
    """Tell whether a pool leads to this machine: by a Unix socket or a loopback address."""
    if isinstance(pool, SentinelConnectionPool):
        return all(host in _LOOPBACK for host, _ in _sentinel_addresses(pool))
    return "path" in pool.connection_kwargs or _address(pool.connection_kwargs)[0] in _LOOPBACK


def _factory(kind: type[Any], options: dict[str, Any], **sentinel: Any) -> PoolFactory:
    settled = {**_PATIENCE, **options, **_FIXED}
    if issubclass(kind, Connection):
        settled.setdefault("socket_keepalive", True)
    if issubclass(kind, SSLConnection):
        _decide_verification(settled)

    def make(**overrides: Any) -> ConnectionPool:
        pool_class = SentinelConnectionPool if sentinel else ConnectionPool
        return pool_class(connection_class=kind, **{**settled, **sentinel, **overrides})

    return make


def _decide_verification(options: dict[str, Any]) -> None:
    """Have the host name checked unless told otherwise, as redis-py before 6 does not.

    Without a look at the certificate there is no name to check, and older ones break if told to.
    """
    unverified = options.get("ssl_cert_reqs", "required") in ("none", None, ssl.CERT_NONE)
    options["ssl_check_hostname"] = not unverified and options.get("ssl_check_hostname", True)


def _address(kwargs: dict[str, Any]) -> tuple[str, int]:
    return str(kwargs.get("host") or "localhost"), int(kwargs.get("port") or 6379)


def _sentinel_addresses(pool: SentinelConnectionPool) -> list[tuple[str, int]]:
    return [
        _address(sentinel.connection_pool.connection_kwargs)
        for sentinel in pool.sentinel_manager.sentinels
    ]


def _netloc(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _place(pool: ConnectionPool) -> tuple[Any, ...]:
    kwargs = pool.connection_kwargs
    db = int(kwargs.get("db") or 0)
    if isinstance(pool, SentinelConnectionPool):
        return pool.service_name, frozenset(_sentinel_addresses(pool)), db
    if "path" in kwargs:
        return kwargs["path"], db
    host, port = _address(kwargs)
    return "localhost" if host in _LOOPBACK else host.lower(), port, db
