"""Everything that any client wrote in any transcript is read by our wire classes as it is meant."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.exceptions import DecodeError
from django_resque.wire import timestamps
from django_resque.wire.failure import FailureRecord
from django_resque.wire.payload import Payload
from django_resque.wire.worker import Reservation, WorkerId
from tests.interop.transcript import Sent, Transcript, all_transcripts, transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSCRIPTS = all_transcripts()
CLIENTS = sorted({each.client for each in TRANSCRIPTS})
RUBIES = ["ruby2.7.0", "ruby3.0.0"]
_FAILED = re.compile(r"(\w+_)?failed")


def _of(client: str) -> Iterator[tuple[Transcript, Sent]]:
    """Iterate over what the client's programs, and not the harness, sent."""
    for each in TRANSCRIPTS:
        if each.client == client:
            yield from ((each, sent) for sent in each.sent if sent.connection != "harness")


def payloads(client: str) -> list[bytes]:
    """Return the payloads that were pushed to queues."""
    return [
        sent.words[2]
        for _, sent in _of(client)
        if sent.name == "rpush" and sent.key.startswith("queue:")
    ]


def claims(client: str) -> list[tuple[str, bytes]]:
    """Return the claims that were set, with the ids of their workers."""
    return [
        (sent.key.removeprefix("worker:"), sent.words[2])
        for _, sent in _of(client)
        if sent.name == "set"
        and re.match(r"worker:(?!ping:)", sent.key)
        and not sent.key.endswith(":started")
    ]


def failures(client: str) -> list[bytes]:
    """Return the failure records that were pushed, or stamped when they were retried."""
    pushed = [
        sent.words[2]
        for _, sent in _of(client)
        if sent.name == "rpush" and _FAILED.fullmatch(sent.key)
    ]
    stamped = [sent.words[3] for _, sent in _of(client) if sent.name == "lset" and sent.words[3]]
    return pushed + stamped


def worker_ids(client: str) -> set[str]:
    """Return the ids that were registered."""
    return {
        word.decode()
        for _, sent in _of(client)
        if sent.name == "sadd" and sent.key == "workers"
        for word in sent.words[2:]
    }


def dates(client: str) -> list[tuple[Transcript, str]]:
    """Return every date that was written, wherever it stood."""
    found: list[tuple[Transcript, str]] = []
    for each, sent in _of(client):
        if sent.name == "hset" and sent.key == "workers:heartbeat":
            found.append((each, sent.words[3].decode()))
        elif sent.name == "set" and re.match(r"worker:.*:started$", sent.key):
            found.append((each, sent.words[2].decode()))
        else:
            stamps = re.findall(rb'"(?:failed|retried|run)_at": ?"([^"]*)"', b" ".join(sent.words))
            found += [(each, stamp.replace(b"\\/", b"/").decode()) for stamp in stamps]
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_payloads(client: str) -> None:
    """Every payload gives its job, its arguments and all further keys."""
    read = 0
    for raw in payloads(client):
        document = json.loads(raw)
        payload = Payload.decode(raw)
        assert document.pop("class") == payload.name
        assert document.pop("args") == payload.args
        assert document == payload.extras
        assert document.get("id") == payload.id
        read += 1
    assert read


@pytest.mark.parametrize("client", [each for each in CLIENTS if each != "scheduler5.0.0"])
def test_claims(client: str) -> None:
    """Every claim gives its queue, its time and a payload that means what it meant."""
    read = 0
    for worker, raw in claims(client):
        document = json.loads(raw)
        reservation = Reservation.decode(worker, raw)
        expected = (worker, document["queue"], document["run_at"], "")
        found = (reservation.worker, reservation.queue, reservation.run_at, reservation.rid)
        assert expected == found
        assert document["payload"] == json.loads(reservation.payload)
        read += 1
    assert read


@pytest.mark.parametrize("client", [each for each in CLIENTS if each != "scheduler5.0.0"])
def test_failure_records(client: str) -> None:
    """Every failure record gives what failed, why, where and when; null is nothing."""
    read = 0
    for raw in failures(client):
        document: dict[str, Any] = json.loads(raw)
        record = FailureRecord.decode(raw)
        assert document.pop("payload") == json.loads(record.payload)
        assert (document.pop("backtrace") or []) == record.backtrace
        for name in ("failed_at", "exception", "error", "worker", "queue"):
            assert document.pop(name) == getattr(record, name)
        assert document == record.extras
        assert set(record.extras) <= {"retried_at"}
        read += 1
    assert read


@pytest.mark.parametrize("client", [each for each in CLIENTS if each != "scheduler5.0.0"])
def test_worker_ids(client: str) -> None:
    """Every worker's id falls into host, pid and queues, and is put together again."""
    ids = worker_ids(client)
    assert ids
    for text in ids:
        host, pid, queues = text.split(":", 2)
        expected = WorkerId(host, int(pid), queues)
        assert expected == WorkerId.parse(text)
        assert text == str(expected)


def test_node_names_its_worker_by_two_parts_only() -> None:
    """The id in node-resque's failure records is short of queues; records are read all the same."""
    record = FailureRecord.decode(failures("node")[0])
    assert re.fullmatch(r"vm:\d+", record.worker)
    with pytest.raises(DecodeError):
        WorkerId.parse(record.worker)


@pytest.mark.parametrize("client", [each for each in CLIENTS if each != "scheduler5.0.0"])
def test_dates(client: str) -> None:
    """Every date that says its zone, or is in UTC, names a moment just before the capture ended."""
    read = 0
    for each, text in dates(client):
        if each.scenario == "work-raise-tz" and not re.search(r"(Z|[+-]\d\d:?\d\d)$", text):
            # New York's time without a zone, or with a letter code: nobody elsewhere can tell.
            continue
        moment = timestamps.parse(text)
        assert moment is not None, text
        age = each.captured - moment
        assert timedelta(seconds=-1) <= age <= timedelta(seconds=40), text
        read += 1
    assert read


@pytest.mark.parametrize(
    ("writer", "text"),
    [
        ("Ruby run_at", "2026-11-21T04:48:58Z"),
        ("Ruby heartbeat", "2026-11-21T04:48:58+00:00"),
        ("Ruby heartbeat in New York", "2026-11-20T23:48:58-05:00"),
        ("Ruby started", "2026-11-21 04:48:58 +0000"),
        ("Ruby started in New York", "2026-11-20 23:48:58 -0500"),
        ("Ruby failed_at", "2026/11/21 04:48:58 UTC"),
        ("Ruby 2 retried_at", "2026/11/21 04:48:58"),
        ("PHP", "2026-11-21T04:48:58+00:00"),
        ("PHP up to 1.3.3", "Sat Nov 21 04:48:58 UTC 2026"),
        ("Perl started", "2026-11-21 04:48:58 UTC"),
        ("Perl run_at", "2026/11/21 04:48:58 UTC"),
        ("Node", "Sat Nov 21 2026 04:48:58 GMT+0000 (Coordinated Universal Time)"),
        ("Node in Berlin", "Sat Nov 21 2026 05:48:58 GMT+0100 (Mitteleuropäische Normalzeit)"),
        ("Node and pyres started", "1795236538"),
        ("pyres failed_at", "2026/11/21 04:48:58"),
    ],
)
def test_date_formats(writer: str, text: str) -> None:
    """One moment is read from every form in which some client writes it."""
    expected = datetime(2026, 11, 21, 4, 48, 58, tzinfo=timezone.utc)
    assert expected == timestamps.parse(text), writer


@pytest.mark.parametrize("text", ["", "2026/11/20 23:52:00 EST", "soon", "9" * 30, "Sat", "-1"])
def test_no_dates(text: str) -> None:
    """What names no moment is None: a zone that is only letters says nothing elsewhere."""
    assert timestamps.parse(text) is None


@pytest.mark.parametrize("client", RUBIES)
def test_ruby_documents_come_back_byte_for_byte(client: str) -> None:
    """Read and written again, each of Ruby's payloads, claims and failure records is the same."""
    for raw in payloads(client):
        assert raw == Payload.decode(raw).encode()
    for worker, raw in claims(client):
        ours = Reservation.decode(worker, raw).encode()
        assert raw == ours.replace(b'"rid":"",', b"", 1)
    for raw in failures(client):
        assert raw == FailureRecord.decode(raw).encode()


@pytest.mark.parametrize(
    ("client", "scenario", "expected"),
    [
        ("php", "enqueue", Payload("App\\Jobs\\Send", [{"b": [1, 2]}], {
            "id": "b1bc7d243516a82930bdc2705897d06c",
            "prefix": "",
            "queue_time": 1795236831.121859,
        })),
        ("node", "enqueue", Payload("shop.tasks.send_mail", ["é/"], {"queue": "math"})),
        ("perl", "enqueue", Payload("My::Task", [1, "é/", {"k": None}])),
        ("pyres", "enqueue", Payload("pjobs.Add", [1, "é"], {
            "enqueue_timestamp": 1795236858.2874546,
        })),
        ("ruby2.7.0", "enqueue", Payload("Mailer", [42, "a", {"k": None, "n": 1.5}])),
    ],
)  # fmt: skip
def test_one_payload_of_each_client(client: str, scenario: str, expected: Payload) -> None:
    """One payload of each client, spelt out."""
    pushed = [
        Payload.decode(sent.words[2])
        for sent in transcript(client, scenario).sent
        if sent.name == "rpush"
    ]
    assert expected in pushed
