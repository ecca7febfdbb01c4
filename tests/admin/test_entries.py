"""What lies in a key is shown without the secrets in it, as far as it can be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_resque.admin.entries import EntryShown
from django_resque.jobs.decorating import job
from django_resque.jobs.registry import registry
from django_resque.monitor.stats import KeyContent
from django_resque.store.server import KeyFacts
from tests.records import claim, record

JOB = {"class": "shop.send", "args": [1, {"password": "hunter2", "to": "kim"}]}


def shown(*raws: bytes, kind: str = "list", size: int | None = None) -> list[str]:
    """Return the texts that are shown of these entries."""
    length = sum(map(len, raws)) if size is None else size
    facts = KeyFacts("resque:key", kind, length, None)
    entries = [(str(at), raw) for at, raw in enumerate(raws)]
    return [entry.text for entry in EntryShown.all(KeyContent(facts, entries))]


@pytest.mark.parametrize(
    "document",
    [
        JOB,
        {"rid": "r", "queue": "mail", "payload": JOB},
        {"payload": JOB, "error": "no access with hunter2", "backtrace": ["password='hunter2'"]},
        {"cron": "* * * * *", **JOB},
        {"class": 5, "args": JOB["args"]},
        {"class": "A", "args": {"password": "hunter2", "to": "kim"}},
        [{"password": "hunter2"}, {"to": "kim"}],
        {"payload": [{"password": "hunter2"}], "to": "kim"},
    ],
)
def test_masked(document: Any) -> None:
    """In jobs, claims, failures and other documents secrets are masked, and the rest is there."""
    (text,) = shown(json.dumps(document).encode())

    assert "hunter2" not in text
    assert "***" in text
    assert "kim" in text or "error" in document
    assert json.loads(text)


def test_what_a_job_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the registered job calls a secret is one, by its position too."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))

    @job(name="entries.login")
    def login(user: str, password: str) -> None:
        """Take a secret."""

    raw = json.dumps({"class": "entries.login", "args": ["kim", "hunter2"]}).encode()
    (text,) = shown(raw)

    assert '"args":["kim","********************"]' in text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"5", "5"),
        (b"host:1:mail", "host:1:mail"),
        (b"2026-11-21 04:48:58 +0000", "2026-11-21 04:48:58 +0000"),
        (b"", ""),
        (b"\xff\x00<b>", "\\xff\\x00<b>"),
        ("\u202eabc".encode(), "\\u202eabc"),
        (b"{oops", "{oops"),
        (b'"text"', '"text"'),
        (b"null", "null"),
        (b'["\\ud800"]', '["\\ud800"]'),
    ],
)
def test_as_it_lies(raw: bytes, expected: str) -> None:
    """Other text is shown as it lies, in one line."""
    assert [expected] == shown(raw)


def test_records() -> None:
    """Ruby's documents are shown whole."""
    assert [claim().decode(), record("A", 1).decode()] == shown(claim(), record("A", 1))


def test_cut() -> None:
    """Long entries are cut, be it ten megabytes; what would take too long is not read at all."""
    large = json.dumps({"class": "A", "args": ["x" * 10_000_000, {"token": "hunter2"}]}).encode()

    first, second = shown(large, large)

    assert 2000 == len(first)
    assert first.startswith('{"class":"A","args":["xxx')
    assert "too long to be shown" == second
    assert ["y" * 1999 + "…"] == shown(b"y" * 10_000)


def test_half_a_document() -> None:
    """Of a document that was not read whole nothing is shown, for nothing in it can be masked."""
    raw = json.dumps(JOB).encode()

    assert ["too long to be shown"] == shown(raw[:-1], kind="string", size=len(raw))
    assert "kim" in shown(raw, kind="string")[0]
    assert ["plain text"] == shown(b"plain text", kind="string", size=1000)
