"""Settings become objects, each once, anew when settings change, and without asking Redis."""

from __future__ import annotations

import os
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import caches

from django_resque import Plugin, wiring
from django_resque.exceptions import ConfigurationError
from django_resque.failures.base import FailureBackend
from django_resque.failures.log import LogBackend
from django_resque.failures.redis import RedisBackend, RedisMultiQueueBackend
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import describe
from django_resque.store.link import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure


class Locked(Plugin):
    """A plugin to be found by its path."""


class Mail(FailureBackend):
    """A failure backend to be found by its path."""


class Demanding:
    """A class that cannot be made without arguments."""

    def __init__(self, what: str) -> None:
        """Ask for something."""


@pytest.fixture(autouse=True)
def _importable() -> Iterator[None]:
    """Let dotted paths lead to this module, which pytest imports under a name of its own."""
    module = ModuleType("wired")
    module.__dict__.update(Locked=Locked, Mail=Mail, Demanding=Demanding, thing=5)
    sys.modules["wired"] = module
    yield
    del sys.modules["wired"]


def place(settings: Settings, **keys: Any) -> str:
    """Return where these settings lead."""
    settings.RESQUE = keys
    return describe(wiring.pool_factory()())


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "redis://localhost:6379/0"),
        ({"PORT": 6380}, "redis://localhost:6380/0"),
        ({"HOST": "h", "DB": 3, "USERNAME": "u", "PASSWORD": "p"}, "redis://u:***@h:6379/3"),
        ({"HOST": "h", "SSL": True}, "rediss://h:6379/0"),
        ({"URL": "redis://h/1"}, "redis://h:6379/1"),
        ({"URL": "rediss://h", "DB": 2, "PASSWORD": "p"}, "rediss://:***@h:6379/2"),
        ({"UNIX_SOCKET": "/run/redis.sock", "DB": 1}, "unix:///run/redis.sock?db=1"),
        (
            {"SENTINELS": [("a", 1), ("b", 2)], "SENTINEL_SERVICE": "main", "DB": 1},
            "redis+sentinel://a:1,b:2/main/1",
        ),
        (
            {"SENTINELS": [("a", 1)], "SENTINEL_SERVICE": "main", "SSL": True},
            "rediss+sentinel://a:1/main/0",
        ),
    ],
)
def test_pool_factory(settings: Settings, keys: dict[str, Any], expected: str) -> None:
    """Every way to say where Redis is leads there."""
    assert expected == place(settings, **keys)


def test_options_reach_the_connection(settings: Settings) -> None:
    """TLS settings and further options arrive at redis-py."""
    settings.RESQUE = {
        "HOST": "h",
        "SSL": True,
        "SSL_CA_CERTS": "/ca",
        "SSL_CHECK_HOSTNAME": False,
        "OPTIONS": {"socket_timeout": 2, "client_name": "shop"},
    }
    connection: Any = wiring.pool_factory()().make_connection()

    assert connection.ca_certs == "/ca"
    assert connection.check_hostname is False
    assert connection.socket_timeout == 2
    assert connection.client_name == "shop"


def test_options_reach_the_sentinels(settings: Settings) -> None:
    """The Sentinels have credentials of their own."""
    settings.RESQUE = {
        "SENTINELS": [("a", 1)],
        "SENTINEL_SERVICE": "main",
        "SENTINEL_OPTIONS": {"password": "p", "socket_timeout": 1},
    }
    pool: Any = wiring.pool_factory()()
    kwargs = pool.sentinel_manager.sentinels[0].connection_pool.connection_kwargs

    assert (kwargs["password"], kwargs["socket_timeout"]) == ("p", 1)


def test_an_option_that_redis_py_refuses(settings: Settings) -> None:
    """A setting that passes ours and not redis-py's is refused before the first job."""
    settings.RESQUE = {"OPTIONS": {"ssl_ciphers": "x"}}

    with pytest.raises(ConfigurationError, match="redis-py refuses the connection options"):
        wiring.pool_factory()


CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "redis": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://u@h:6380/1",
        "OPTIONS": {"PASSWORD": "p", "SOCKET_TIMEOUT": 2},
    },
    "replicated": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": ["redis://primary/1", "redis://replica/1"],
    },
    "sentinel": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://main/2",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.SentinelClient",
            "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
            "SENTINELS": [("a", 26379)],
        },
    },
    "sharded": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": ["redis://a/1", "redis://b/1"],
        "OPTIONS": {"CLIENT_CLASS": "django_redis.client.ShardClient"},
    },
    "core": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://h/1"},
    "nowhere": {"BACKEND": "django_redis.cache.RedisCache"},
    "lost": {"BACKEND": "nowhere.Cache"},
    "empty": {},
    "wrong": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://:CANA/RY@h/1"},
    "clientless": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": "redis://h/1",
        "OPTIONS": {"CLIENT_CLASS": "nowhere.Client"},
    },
}


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("redis", "redis://u:***@h:6380/1"),
        ("replicated", "redis://primary:6379/1"),
        ("sentinel", "redis+sentinel://a:26379/main/2"),
    ],
)
def test_cache(settings: Settings, alias: str, expected: str) -> None:
    """The connection of a django-redis cache is borrowed, that to its primary."""
    settings.CACHES = CACHES

    assert expected == place(settings, CACHE=alias)


def test_cache_in_another_database(settings: Settings) -> None:
    """Address and password may be the cache's, and the database and a timeout our own."""
    settings.CACHES = CACHES

    expected = "redis://u:***@h:6380/5"
    assert expected == place(settings, CACHE="redis", DB=5, OPTIONS={"socket_timeout": 9})
    assert wiring.pool_factory()().connection_kwargs["socket_timeout"] == 9


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        ("none", 'there is no cache "none". Name one of default, redis, replicated, sentinel'),
        ("default", 'the cache "default" is no django-redis cache'),
        ("core", 'the cache "core" is no django-redis cache'),
        ("sharded", 'the cache "sharded" is no django-redis cache, or one spread over several'),
        ("nowhere", 'the cache "nowhere" cannot be opened: Missing connections string'),
        ("lost", """the cache "lost" cannot be opened: Could not find backend 'nowhere.Cache'"""),
        ("clientless", """the cache "clientless" cannot be opened: No module named 'nowhere'"""),
        ("empty", 'the cache "empty" cannot be opened (KeyError): look at its entry in CACHES'),
        ("wrong", 'the cache "wrong" cannot be opened (ValueError): look at its entry in CACHES'),
    ],
)
def test_cache_that_cannot_be_used(settings: Settings, alias: str, expected: str) -> None:
    """The error says what the alias is, or which there are."""
    settings.CACHES = CACHES

    with pytest.raises(ConfigurationError) as caught:
        place(settings, CACHE=alias)
    assert expected in str(caught.value)
    assert "CANA" not in "".join(traceback.format_exception(caught.value))


def test_cache_of_a_real_server(settings: Settings, redis_server: EmbeddedServer) -> None:
    """Jobs travel over the cache's server."""
    settings.CACHES = {
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": redis_server.url}
    }
    settings.RESQUE = {"CACHE": "default", "DB": 1}
    caches["default"].set("greeting", "hello")
    wiring.store().queues.push("high", b"1")
    caches["default"].clear()

    assert [b"1"] == wiring.store().queues.peek("high")


def test_store_is_made_once(resque_settings: Configure) -> None:
    """The store, in the settings' namespace, is the same until settings change."""
    resque_settings(NAMESPACE="shop:prod")
    store = wiring.store()
    store.queues.push("high", b"1")
    assert store is wiring.store()
    assert store.keys.queues == "shop:prod:queues"
    assert isinstance(store.commander, PooledCommander)

    resque_settings(NAMESPACE="other")
    assert store is not wiring.store()
    assert [] == wiring.store().queues.names()


def test_changed_settings_close_what_was_open(resque_settings: Configure) -> None:
    """No connection outlives the settings that it was made from."""
    store = wiring.store()
    store.queues.names()
    commander: Any = store.commander
    (connection,) = commander.pool._available_connections
    assert connection._sock is not None

    resque_settings(NAMESPACE="other")
    assert connection._sock is None


def test_changed_caches_count(settings: Settings) -> None:
    """A connection borrowed from a cache follows the cache's settings."""
    settings.CACHES = CACHES
    assert place(settings, CACHE="redis") == "redis://u:***@h:6380/1"

    settings.CACHES = {**CACHES, "redis": CACHES["replicated"]}
    assert describe(wiring.pool_factory()()) == "redis://primary:6379/1"


def test_disconnect(resque_settings: Configure, redis_server: EmbeddedServer) -> None:
    """Open connections are closed and come back by themselves; none is opened for it."""
    wiring.reset()
    wiring.disconnect()
    assert wiring.store.cache_info().currsize == 0

    wiring.store().queues.names()
    commander: Any = wiring.store().commander
    (connection,) = commander.pool._available_connections
    wiring.disconnect()
    assert connection._sock is None
    assert [] == wiring.store().queues.names()


def test_a_fork_may_use_the_store(resque_settings: Configure) -> None:
    """Parent and child push at the same time over connections of their own."""
    wiring.store().queues.push("high", b"before")
    pid = os.fork()
    if pid == 0:
        try:
            for _ in range(100):
                wiring.store().queues.push("high", b"child")
        finally:
            os._exit(0)
    for _ in range(100):
        wiring.store().queues.push("high", b"parent")
    os.waitpid(pid, 0)

    assert wiring.store().queues.size("high") == 201


def test_link_and_store_over(resque_settings: Configure) -> None:
    """A worker's own connection leads to the same place, and each is a new one."""
    resque_settings(NAMESPACE="shop")
    link = wiring.link()
    try:
        wiring.store_over(link).queues.push("high", b"1")
        assert [b"1"] == wiring.store().queues.peek("high")
        assert isinstance(link, Link)
        assert link is not wiring.link()
    finally:
        link.close()


def test_plugins(settings: Settings) -> None:
    """Plugins are made once, in the settings' order."""
    settings.RESQUE = {}
    assert () == wiring.plugins()

    settings.RESQUE = {"PLUGINS": ["wired.Locked", "wired.Locked"]}
    assert [Locked, Locked] == [type(plugin) for plugin in wiring.plugins()]
    assert wiring.plugins() is wiring.plugins()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, [RedisBackend]),
        ("redis", [RedisBackend]),
        ("redis_multi_queue", [RedisMultiQueueBackend]),
        (["redis", "log", "wired.Mail"], [RedisBackend, LogBackend, Mail]),
    ],
)
def test_failure_backends(
    settings: Settings, names: Any, expected: list[type[FailureBackend]]
) -> None:
    """Backends are found by name or dotted path, in the settings' order."""
    settings.RESQUE = {"FAILURE_BACKEND": names}

    assert expected == [type(backend) for backend in wiring.failure_backends()]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nowhere.Locked", "cannot import nowhere.Locked: No module named 'nowhere'"),
        ("wired.Lockd", 'cannot import wired.Lockd: Module "wired" does not define'),
        ("wired.thing", "wired.thing is not a class."),
        ("wired.Demanding", "wired.Demanding cannot be made without arguments: "),
    ],
)
def test_what_cannot_be_made(settings: Settings, path: str, expected: str) -> None:
    """The error names the setting and the path."""
    settings.RESQUE = {"PLUGINS": [path], "FAILURE_BACKEND": [path]}

    with pytest.raises(ConfigurationError) as caught:
        wiring.plugins()
    assert f'RESQUE["PLUGINS"]: {expected}' in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        wiring.failure_backends()
    assert f'RESQUE["FAILURE_BACKEND"]: {expected}' in str(caught.value)


def test_a_backend_must_be_one(settings: Settings) -> None:
    """A class that could not be told of failures is refused."""
    settings.RESQUE = {"FAILURE_BACKEND": ["wired.Locked"]}

    with pytest.raises(ConfigurationError, match=r"wired.Locked is no FailureBackend"):
        wiring.failure_backends()
