"""RESQUE becomes one typed value, or a list of all that is wrong with it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import conf
from django_resque.conf import Settings, find_problems, get_settings
from django_resque.conf_values import KEYS
from django_resque.exceptions import ConfigurationError

if TYPE_CHECKING:
    from pytest_django import Settings as SettingsFixture


LATE = (
    "HEARTBEAT_TTL (60 s) is less than twice HEARTBEAT_INTERVAL (31 s): "
    "after one late heartbeat a living worker would pass for dead."
)


def kinds_of(settings: SettingsFixture, raw: Any) -> list[tuple[str, str]]:
    """Return kind and message of all that is wrong with ``raw``."""
    settings.RESQUE = raw
    return [(problem.kind, problem.message) for problem in find_problems()]


def test_defaults(settings: SettingsFixture) -> None:
    """Nothing has to be set: without RESQUE all is at its default, as Resque has it."""
    del settings.RESQUE

    assert Settings() == get_settings()
    assert [] == find_problems()
    assert get_settings().namespace == "resque"
    assert get_settings().failure_backend == ("redis",)


def test_every_key_is_a_field_and_the_reverse() -> None:
    """No setting is read that leads nowhere, and none leads somewhere without being read."""
    assert {field.name.upper() for field in fields(Settings)} == set(KEYS)


def test_values(settings: SettingsFixture) -> None:
    """Each key goes to its field."""
    settings.RESQUE = {
        "NAMESPACE": "shop:prod",
        "DEFAULT_QUEUE": "mail",
        "JOB_IDS": False,
        "INLINE": True,
        "PLUGINS": ["shop.plugins.Locked"],
        "FAILURE_BACKEND": "log",
        "HEARTBEAT_INTERVAL": 5,
        "HEARTBEAT_TTL": 30,
        "HOST": "redis.example.com",
        "PORT": 6380,
        "DB": 3,
        "PASSWORD": "s3cret",
        "SSL": True,
        "SSL_CERT_REQS": "optional",
        "OPTIONS": {"socket_timeout": 2},
    }

    expected = Settings(
        namespace="shop:prod",
        default_queue="mail",
        job_ids=False,
        inline=True,
        plugins=("shop.plugins.Locked",),
        failure_backend=("log",),
        heartbeat_interval=5.0,
        heartbeat_ttl=30.0,
        host="redis.example.com",
        port=6380,
        db=3,
        password="s3cret",
        ssl=True,
        ssl_cert_reqs="optional",
        options={"socket_timeout": 2},
    )
    assert expected == get_settings()


def test_none_is_as_if_absent(settings: SettingsFixture) -> None:
    """An environment variable that is not set does not have to be taken care of."""
    settings.RESQUE = dict.fromkeys(KEYS)

    assert Settings() == get_settings()


def test_is_read_once_and_again_when_settings_change(settings: SettingsFixture) -> None:
    """The value is kept until override_settings changes RESQUE."""
    settings.RESQUE = {"NAMESPACE": "one"}
    first = get_settings()
    assert first is get_settings()

    settings.RESQUE = {"NAMESPACE": "two"}
    assert get_settings().namespace == "two"


def test_all_problems_are_told_at_once(settings: SettingsFixture) -> None:
    """The error lists every problem with what to do about it, not only the first."""
    settings.RESQUE = {"NAMESPCE": "x", "PORT": "6379"}

    with pytest.raises(ConfigurationError) as caught:
        get_settings()

    expected = (
        "settings.RESQUE is wrong:\n"
        '- RESQUE["NAMESPCE"] is not a setting. Did you mean "NAMESPACE"?\n'
        "- RESQUE[\"PORT\"]: must be a whole number from 1 to 65535, not '6379'. "
        'For example: "PORT": 6379.'
    )
    assert expected == str(caught.value)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("url", 'Did you mean "URL"?'),
        ("REDIS_URL", 'Did you mean "URL"?'),
        ("LOCATION", 'Did you mean "URL"?'),
        ("KEY_PREFIX", 'Did you mean "NAMESPACE"?'),
        ("SHOP_SENTINEL_SERVICE", 'Did you mean "SENTINEL_SERVICE"?'),
        ("USER", 'Did you mean "USERNAME"?'),
        ("SOCKET_TIMEOUT", 'Write RESQUE["OPTIONS"]["socket_timeout"] instead.'),
        ("WORKERS", "Known are CACHE, DB, "),
    ],
)
def test_the_right_name_is_suggested(settings: SettingsFixture, key: str, hint: str) -> None:
    """Also to whoever knows another library's word for it."""
    settings.RESQUE = {key: "x"}

    (problem,) = find_problems()
    assert problem.hint.startswith(hint)


def test_other_words_lead_to_settings() -> None:
    """None is a setting itself, and each leads to one."""
    assert set(conf._OTHER_WORDS.values()) <= set(KEYS)
    assert not {word.upper() for word in conf._OTHER_WORDS} & set(KEYS)


@pytest.mark.parametrize("raw", [None, [], "redis://localhost", {"URL"}])
def test_resque_must_be_a_dict(settings: SettingsFixture, raw: Any) -> None:
    """Anything else is refused as a whole."""
    expected = [("shape", f"RESQUE must be a dict, not {type(raw).__name__}.")]

    assert expected == kinds_of(settings, raw)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("NAMESPCE", 'Did you mean "NAMESPACE"?'),
        ("namespace", 'Did you mean "NAMESPACE"?'),
        ("HEARTBEAT", 'Did you mean "HEARTBEAT_TTL"?'),
        ("PASSWD", 'Did you mean "PASSWORD"?'),
    ],
)
def test_an_unknown_key_gets_a_suggestion(settings: SettingsFixture, key: str, hint: str) -> None:
    """The right name is suggested, also where only the case is wrong."""
    settings.RESQUE = {key: 1}

    assert [hint] == [problem.hint for problem in find_problems()]


def test_an_unknown_key_like_no_other_gets_the_list(settings: SettingsFixture) -> None:
    """Where nothing is near, all names are told; the stranger's own is escaped."""
    settings.RESQUE = {"\x1b[2J": 1, 7: 1}

    first, second = find_problems()
    assert first.message == 'RESQUE["\\x1b[2J"] is not a setting.'
    assert first.hint.startswith("Known are CACHE, DB, ")
    assert second.message == 'RESQUE["7"] is not a setting.'


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            {"URL": "redis://h/0", "HOST": "h"},
            "URL and HOST each say where Redis is.",
        ),
        (
            {"CACHE": "default", "SENTINELS": [("h", 1)]},
            "SENTINELS and CACHE each say where Redis is.",
        ),
        ({"CACHE": "default", "PASSWORD": "x"}, "PASSWORD means nothing to a connection by CACHE."),
        ({"URL": "redis://h", "PORT": 1}, "PORT means nothing to a connection by URL."),
        ({"URL": "redis://h", "SSL": True}, "SSL means nothing to a connection by URL."),
        ({"UNIX_SOCKET": "/s", "PORT": 1}, "PORT means nothing to a connection by UNIX_SOCKET."),
        (
            {"SENTINEL_SERVICE": "main"},
            "SENTINEL_SERVICE means nothing to a connection by HOST.",
        ),
        ({"SENTINELS": [("h", 1)]}, "SENTINELS needs SENTINEL_SERVICE."),
        ({"URL": "redis://h/0", "DB": 1}, "DB is given in URL as well."),
        ({"URL": "redis://:a@h", "PASSWORD": "b"}, "PASSWORD is given in URL as well."),
        (
            {"URL": "redis://h?socket_timeout=1", "OPTIONS": {"socket_timeout": 2}},
            "SOCKET_TIMEOUT is given in URL as well.",
        ),
        (
            {"URL": "redis://h", "SSL_CA_CERTS": "/ca"},
            "SSL_CA_CERTS without TLS would protect nothing.",
        ),
        (
            {"HOST": "h", "SSL": False, "SSL_CA_CERTS": "/ca", "SSL_KEYFILE": "/k"},
            "SSL_CA_CERTS, SSL_KEYFILE without TLS would protect nothing.",
        ),
        (
            {"OPTIONS": {"retry_on_timeout": True}},
            'RESQUE["OPTIONS"]["retry_on_timeout"] is decided by django-resque.',
        ),
        (
            {"OPTIONS": {"password": "x"}},
            'RESQUE["OPTIONS"]["password"] has a setting of its own.',
        ),
        (
            {"HEARTBEAT_INTERVAL": 31},
            LATE,
        ),
    ],
)
def test_clashes(settings: SettingsFixture, raw: dict[str, Any], expected: str) -> None:
    """Settings that contradict each other, or would silently do nothing, are refused."""
    assert [("clash", expected)] == kinds_of(settings, raw)


@pytest.mark.parametrize(
    ("raw", "place", "suggested"),
    [
        ({"OPTIONS": {"sockettimeout": 1}}, '["OPTIONS"]["sockettimeout"]', "socket_timeout"),
        ({"URL": "redis://h?sockettimeout=1"}, '["URL"]["sockettimeout"]', "socket_timeout"),
        (
            {
                "SENTINELS": [("h", 1)],
                "SENTINEL_SERVICE": "main",
                "SENTINEL_OPTIONS": {"pasword": "x"},
            },
            '["SENTINEL_OPTIONS"]["pasword"]',
            "password",
        ),
    ],
)
def test_an_unknown_option_gets_a_suggestion(
    settings: SettingsFixture, raw: dict[str, Any], place: str, suggested: str
) -> None:
    """A misspelt name of redis-py is found before anything connects."""
    settings.RESQUE = raw

    (problem,) = find_problems()
    assert problem.kind == "unknown"
    assert problem.message == f"RESQUE{place} is not a setting."
    assert problem.hint == f'Did you mean "{suggested}"?'


@pytest.mark.parametrize(
    "raw",
    [
        {"URL": "redis://h", "PASSWORD": "x", "USERNAME": "u", "DB": 1},
        {"URL": "rediss://h", "SSL_CA_CERTS": "/ca"},
        {"URL": "unix:///s", "DB": 1},
        {"PORT": 6380},
        {"UNIX_SOCKET": "/s", "DB": 1, "PASSWORD": "x"},
        {"SENTINELS": [["h", 26379]], "SENTINEL_SERVICE": "main", "SSL": True, "DB": 2,
         "SENTINEL_OPTIONS": {"password": "x"}},
        {"CACHE": "default", "DB": 1, "OPTIONS": {"socket_timeout": 1, "ssl_ciphers": "x"}},
        {"HEARTBEAT_INTERVAL": 0.1, "HEARTBEAT_TTL": 0.2},
    ],
)  # fmt: skip
def test_ways_to_connect(settings: SettingsFixture, raw: dict[str, Any]) -> None:
    """What belongs together may stand together."""
    assert [] == kinds_of(settings, raw)


@pytest.mark.parametrize(
    "raw",
    [
        {"URL": "redis://u:CANARY@h:badport"},
        {"URL": "redis://u:CAN/ARY@h"},
        {"URL": "http://u:CANARY@h"},
        {"URL": "redis://u:CANARY@h/x#CANARY"},
        {"URL": b"redis://u:CANARY@h"},
        {"URL": "redis://u:CANARY@h", "PASSWORD": "CANARY", "HOST": "h"},
        {"URL": "redis://u:CANARY@h?password=CANARY", "PASSWORD": "CANARY"},
        {"PASSWORD": b"CANARY"},
        {"PASSWORD": ["CANARY"]},
        {"OPTIONS": "CANARY"},
        {"SENTINEL_OPTIONS": ["CANARY"]},
        {"SENTINEL_OPTIONS": {"password": "CANARY"}},
    ],
)
def test_no_secret_is_told(settings: SettingsFixture, raw: dict[str, Any]) -> None:
    """Neither a problem nor the value of the settings shows a password."""
    settings.RESQUE = raw

    told = repr(find_problems())
    assert "CANARY" not in told
    assert "CAN" not in told
    assert find_problems()


def test_repr_shows_no_secret(settings: SettingsFixture) -> None:
    """The settings can be logged."""
    settings.RESQUE = {
        "SENTINELS": [("h", 1)],
        "SENTINEL_SERVICE": "main",
        "PASSWORD": "CANARY",
        "SENTINEL_OPTIONS": {"password": "CANARY"},
        "OPTIONS": {"ssl_password": "CANARY"},
    }
    assert "CANARY" not in repr(get_settings())

    settings.RESQUE = {"URL": "redis://:CANARY@h"}
    assert "CANARY" not in repr(get_settings())
