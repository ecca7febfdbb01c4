"""Wrong options are refused where they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from django_resque import Plugin, Retry
from django_resque.exceptions import ConfigurationError
from django_resque.jobs.limits import Rate
from django_resque.jobs.options import checked


class Lock(Plugin):
    """A plugin."""


LOCK = Lock()
POLICY = Retry(backoff=[1, 2])


@pytest.mark.parametrize(
    ("given", "final"),
    [
        ({}, {}),
        ({"queue": None, "timeout": None, "plugins": None}, {}),
        ({"name": "SendWelcome"}, {"name": "SendWelcome"}),
        ({"name": "App\\Jobs\\Send"}, {"name": "App\\Jobs\\Send"}),
        ({"queue": "shop:mail"}, {"queue": "shop:mail"}),
        ({"timeout": 30}, {"timeout": 30.0}),
        ({"timeout": 0.5}, {"timeout": 0.5}),
        ({"max_memory": 1}, {"max_memory": 1}),
        ({"max_memory": "1000"}, {"max_memory": 1000}),
        ({"max_memory": "64K"}, {"max_memory": 64 * 1024}),
        ({"max_memory": "200M"}, {"max_memory": 200 * 1024**2}),
        ({"max_memory": " 1g "}, {"max_memory": 1024**3}),
        ({"max_memory": "1T"}, {"max_memory": 1024**4}),
        ({"ids": False}, {"ids": False}),
        ({"jobs_per_fork": 1}, {"jobs_per_fork": 1}),
        ({"plugins": [LOCK]}, {"plugins": (LOCK,)}),
        ({"plugins": iter([LOCK])}, {"plugins": (LOCK,)}),
        ({"retry": POLICY}, {"retry": POLICY}),
        ({"retry": 3}, {"retry": Retry(max_attempts=3)}),
        (
            {"on_worker_loss": "requeue", "max_recoveries": 1},
            {"on_worker_loss": "requeue", "max_recoveries": 1},
        ),
        ({"result_ttl": 60}, {"result_ttl": 60.0}),
        ({"result_ttl": timedelta(hours=1)}, {"result_ttl": 3600.0}),
        ({"ttl": timedelta(days=1)}, {"ttl": 86400.0}),
        (
            {"unique": "until_end", "unique_for": 5, "unique_by": "order"},
            {"unique": "until_end", "unique_for": 5.0, "unique_by": ("order",)},
        ),
        (
            {"max_running": 3, "rate": "10/m", "limit_by": ["shop", "day"]},
            {"max_running": 3, "rate": Rate(10, 60.0), "limit_by": ("shop", "day")},
        ),
        ({"php_status": True, "ids": True}, {"php_status": True, "ids": True}),
        ({"php_status": False, "ids": False}, {"php_status": False, "ids": False}),
    ],
)
def test_right_options_take_their_final_form(given: dict[str, Any], final: dict[str, Any]) -> None:
    """Sizes become bytes, lists tuples, and None means what it means without the option."""
    assert final == checked(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"que": "x"}, r"@job has no option 'que'; did you mean 'queue'\?"),
        ({"lock": 3}, r"@job has no option 'lock'; there are name, queue, timeout"),
        ({"name": ""}, r"@job\(name=''\): give it a printable text"),
        ({"name": " "}, "give it a printable text"),
        ({"name": "a\nb"}, "give it a printable text"),
        ({"name": "a\ud800"}, "give it a printable text"),
        ({"name": 5}, "give it a printable text"),
        ({"queue": ""}, r"@job\(queue=''\): .*must not be empty"),
        ({"queue": "a,b"}, "must not contain ','"),
        ({"queue": ["a", "b"]}, "is a string, not list"),
        ({"timeout": 0}, r"@job\(timeout=0\): give it a positive number of seconds"),
        ({"timeout": -1}, "a positive number"),
        ({"timeout": "30"}, "a positive number"),
        ({"timeout": True}, "a positive number"),
        ({"timeout": float("nan")}, "a positive number"),
        ({"timeout": float("inf")}, "a positive number"),
        ({"max_memory": 0}, r"@job\(max_memory=0\): give it a size such as \"200M\""),
        ({"max_memory": -5}, "a size such as"),
        ({"max_memory": "lots"}, "a size such as"),
        ({"max_memory": "200 parrots"}, "a size such as"),
        ({"max_memory": "0M"}, "a size such as"),
        ({"max_memory": 1.5}, "a size such as"),
        ({"max_memory": True}, "a size such as"),
        ({"ids": 1}, r"@job\(ids=1\): give it True, False"),
        ({"jobs_per_fork": 0}, r"@job\(jobs_per_fork=0\): give it a number of jobs"),
        ({"jobs_per_fork": 2.5}, "a number of jobs"),
        ({"jobs_per_fork": True}, "a number of jobs"),
        ({"plugins": LOCK}, r"give it a list of Plugin objects, such as \[Lock\(\)\]"),
        ({"plugins": [Lock]}, "a list of Plugin objects"),
        ({"plugins": ["shop.Lock"]}, "a list of Plugin objects"),
        ({"unique": True}, 'give it "until_start" or "until_end"'),
        ({"unique": "until_end", "unique_for": 0}, "give it a positive number of seconds"),
        ({"unique": "until_end", "unique_by": 7}, "give it the name of a parameter"),
        ({"unique": "until_end", "ids": False}, "needs payloads with ids"),
        ({"unique_for": 7}, 'goes with unique="until_end"'),
        ({"max_running": 0}, "a whole number from 1 to"),
        ({"max_running": True}, "a whole number from 1 to"),
        ({"rate": "often"}, 'such as "10/m"'),
        ({"limit_by": "shop"}, "goes with max_running=3"),
        ({"retry": "3"}, r"@job\(retry='3'\): give it a Retry"),
        ({"retry": True}, "give it a Retry"),
        ({"retry": 0}, r"Retry\(max_attempts=0\)"),
        ({"on_worker_loss": "drop"}, 'give it "fail" or "requeue"'),
        ({"max_recoveries": 0, "on_worker_loss": "requeue"}, "a whole number from 1 on"),
        ({"max_recoveries": 2}, 'goes with on_worker_loss="requeue"'),
        ({"result_ttl": 0}, "a positive number of seconds or a timedelta"),
        ({"result_ttl": timedelta(-1)}, "a positive number of seconds or a timedelta"),
        ({"ttl": "60"}, "a positive number of seconds or a timedelta"),
        ({"ttl": 1e12}, "a positive number of seconds or a timedelta"),
        ({"php_status": 1}, "give it True or False"),
        ({"result_ttl": 60, "ids": False}, r"@job\(result_ttl=...\) needs payloads with ids"),
        ({"ttl": 60, "ids": False}, r"@job\(ttl=...\) needs payloads with ids"),
        ({"php_status": True, "ids": False}, r"@job\(php_status=...\) needs payloads with ids"),
    ],
)
def test_wrong_options_are_refused(given: dict[str, Any], message: str) -> None:
    """The message names the option, what was given, and what is wanted."""
    with pytest.raises(ConfigurationError, match=message):
        checked(given)
