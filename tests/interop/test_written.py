"""Nothing that we ever write is among what was seen to break Ruby."""

from __future__ import annotations

import base64
import json
import os
import signal
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from django_resque import enqueue_to, job, wiring
from django_resque.control.failures import retry_failures
from django_resque.wire.failure import original_payload
from tests.interop.forked import ForkedWorker
from tests.interop.gotchas import (
    BROKEN_UTF8,
    Finding,
    command_breaks,
    failure_breaks,
    findings,
    payload_of,
)

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure
    from tests.interop.recorder import Recorder

SURROGATE = "\ud800"


class Unprintable(Exception):
    """Breaks whoever prints it."""

    def __str__(self) -> str:
        """Break."""
        raise ValueError(SURROGATE)


def outcomes(kind: str) -> None:
    """End in one of many ways."""

    def die(number: int) -> NoReturn:
        os.kill(os.getpid(), number)
        raise AssertionError

    ways: dict[str, Any] = {
        "surrogate": ValueError(SURROGATE),
        "controls": ValueError("\x00\x1b[2J\r\n\u2028<script>"),
        "bytes": ValueError(b"\xff\xfe"),
        "unprintable": Unprintable(),
        "nothing": Exception(),
        "long": ValueError("é" * 120_000),
        "leaving": SystemExit("bye"),
        "interrupt": KeyboardInterrupt(),
        "group": BaseException("base"),
        "kill": lambda: die(signal.SIGKILL),
        "abort": lambda: die(signal.SIGABRT),
        "exit": lambda: os._exit(3),
        "clean": lambda: os._exit(0),
        "deep": lambda: outcomes("deep"),
        "fine": lambda: None,
    }
    way = ways[kind]
    if isinstance(way, BaseException):
        raise way
    way()


KINDS = [
    "surrogate", "controls", "bytes", "unprintable", "nothing", "long", "leaving", "interrupt",
    "group", "kill", "abort", "exit", "clean", "deep", "fine",
]  # fmt: skip


def _work(queue: str) -> None:
    def prepare() -> None:
        job(name="Outcomes")(outcomes)
        job(name="Mailer")(lambda *_: None)

    expected = 0
    assert expected == ForkedWorker(prepare, environment={"QUEUE": queue, "INTERVAL": "0"}).wait()


def test_nothing_we_write_breaks_ruby(resque_settings: Configure, recorder: Recorder) -> None:
    """However a job ends, on whichever queue, no command of ours leaves what breaks Ruby."""
    for kind in KINDS:
        enqueue_to("mail:urgent", "Outcomes", kind)
        enqueue_to("café", "Outcomes", kind)
    enqueue_to("café", "<b>no such</b>", "\x00", {"🙈": [1.5, None, "\u2028"]})
    _work("mail:urgent,c*,*")
    store = wiring.store()
    retry_failures(store)
    _work("*")
    recorded = recorder.recorded()
    expected: list[str] = []
    assert expected == list(filter(None, map(command_breaks, recorded)))
    records = [each for each in recorded if each.name == "rpush" and each.key == "failed"]
    failing = 2 * (2 * (len(KINDS) - 1) + 1)
    assert failing == len(records)


# What our worker performs of the payloads tried on Ruby; all others fail. An escaped lone
# surrogate stops Ruby, but is no worse for Python than any other text.
PERFORMED = {
    "well-formed",
    "extra keys (id, queue_time, prefix, anything)",
    "Python default separators (space after , and :)",
    "key order args,class",
    "args is null",
    "args missing",
    "args is [{}] with kwargs style",
    "lone surrogate escape",
    "big integer",
    "NUL escape in args",
}


@pytest.mark.parametrize("backend", ["redis", "redis_multi_queue"])
def test_hostile_payloads_fail_once_each(
    backend: str, resque_settings: Configure, recorder: Recorder, redis_client: redis.Redis
) -> None:
    """What stops Ruby's workers leaves us one failure each that Ruby can read, and no job waits."""
    resque_settings(FAILURE_BACKEND=backend)
    tried = findings("3.0.0", "A")
    for finding in tried:
        _push(redis_client, payload_of(finding))
    _work("q")
    name = "failed" if backend == "redis" else "q_failed"
    records: list[Any] = redis_client.lrange(f"resque:{name}", 0, -1)
    failing = [each for each in tried if not _is_performed(each)]
    assert len(failing) == len(records)
    for finding, raw in zip(failing, records, strict=True):
        document = json.loads(raw)
        payload = payload_of(finding)
        assert payload in raw or payload == original_payload(document["payload"], document)
    counters = [str(len(tried)).encode(), str(len(failing)).encode()]
    assert counters == redis_client.mget("resque:stat:processed", "resque:stat:failed")
    assert [""] * len(records) == [failure_breaks(raw) for raw in records]
    # While it is being failed, such a payload lies in the claim as it is: for that moment only.
    written = [each for each in recorder.recorded() if each.connection == "lua"]
    assert not any(command_breaks(each) for each in written if each.name != "set")
    assert redis_client.keys("resque:worker*") == []


def test_a_failure_keeps_what_ruby_could_not_read(
    resque_settings: Configure, redis_client: redis.Redis
) -> None:
    """The failure of a payload that Ruby cannot read says why, and keeps its bytes beside it."""
    cut, surrogate = b'{"class":"Mailer","args":[1', rb'{"class":"Outcomes","args":["\ud800"]}'
    _push(redis_client, cut, BROKEN_UTF8, surrogate)
    _work("q")
    records = [json.loads(raw) for raw in redis_client.lrange("resque:failed", 0, -1)]
    placeholder = {"class": "(invalid payload)", "args": []}
    assert [placeholder] * 3 == [record["payload"] for record in records]
    assert [cut.decode(), None, surrogate.decode()] == [record.get("raw") for record in records]
    assert BROKEN_UTF8 == base64.b64decode(records[1]["raw_base64"])
    assert "line 1 column 28" in records[0]["error"]
    assert "byte 0xe9 at 30" in records[1]["error"]
    assert records[2]["exception"] == "KeyError"


def _push(client: redis.Redis, *payloads: bytes) -> None:
    client.sadd("resque:queues", "q")
    client.rpush("resque:queue:q", *payloads)


def _is_performed(finding: Finding) -> bool:
    return any(finding.title.startswith(f"{title}: ") for title in PERFORMED)
