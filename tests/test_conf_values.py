"""Every setting says what it must be, and takes what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_resque.conf_values import KEYS


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("NAMESPACE", "myapp:prod", "myapp:prod"),
        ("NAMESPACE", "{resque}", "{resque}"),
        ("DEFAULT_QUEUE", "shop:mail", "shop:mail"),
        ("PLUGINS", ["a.B", "c.d.E"], ("a.B", "c.d.E")),
        ("PLUGINS", (), ()),
        ("FAILURE_BACKEND", "redis", ("redis",)),
        ("FAILURE_BACKEND", "shop.failures.Mail", ("shop.failures.Mail",)),
        ("FAILURE_BACKEND", ["redis", "log"], ("redis", "log")),
        ("HEARTBEAT_INTERVAL", 1, 1.0),
        ("URL", "rediss://u:p@h:1/3?socket_timeout=1", "rediss://u:p@h:1/3?socket_timeout=1"),
        ("URL", "unix://u:p@/run/redis.sock?db=2", "unix://u:p@/run/redis.sock?db=2"),
        ("HOST", "::1", "::1"),
        ("UNIX_SOCKET", Path("/run/redis.sock"), "/run/redis.sock"),
        ("SENTINELS", [["a", 1], ("b", 2)], (("a", 1), ("b", 2))),
        ("PASSWORD", "", ""),
        ("DB", 0, 0),
        ("SSL_CERT_REQS", "none", "none"),
        ("OPTIONS", {"socket_timeout": 1}, {"socket_timeout": 1}),
    ],
)
def test_fit(key: str, value: Any, expected: Any) -> None:
    """A fit value is returned in the form its readers expect."""
    read, _example = KEYS[key]

    assert expected == read(value)
    assert type(expected) is type(read(value))


TEXT = "must be a text, not {}"
FLAG = "must be True or False, not {}"
NAMESPACE = "must be a text without spaces and control characters, not {}"
PATHS = "must be a list of dotted paths, not {}"
BACKENDS = "must be a name or a dotted path, or a list of them, not {}"
INTERVAL = "must be a number of seconds above 0 of at most 120, not {}"
HOST = (
    "must be a name or an address alone, without brackets; port and password have keys of their own"
)
LABEL = "its host has an empty part, or one that is too long"
PORT = "must be a whole number from 1 to 65535, not {}"
PAIRS = "must be a list of (host, port) pairs, each port a whole number, not {}"
WAIT = "must be a dict whose {} is a number of seconds above 0 or None, not {}"
OPTIONS = "must be a dict of redis-py's options by name, not {}"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        *(("NAMESPACE", value, NAMESPACE) for value in ("", "a b", "a\n", ":", b"x", 5)),
        *(("INLINE", value, FLAG) for value in (1, "yes")),
        *(("JOB_IDS", value, FLAG) for value in (0, "False")),
        ("DEFAULT_QUEUE", "a,b", "Queue name 'a,b' must not contain ',' (at position 1)."),
        ("DEFAULT_QUEUE", 5, "A queue name is a string, not int."),
        *(("PLUGINS", value, PATHS) for value in ("a.B", ["B"], [5], ["a b.C"], {"a.B": 1})),
        *(("FAILURE_BACKEND", value, BACKENDS) for value in ("", [], 5, ["a-b"], [None], ["a..b"])),
        *(
            ("HEARTBEAT_INTERVAL", value, INTERVAL)
            for value in (0, -1, "10", True, 121, float("nan"))
        ),
        ("PARK_UNKNOWN", -1, "must be a number of seconds from 0 to 604800, not {}"),
        ("PARK_UNKNOWN", True, "must be a number of seconds from 0 to 604800, not {}"),
        ("HEARTBEAT_TTL", 0, "must be a number of seconds above 0, not {}"),
        *(("HOST", value, TEXT) for value in ("", 5, "a\nb")),
        *(("HOST", value, HOST) for value in ("h:6379", "redis://h", "u@h", "a b", "[::1]")),
        *(("HOST", value, LABEL) for value in ("redis..example", "a" * 64)),
        ("URL", "redis://:p@redis..example/1", LABEL),
        (
            "URL",
            "redis://u:123?CANARY=1@h/0",
            "it has a '@' behind a '?'; in a password write %40 and %3F",
        ),
        *(("PORT", value, PORT) for value in (0, 65536, "6379", True, 1.0)),
        *(
            ("DB", value, "must be a whole number from 0 to 2147483648, not {}")
            for value in (-1, "0")
        ),
        *(("UNIX_SOCKET", value, "must be a path, not {}") for value in ("", 5)),
        *(
            ("SENTINELS", value, PAIRS)
            for value in ([], "ab", [("a",)], [("a", "1")], [("", 1)], 5, {"ab": 1})
        ),
        ("SSL_CERT_REQS", True, 'must be "required", "optional" or "none", not {}'),
        *(
            ("URL", value, "it must begin with redis://, rediss:// or unix://")
            for value in ("localhost:6379", "", " redis://h", "REDIS://h", "redis:/h")
        ),
    ],
)
def test_unfit(key: str, value: Any, expected: str) -> None:
    """An unfit value is refused saying what it must be, and shown."""
    read, _example = KEYS[key]

    with pytest.raises(ValueError) as caught:
        read(value)

    assert expected.format(repr(value)) == str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("URL", 5, "must be a string, not int"),
        ("PASSWORD", b"CANARY", "must be a string, not bytes"),
        ("USERNAME", 5, "must be a string, not int"),
        ("OPTIONS", ["CANARY"], OPTIONS.format("list")),
        ("OPTIONS", {5: "CANARY"}, OPTIONS.format("dict")),
        ("SENTINEL_OPTIONS", "CANARY", OPTIONS.format("str")),
        ("HOST", "redis://:CANARY@h", HOST),
        ("HOST", ["redis://:CANARY@h"], TEXT.format("list")),
        ("CACHE", "redis://:CANARY@h", "must be an alias in CACHES; a URL goes to URL"),
        ("UNIX_SOCKET", "unix://:CANARY@/run/r.sock", "must be a path alone; a URL goes to URL"),
        ("SENTINELS", ["redis://:CANARY@h"], PAIRS.format("list")),
        ("SENTINELS", [(":CANARY@h", 26379)], PAIRS.format("list")),
        (
            "OPTIONS",
            {"password": "CANARY", "socket_timeout": "5"},
            WAIT.format("socket_timeout", "'5'"),
        ),
        *(
            (
                "OPTIONS",
                {"socket_connect_timeout": wait},
                WAIT.format("socket_connect_timeout", wait),
            )
            for wait in (0, -1, float("nan"))
        ),
    ],
)
def test_unfit_secrets_are_not_shown(key: str, value: Any, expected: str) -> None:
    """Where a value may hold a password, only its type is told."""
    read, _example = KEYS[key]

    with pytest.raises(ValueError) as caught:
        read(value)

    assert expected == str(caught.value)


def test_examples_are_fit() -> None:
    """What a hint recommends is accepted."""
    secret = {"os": {"environ": {"REDIS_PASSWORD": "x"}}}
    for key, (read, example) in KEYS.items():
        if key != "PASSWORD":
            read(eval(example, secret))
