"""Pools lead where they are told, never try again by themselves, and never tell a password."""

from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from redis.connection import BlockingConnectionPool, ConnectionPool, SSLConnection
from redis.sentinel import Sentinel, SentinelConnectionPool

from django_resque.embedded import EmbeddedServer, ServerNotStarted
from django_resque.exceptions import ConfigurationError, StoreUnavailable
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import (
    check_options,
    describe,
    from_address,
    from_pool,
    from_sentinels,
    from_unix_socket,
    from_url,
    is_local,
    option_names,
    same_database,
    url_options,
    uses_tls,
    verifies,
)
from tests.ports import free_port
from tests.requiring import require
from tests.sentinels import SERVICE, watching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django_resque.store.connection import PoolFactory

SENTINELS = [("s1", 26379), ("s2", 26380)]
FACTORIES = {
    "redis": from_url("redis://ann:CANARY@example.com:6380/3"),
    "rediss": from_url("rediss://:CANARY@example.com"),
    "unix": from_url("unix://ann:CANARY@/run/redis.sock?db=2"),
    "query": from_url("redis://example.com?password=CANARY&db=1"),
    "address": from_address("::1", password="CANARY", db=0),
    "tls": from_address("example.com", ssl=True, username="a:b@c", password="CANARY"),
    "socket": from_unix_socket("/run/redis.sock"),
    "sentinels": from_sentinels(
        SENTINELS, "main", password="CANARY", db=1, sentinel_options={"password": "CANARY"}
    ),
    "sentinels by tls": from_sentinels(SENTINELS, "main", ssl=True),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("redis", "redis://ann:***@example.com:6380/3"),
        ("rediss", "rediss://:***@example.com:6379/0"),
        ("unix", "unix://ann:***@/run/redis.sock?db=2"),
        ("query", "redis://:***@example.com:6379/1"),
        ("address", "redis://:***@[::1]:6379/0"),
        ("tls", "rediss://a%3Ab%40c:***@example.com:6379/0"),
        ("socket", "unix:///run/redis.sock?db=0"),
        ("sentinels", "redis+sentinel://:***@s1:26379,s2:26380/main/1"),
        ("sentinels by tls", "rediss+sentinel://s1:26379,s2:26380/main/0"),
    ],
)
def test_describe(name: str, expected: str) -> None:
    """The description tells where a pool leads, and that there is a password, not which."""
    assert expected == describe(FACTORIES[name]())


@pytest.mark.parametrize("factory", FACTORIES.values(), ids=FACTORIES)
@pytest.mark.parametrize("overrides", [{}, {"protocol": 3, "socket_timeout": None}])
def test_never_tries_again_by_itself(factory: PoolFactory, overrides: dict[str, Any]) -> None:
    """No connection repeats a command, checks its health or decodes a reply; overrides hold."""
    connection: Any = factory(**overrides).make_connection()

    assert connection.retry._retries == 0
    assert not connection.retry_on_timeout
    assert connection.health_check_interval == 0
    assert not connection.encoder.decode_responses
    assert connection.protocol == overrides.get("protocol", 2)
    assert connection.socket_timeout == overrides.get("socket_timeout", 5.0)
    assert connection.socket_connect_timeout == 5.0


def test_each_call_makes_a_new_pool() -> None:
    """Two pools of one factory share nothing that the override of one could change."""
    factory = FACTORIES["redis"]
    one = factory(protocol=3)
    other = factory()

    assert one is not other
    assert one.connection_kwargs["protocol"] == 3
    assert other.connection_kwargs["protocol"] == 2


def test_what_the_url_says_wins() -> None:
    """A URL's own options are kept beside further ones."""
    kwargs = from_url("redis://h/1?socket_timeout=2", password="x")().connection_kwargs

    assert kwargs["socket_timeout"] == 2.0
    assert kwargs["db"] == 1
    assert kwargs["password"] == "x"


@pytest.mark.parametrize(
    ("options", "requirement", "hostname"),
    [
        ({}, ssl.CERT_REQUIRED, True),
        ({"ssl_check_hostname": False}, ssl.CERT_REQUIRED, False),
        ({"ssl_cert_reqs": "optional"}, ssl.CERT_OPTIONAL, True),
        ({"ssl_cert_reqs": "none"}, ssl.CERT_NONE, False),
        ({"ssl_cert_reqs": "none", "ssl_check_hostname": True}, ssl.CERT_NONE, False),
    ],
)
@pytest.mark.parametrize("way", ["url", "address", "sentinels"])
def test_tls_options_hold(
    way: str, options: dict[str, Any], requirement: ssl.VerifyMode, hostname: bool
) -> None:
    """Certificate and host name are verified, whichever redis-py, unless told otherwise."""
    factory = {
        "url": lambda: from_url("rediss://h", ssl_ca_certs="/ca", **options),
        "address": lambda: from_address("h", ssl=True, ssl_ca_certs="/ca", **options),
        "sentinels": lambda: from_sentinels(
            SENTINELS, "main", ssl=True, ssl_ca_certs="/ca", **options
        ),
    }[way]()
    connection: Any = factory().make_connection()

    assert isinstance(connection, SSLConnection)
    assert uses_tls(factory())
    assert verifies(factory()) is hostname
    assert requirement == connection.cert_reqs
    assert hostname is connection.check_hostname
    assert connection.ca_certs == "/ca"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"ssl_check_hostname": False}, False),
        ({"ssl_cert_reqs": "none"}, False),
    ],
)
def test_sentinels_by_tls_are_verified_too(options: dict[str, Any], expected: bool) -> None:
    """Whoever passes for a Sentinel could name any server as the primary."""
    factory = from_sentinels(SENTINELS, "main", sentinel_options={"ssl": True, **options})
    pool: Any = factory()
    connection = pool.sentinel_manager.sentinels[0].connection_pool.make_connection()

    assert expected is connection.check_hostname
    assert connection.retry._retries == 0


def test_from_pool_takes_address_and_secrets_only() -> None:
    """What a cache's pool has of its own, such as decoding and retries, is left behind."""
    cache_pool = BlockingConnectionPool.from_url(
        "rediss://ann:pass@h:1/2",
        max_connections=3,
        timeout=1,
        decode_responses=True,
        encoding="latin-1",
        health_check_interval=9,
        retry_on_timeout=True,
        socket_timeout=0.5,
        ssl_cert_reqs="none",
    )
    pool = from_pool(cache_pool)()
    connection: Any = pool.make_connection()

    assert type(pool) is ConnectionPool
    assert describe(pool) == "rediss://ann:***@h:1/2"
    assert connection.password == "pass"
    assert connection.socket_timeout == 0.5
    assert connection.cert_reqs == ssl.CERT_NONE
    assert connection.retry._retries == 0
    assert not connection.encoder.decode_responses
    assert connection.encoder.encoding == "utf-8"
    assert connection.health_check_interval == 0
    assert same_database(pool, cache_pool)


def test_from_pool_keeps_to_the_primary_of_sentinels() -> None:
    """From a pool that reads of replicas, one comes that writes to the primary."""
    manager = Sentinel(SENTINELS, socket_timeout=1)
    cache_pool = SentinelConnectionPool("main", manager, is_master=False, password="x", db=4)
    pool = from_pool(cache_pool)()

    assert isinstance(pool, SentinelConnectionPool)
    assert pool.is_master
    assert describe(pool) == "redis+sentinel://:***@s1:26379,s2:26380/main/4"
    assert (
        pool.connection_kwargs["connection_pool"]
        is not cache_pool.connection_kwargs["connection_pool"]
    )


def test_from_pool_to_another_database() -> None:
    """A cache's connection may be borrowed for a database that clearing it leaves alone."""
    cache_pool = from_url("redis://h/1")()
    pool = from_pool(cache_pool, db=2)()

    assert describe(pool) == "redis://h:6379/2"
    assert not same_database(pool, cache_pool)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("redis://localhost/0", "redis://127.0.0.1:6379", True),
        ("redis://Example.com", "rediss://u:p@example.com:6379/0", True),
        ("redis://h/1", "redis://h/2", False),
        ("redis://h:1", "redis://h:2", False),
        ("unix:///a", "unix:///a?db=0", True),
        ("unix:///a", "unix:///b", False),
        ("unix:///a", "unix:///a?db=1", False),
        ("unix:///a", "redis://localhost", False),
    ],
)
def test_same_database(one: str, other: str, expected: bool) -> None:
    """Host, port and number count; how one gets there does not."""
    assert expected is same_database(from_url(one)(), from_url(other)())


def test_same_database_by_sentinels() -> None:
    """The same service of the same Sentinels, in whichever order, is one place."""
    one = from_sentinels(SENTINELS, "main")()

    assert same_database(one, from_sentinels(SENTINELS[::-1], "main")())
    assert not same_database(one, from_sentinels(SENTINELS, "other")())
    assert not same_database(one, from_sentinels(SENTINELS, "main", db=1)())
    assert not same_database(one, from_url("redis://s1:26379")())


@pytest.mark.parametrize(
    ("factory", "expected"),
    [
        (from_url("redis://localhost"), True),
        (from_url("redis://[::1]"), True),
        (from_url("redis://example.com"), False),
        (from_unix_socket("/s"), True),
        (from_sentinels([("localhost", 1)], "main"), True),
        (from_sentinels([("localhost", 1), ("h", 1)], "main"), False),
    ],
)
def test_is_local(factory: PoolFactory, expected: bool) -> None:
    """A Unix socket and loopback addresses are this machine, all else is not."""
    assert expected is is_local(factory())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://u:CAN/ARY@h", "its host or port is malformed"),
        ("redis://h:CANARY", "its host or port is malformed"),
        ("redis://[::1", "its host or port is malformed"),
        ("http://u:CANARY@h", "it must begin with redis://, rediss:// or unix://"),
        ("redis:h", "it must begin with redis://, rediss:// or unix://"),
        ("", "it must begin with redis://, rediss:// or unix://"),
        ("redis://:CAN#ARY@h", "its host or port is malformed"),
        ("redis://h#CANARY", "it has a '#'"),
        ("redis://h/CANARY", "its path must be the number of a database"),
        ("redis://h/0/resque", "its path must be the number of a database"),
        ("unix://run/redis.sock", "after unix:// comes the absolute path of the socket"),
        ("unix://", "after unix:// comes the absolute path of the socket"),
        ("redis://h?db=CANARY", "Invalid value for"),
    ],
)
def test_a_malformed_url_is_refused_without_being_told(url: str, expected: str) -> None:
    """The error says what is wrong and quotes nothing: anything may be part of a password."""
    with pytest.raises(ValueError) as caught:
        url_options(url)

    assert expected in str(caught.value)
    assert "CAN" not in str(caught.value)
    assert "ARY" not in str(caught.value)


def test_url_options() -> None:
    """What a URL says comes in redis-py's names, decoded."""
    expected = {"host": "h", "port": 1, "db": 2, "username": "u", "password": "p/w"}

    assert expected == url_options("redis://u:p%2Fw@h:1/2")


def test_option_names() -> None:
    """The options are those of the installed redis-py, without what is decided here."""
    names = option_names()

    assert {"socket_timeout", "socket_keepalive", "client_name", "ssl_ciphers"} <= names
    assert "max_connections" in names
    assert not {"retry", "decode_responses", "protocol", "self", "kwargs"} & names


def test_check_options() -> None:
    """An option that redis-py does not know is refused before anything connects."""
    check_options(from_url("redis://nowhere.invalid?socket_timeout=1"))

    with pytest.raises(ConfigurationError, match="unexpected keyword argument 'sockettimeout'"):
        check_options(from_url("redis://nowhere.invalid?sockettimeout=1"))
    with pytest.raises(ConfigurationError, match="unexpected keyword argument 'ssl_ciphers'"):
        check_options(from_address("nowhere.invalid", ssl_ciphers="x"))


def test_a_factory_tells_no_secret() -> None:
    """What is logged of a factory by accident holds no password."""
    assert "CANARY" not in repr(FACTORIES["redis"])


@pytest.fixture
def tls_files(tmp_path: Path) -> dict[str, str]:
    """Make a certificate for localhost that is its own authority, and its key."""
    files = {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-keyout", files["key"], "-out", files["cert"], "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost"]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        require(False, "openssl")
    return files


@pytest.fixture
def tls_port(tls_files: dict[str, str]) -> Iterator[int]:
    """Run a private server that speaks TLS on this port."""
    port = free_port()
    server = EmbeddedServer(
        *("--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-cert-file", tls_files["cert"], "--tls-key-file", tls_files["key"]),
        *("--tls-ca-cert-file", tls_files["cert"]),
    )
    try:
        server.start()
    except ServerNotStarted:
        require(present=False, what="a Redis server built with TLS")
    with server:
        yield port


def ping(factory: PoolFactory) -> Any:
    """Send a PING over a new pool."""
    commander = PooledCommander(factory())
    try:
        return commander.call("PING")
    finally:
        commander.close()


def test_tls(tls_port: int, tls_files: dict[str, str]) -> None:
    """A real TLS server is reached with its authority, and not without, nor by another name."""
    known = {"ssl_ca_certs": tls_files["cert"]}

    assert ping(from_url(f"rediss://localhost:{tls_port}", **known)) == b"PONG"
    assert ping(from_address("127.0.0.1", tls_port, ssl=True, ssl_cert_reqs="none")) == b"PONG"
    assert (
        ping(from_address("127.0.0.1", tls_port, ssl=True, ssl_check_hostname=False, **known))
        == b"PONG"
    )
    with pytest.raises(StoreUnavailable, match=r"self.signed"):
        ping(from_url(f"rediss://localhost:{tls_port}"))
    with pytest.raises(StoreUnavailable, match="not valid for"):
        ping(from_address("127.0.0.1", tls_port, ssl=True, **known))


def test_sentinels(tmp_path: Path) -> None:
    """The primary is found by asking a real Sentinel, past one that is down."""
    primary = free_port()
    with (
        EmbeddedServer("--port", str(primary), "--requirepass", "s3cret") as server,
        watching(server, primary, tmp_path) as up,
    ):
        down = ("127.0.0.1", free_port())
        factory = from_sentinels([down, *up], SERVICE, password="s3cret", db=1)

        assert ping(factory) == b"PONG"
        assert ping(from_pool(factory())) == b"PONG"
        with pytest.raises(StoreUnavailable, match="other"):
            ping(from_sentinels(up, "other"))
