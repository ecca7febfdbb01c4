"""Every wrong or dangerous setting is told with an id and a hint, and no secret is."""

from __future__ import annotations

import socket
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import registry

from django_resque import Plugin, checks, job
from django_resque.conf import find_problems
from django_resque.jobs.registry import registry as jobs
from django_resque.schedule import cron

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.core.checks import CheckMessage
    from pytest_django import Settings


class Good(Plugin):
    """A plugin."""


class Bad:
    """No plugin."""


@pytest.fixture(autouse=True)
def _importable() -> Iterator[None]:
    """Let dotted paths lead to this module, which pytest imports under a name of its own."""
    module = ModuleType("checked")
    module.__dict__.update(Good=Good, Bad=Bad, make_cache=lambda *_: None)
    sys.modules["checked"] = module
    yield
    del sys.modules["checked"]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a check that asks anybody anything."""

    def refuse(*_: Any) -> NoReturn:
        pytest.fail("a check touched the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def messages(settings: Settings, raw: Any, *, deploy: bool = False) -> dict[str, CheckMessage]:
    """Return what the checks say of these settings, by id."""
    settings.RESQUE = raw
    found = run_checks(tags=["resque"], include_deployment_checks=deploy)
    assert all(message.hint for message in found)
    assert all("CANARY" not in repr(message) for message in found)
    return {str(message.id).removeprefix("django_resque."): message for message in found}


LOCAL = {"UNIX_SOCKET": "/nonexistent/redis.sock"}


def test_all_is_well(settings: Settings) -> None:
    """Settings with nothing wrong get no message, under --deploy neither."""
    plain = {**LOCAL, "PLUGINS": ["checked.Good"], "FAILURE_BACKEND": ["redis", "log"]}

    assert {} == messages(settings, plain, deploy=True)


def test_registering_twice_checks_once() -> None:
    """The app may be made ready again without every message coming twice."""
    before = len(registry.get_checks(include_deployment_checks=True))
    checks.register()

    assert before == len(registry.get_checks(include_deployment_checks=True))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([], "E001"),
        ({"NAMESPCE": "x"}, "E002"),
        ({"OPTIONS": {"sockettimeout": 1}}, "E002"),
        ({"PORT": "6379"}, "E003"),
        ({"URL": "redis://u:CANARY@h:x"}, "E003"),
        ({"URL": "redis://u:CANARY@h", "HOST": "h"}, "E004"),
        ({"CACHE": "none"}, "E005"),
        ({"CACHE": "default"}, "E005"),
        ({"OPTIONS": {"ssl_ciphers": "CANARY"}}, "E006"),
        ({"URL": "redis://u:CANARY@h?sockettimeout=1"}, "E002"),
        ({"URL": "redis://u:CANARY@h?ssl_ciphers=x"}, "E006"),
        (
            {
                "SENTINELS": [("h", 1)],
                "SENTINEL_SERVICE": "main",
                "SENTINEL_OPTIONS": {"pasword": "CANARY"},
            },
            "E002",
        ),
        ({"PLUGINS": ["checked.Nothing"]}, "E007"),
        ({"PLUGINS": ["checked.Bad"]}, "E007"),
        ({"FAILURE_BACKEND": ["checked.Nothing"]}, "E008"),
        ({"FAILURE_BACKEND": ["checked.Bad"]}, "E008"),
        ({"FAILURE_BACKEND": "redis_multi"}, "E008"),
        ({"HOST": "localhost", "SSL": True, "SSL_CA_CERTS": "/nonexistent/ca.pem"}, "E009"),
    ],
)
def test_errors(settings: Settings, raw: Any, expected: str) -> None:
    """Each kind of mistake has its id, and the others stay silent."""
    assert [expected] == list(messages(settings, raw, deploy=True))


def test_unknown_names_of_backends(settings: Settings) -> None:
    """Whoever misspells a backend is told the names that there are."""
    found = messages(settings, {"FAILURE_BACKEND": "redis_multi"})

    assert 'redis_multi is no failure backend. Did you mean "redis_multi_queue"?' in str(
        found["E008"].msg
    )
    assert '"redis_multi_queue"' in str(found["E008"].hint)
    found = messages(settings, {"FAILURE_BACKEND": "sentry"})
    assert "Known are redis, redis_multi_queue, log." in str(found["E008"].msg)


def test_every_problem_is_an_error_of_its_own(settings: Settings) -> None:
    """What get_settings lists, manage.py check lists as well, with the same words."""
    settings.RESQUE = {"NAMESPCE": "x", "PORT": "6379", "INLINE": 1}
    found = run_checks(tags=["resque"])

    assert [problem.message for problem in find_problems()] == [str(each.msg) for each in found]
    assert [problem.hint for problem in find_problems()] == [each.hint for each in found]
    assert all(message.is_serious() for message in found)


def test_several_kinds_at_once(settings: Settings) -> None:
    """One mistake does not hide another."""
    raw = {
        "CACHE": "none",
        "PLUGINS": ["checked.Nothing"],
        "FAILURE_BACKEND": ["checked.Nothing"],
    }

    assert ["E005", "E007", "E008"] == list(messages(settings, raw))


def test_tls_files_that_are_there(settings: Settings, tmp_path: Path) -> None:
    """A file that exists is not complained of."""
    (tmp_path / "ca.pem").touch()
    raw = {"HOST": "localhost", "SSL": True, "SSL_CA_CERTS": tmp_path / "ca.pem"}

    assert {} == messages(settings, raw)


REDIS = "django_redis.cache.RedisCache"
CORE = "django.core.cache.backends.redis.RedisCache"


@pytest.mark.parametrize("backend", [REDIS, CORE])
@pytest.mark.parametrize(
    ("location", "queues", "shared"),
    [
        ("redis://h:6379/1", {"URL": "redis://:CANARY@h/1"}, True),
        ("redis://h:6379/1", {"HOST": "h", "DB": 1}, True),
        ("redis://h:6379/1", {"URL": "redis://h/2"}, False),
        ("redis://h:6379/1", {"URL": "redis://other/1"}, False),
        ("unix:///run/redis.sock?db=1", {"UNIX_SOCKET": "/run/redis.sock", "DB": 1}, True),
        ("unix:///run/redis.sock", {"UNIX_SOCKET": "/run/redis.sock", "DB": 1}, False),
        (["redis://h/1", "redis://replica/1"], {"URL": "redis://h/1"}, True),
        (["redis://h/1", "redis://replica/1"], {"URL": "redis://replica/1"}, False),
    ],
)
def test_a_shared_cache(
    settings: Settings, backend: str, location: Any, queues: dict[str, Any], shared: bool
) -> None:
    """A cache whose clear() would delete the jobs is warned of, whichever backend it has."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        "pages": {"BACKEND": backend, "LOCATION": location},
        "lost": {"BACKEND": "nowhere.Cache"},
        "made": {"BACKEND": "checked.make_cache"},
    }
    found = messages(settings, queues)

    assert (["W001"] if shared else []) == list(found)
    if shared:
        # No example: it might be the very number that is in use.
        assert not any(mark.isdigit() for mark in str(found["W001"].hint))
        assert 'with CACHES["pages"]: clearing that cache deletes' in str(found["W001"].msg)
        assert not found["W001"].is_serious()


def test_a_cache_that_lends_its_connection(settings: Settings) -> None:
    """Borrowing the cache's connection is safe in another database only."""
    settings.CACHES = {"default": {"BACKEND": REDIS, "LOCATION": "redis://h/1"}}

    assert ["W001"] == list(messages(settings, {"CACHE": "default"}))
    assert [] == list(messages(settings, {"CACHE": "default", "DB": 2}))


def test_a_sharded_cache_has_no_place(settings: Settings) -> None:
    """A cache over several servers is left out, without an error."""
    settings.CACHES = {
        "default": {
            "BACKEND": REDIS,
            "LOCATION": ["redis://a/0", "redis://b/0"],
            "OPTIONS": {"CLIENT_CLASS": "django_redis.client.ShardClient"},
        }
    }

    assert {} == messages(settings, {"URL": "redis://a/0"})


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"BACKEND": REDIS},
        {"BACKEND": REDIS, "LOCATION": "localhost:6379"},
        {"BACKEND": REDIS, "LOCATION": "redis://h", "OPTIONS": {"CLIENT_CLASS": "nowhere.Client"}},
        {
            "BACKEND": REDIS,
            "LOCATION": "redis://h",
            "OPTIONS": {"REDIS_CLIENT_CLASS": "redis.cluster.RedisCluster"},
        },
        {"BACKEND": CORE, "LOCATION": "localhost:6379"},
        {"BACKEND": CORE, "LOCATION": []},
    ],
)
def test_a_cache_that_cannot_be_opened_hides_no_other(
    settings: Settings, entry: dict[str, Any]
) -> None:
    """Its mistakes are told where it is used; no command fails for them, nor any other warning."""
    shared = {"BACKEND": REDIS, "LOCATION": "redis://h/1"}
    settings.CACHES = {
        "default": {"BACKEND": CORE, "LOCATION": "redis://h/2"},
        "a": entry,
        "b": shared,
    }

    found = messages(settings, {"URL": "redis://h/1"})

    assert ["W001"] == list(found)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"URL": "rediss://:CANARY@h"}, []),
        ({"URL": "rediss://:CANARY@h", "SSL_CERT_REQS": "none"}, ["W002"]),
        ({"URL": "rediss://:CANARY@h?ssl_cert_reqs=none"}, ["W002"]),
        ({"HOST": "h", "SSL": True, "SSL_CHECK_HOSTNAME": False}, ["W002"]),
        ({"HOST": "h", "SSL": True, "SSL_CERT_REQS": "required"}, []),
        ({"URL": "redis://:CANARY@h"}, []),
    ],
)
def test_tls_without_verification(
    settings: Settings, raw: dict[str, Any], expected: list[str]
) -> None:
    """Encryption to whoever answers is warned of."""
    assert expected == list(messages(settings, raw))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({**LOCAL, "INLINE": True}, ["W003"]),
        ({"HOST": "h"}, ["W004"]),
        ({"URL": "redis://h", "INLINE": True}, ["W003", "W004"]),
        ({"URL": "redis://:CANARY@h"}, []),
        ({"URL": "redis://h", "PASSWORD": "CANARY"}, []),
        ({"URL": "redis://h", "PASSWORD": ""}, ["W004"]),
        ({"URL": "redis://h", "USERNAME": "ann"}, ["W004"]),
        ({"URL": "redis://localhost"}, []),
        ({"SENTINELS": [("h", 1)], "SENTINEL_SERVICE": "main"}, ["W004"]),
    ],
)
def test_deployment(settings: Settings, raw: dict[str, Any], expected: list[str]) -> None:
    """What is fine on a developer's machine is warned of under --deploy only."""
    assert {} == messages(settings, raw)
    assert expected == list(messages(settings, raw, deploy=True))


def test_a_client_certificate_is_as_good_as_a_password(settings: Settings, tmp_path: Path) -> None:
    """Mutual TLS lets nobody in who has no certificate."""
    (tmp_path / "cert.pem").touch()
    raw = {"HOST": "h", "SSL": True, "SSL_CERTFILE": tmp_path / "cert.pem"}

    assert {} == messages(settings, raw, deploy=True)


@pytest.fixture
def _tidy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a job for one test."""
    monkeypatch.setattr(jobs, "_jobs", dict(jobs._jobs))

    def tidy(depth: int = 1) -> None:
        """Do nothing."""

    job(name="Tidy", queue="low")(tidy)


@pytest.mark.usefixtures("_tidy")
@pytest.mark.parametrize(
    ("entry", "id_", "part"),
    [
        ({"cron": "61 * * * *", "job": "Tidy"}, "E011", "Bad minute"),
        ({"cron": "0 0 30 2 *", "job": "Tidy"}, "E011", "cron"),
        ({"every": "soon", "job": "Tidy"}, "E011", "'soon' is no span"),
        ({"cron": "@daily", "timezone": "Mars/Base", "job": "Tidy"}, "E011", "Mars/Base"),
        ({"cron": "@daily", "job": "Tidyy"}, "E012", "Did you mean Tidy?"),
        ({"cron": "@daily", "class": "Archive"}, "E012", "its queue is unknown"),
        ({"cron": "@daily", "job": "Tidy", "args": [1, 2]}, "E013", "too many"),
        ({"cron": "@daily", "job": "Tidy", "kwargs": {"wide": 1}}, "E013", "wide"),
        ({"cron": "@daily", "job": "Tidy", "args": [{1}]}, "E013", "a set"),
        ({"cron": "@daily", "job": "Tidy", "ever": "5m"}, "E003", "did you mean 'every'?"),
        ({"job": "Tidy"}, "E003", 'either "cron" or "every"'),
    ],
)
def test_schedules(settings: Settings, entry: dict[str, Any], id_: str, part: str) -> None:
    """An entry that could not be followed is named, with what is wrong."""
    found = messages(settings, {**LOCAL, "SCHEDULE": {"nightly": entry}})

    assert [id_] == list(found)
    assert "nightly" in found[id_].msg
    assert part in found[id_].msg


@pytest.mark.usefixtures("_tidy")
def test_good_schedules(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of what can be followed; cronsim is missed for cron only."""
    every = {"every": "5m", "job": "Tidy", "args": [2]}
    daily = {"cron": "@daily", "class": "Archive", "queue": "files"}
    assert {} == messages(settings, {**LOCAL, "SCHEDULE": {"a": every, "b": daily}})

    monkeypatch.setattr(cron, "AVAILABLE", False)
    found = messages(settings, {**LOCAL, "SCHEDULE": {"a": every, "b": daily}})
    assert ["E010"] == list(found)
    assert "pip install 'django-resque[cron]'" in (found["E010"].hint or "")
