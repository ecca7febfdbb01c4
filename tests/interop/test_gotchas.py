"""The rules of what breaks Ruby agree with all that was tried on Ruby."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from django_resque.exceptions import NoQueueError
from django_resque.execution.queue_names import QueuePatterns
from django_resque.wire.codec import dumps
from tests.interop.gotchas import (
    Finding,
    claim_breaks,
    failure_breaks,
    findings,
    heartbeat_breaks,
    payload_breaks,
    payload_of,
    worker_breaks,
)

VERSIONS = ["2.7.0", "3.0.0"]


def failure_of(finding: Finding) -> bytes | None:
    """Return the record that a finding of section B is about; None if its title does not tell."""
    base: dict[str, Any] = {
        "failed_at": "2026/11/21 04:48:58 UTC",
        "payload": {"class": "Mailer", "args": [1]},
        "exception": "E",
        "error": "e",
        "backtrace": ["a"],
        "worker": "h:1:q",
        "queue": "q",
    }
    name, _, what = finding.title.partition(" ")
    if finding.title in _WHOLE:
        return _WHOLE[finding.title]
    if name == "no" and what in base:
        return dumps({key: value for key, value in base.items() if key != what})
    if what in _VALUES and name in {*base, "retried_at"}:
        return dumps({**base, name: _VALUES[what]})
    return None


_VALUES: dict[str, Any] = {
    "null": None,
    "epoch number": 1795236538,
    "epoch string": "1795236538",
    "ISO 8601 with micros and +00:00": "2026-11-21T04:48:58.123456+00:00",
    "ISO": "2026-11-21T04:48:58Z",
    "Z": "2026-11-21T04:48:58Z",
    "no zone": "2026/11/21 04:48:58",
    "JS Date string": "Sat Nov 21 2026 04:48:58 GMT+0000 (Coordinated Universal Time)",
    "garbage": "zz",
    "empty string": "",
    "DD/MM/YYYY": "21/11/2026 04:48:58",
    "without colon": "h",
    "two parts (node-resque)": "h:1",
    "string": "a\nb",
    "list of non-strings": [1, None],
    "empty list": [],
    "html": "<b>",
    "not a string": 5,
}
_WHOLE = {
    "not JSON": b"nope",
    "JSON null": b"null",
    "JSON list": b"[]",
    "invalid UTF-8": b'{"failed_at":"2026/11/21 04:48:58 UTC","error":"\xe9","worker":"h:1:q"}',
}


@pytest.mark.parametrize("version", VERSIONS)
def test_rules_of_payloads(version: str) -> None:
    """Our rule tells of every payload that was tried on Ruby whether Ruby breaks on it."""
    for finding in findings(version, "A"):
        assert finding.breaks == bool(payload_breaks(payload_of(finding))), finding.title


@pytest.mark.parametrize("version", VERSIONS)
def test_rules_of_failures(version: str) -> None:
    """Our rule tells of every failure record that was tried on Ruby whether its page breaks."""
    tried = 0
    for finding in findings(version, "B"):
        raw = failure_of(finding)
        if raw is not None:
            assert finding.breaks == bool(failure_breaks(raw)), finding.title
            tried += 1
    assert tried > 35


@pytest.mark.parametrize("version", VERSIONS)
def test_rules_of_workers(version: str) -> None:
    """Our rule tells of every id, claim and heartbeat that was tried whether Ruby breaks on it."""
    for finding in findings(version, "C"):
        found = re.fullmatch(r'.*?: (?:"([^"]*)"|nil) ?(\{.*?\})? ?(.*)', finding.title)
        assert found, finding.title
        worker, options, claim = found.groups()
        beat = re.search(r':hb=>"([^"]*)"', options or "")
        ghost = re.search(r':hbid=>"([^"]*)"', options or "")
        raw = claim.encode() if claim or "payload empty string" in finding.title else None
        complaint = worker_breaks(ghost[1] if ghost else worker)
        complaint += heartbeat_breaks(beat[1]) if beat else ""
        complaint += claim_breaks(raw) if raw is not None else ""
        assert finding.breaks == bool(complaint), finding.title


@pytest.mark.parametrize("version", VERSIONS)
def test_queue_lists(version: str) -> None:
    """Every list of queues that was given to Ruby means the same to us, in id and order."""
    known = ["High", "a/b", "a:b", "caf", "low", "pre_a", "pre_b", "q*x", "zed", ".hidden"]
    tried = 0
    for finding in findings(version, "D"):
        found = re.fullmatch(r'QUEUES=("(?:.*)") -> (.*)', finding.title)
        if not found:
            continue
        entries = ast.literal_eval(found[1]).split(",")
        if "NoQueueError" in found[2]:
            with pytest.raises(NoQueueError):
                QueuePatterns.parse(entries)
        else:
            polled, _, label = found[2].removeprefix("polls ").partition(" id=<host>:<pid>:")
            patterns = QueuePatterns.parse(entries)
            assert ast.literal_eval(polled) == patterns.expand(known), finding.title
            assert label == patterns.label
        tried += 1
    assert tried == 19
