"""What Ruby did in a transcript, done by us, leaves the same keys by the same commands."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.interop.normal import CHANGING, Keys, Normal, every_key, without_given_back
from tests.interop.replay import Replay
from tests.interop.transcript import Ended, Sent, Snapshot, Step, Transcript, all_transcripts
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure
    from tests.interop.recorder import Recorder

REPLAYED = [
    "enqueue", "two-namespaces",
    "work-ok", "work-raise", "work-sigkill-child", "work-exit3-child", "work-unknown-class",
    "no-fork", "glob-queues",
    "working-state", "quit", "term", "term-termchild", "int", "usr1", "usr2-cont", "graceful-term",
    "hup-working", "hup-idle", "nofork-term", "nofork-term-termchild", "nofork-usr1",
    "pre-shutdown-timeout", "pre-shutdown-timeout-exceeded",
    "idle-poll", "idle-term-latency", "pause-all-workers",
    "dequeue-remove-queue", "requeue-remove-clear", "multi-queue-failures",
    "sigkill-worker-then-prune", "prune-expired-heartbeat", "prune-foreign-no-heartbeat",
]  # fmt: skip
TRANSCRIPTS = [
    each
    for each in all_transcripts()
    if each.client.startswith("ruby") and each.scenario in REPLAYED
]


# What we leave otherwise at the end, each for a reason that docs/reference/wire.md gives.
_ONE_FAILED = {"resque:stat:failed": ("string", "1")}
_DIRTY_EXIT = [
    ("failed_at", "0000/00/00 00:00:00 UTC"),
    ("payload", '{"class": "Mailer", "args": [1]}'),
    ("exception", "django_resque.exceptions.DirtyExit"),
    ("error", "..."),
    ("backtrace", []),
    ("worker", "worker:high"),
    ("queue", "high"),
]
_PRUNED = [
    *_DIRTY_EXIT[:2],
    ("exception", "django_resque.exceptions.PruneDeadWorkerDirtyExit"),
    ("error", "Worker worker:high did not gracefully exit while processing Mailer"),
    *_DIRTY_EXIT[4:],
]
OURS: dict[str, Keys] = {
    # Every failure is counted, whoever writes it.
    "work-sigkill-child": _ONE_FAILED,
    "term": _ONE_FAILED,
    "int": _ONE_FAILED,
    "usr1": _ONE_FAILED,
    "prune-expired-heartbeat": _ONE_FAILED,
    # A job whose process exits without an answer has failed, whatever the status.
    "work-exit3-child": {"resque:failed": ("list", [_DIRTY_EXIT]), **_ONE_FAILED},
    # HUP is TERM: the job is killed and its end counted.
    "hup-working": {"resque:stat:processed": ("string", "1"), **_ONE_FAILED},
    # One word for all workers that died.
    "sigkill-worker-then-prune": {"resque:failed": ("list", [_PRUNED]), **_ONE_FAILED},
    # To retry all is to retry those that were not retried yet.
    "requeue-remove-clear": {
        "resque:queue:low": ("list", ['{"class":"Mailer","args":[3]}']),
    },
    "multi-queue-failures": {
        "resque:queue:low": ("list", ['{"class":"Mailer","args":[2]}']),
    },
    # A worker of another client that gives no sign of life may well be alive.
    "prune-foreign-no-heartbeat": {
        "resque:workers": ("set", ["otherhost:999:high", "vm:999998:other", "vm:999999:low"])
    },
}


@pytest.fixture
def replay(redis_server: EmbeddedServer, resque_settings: Configure) -> Iterator[Replay]:
    """Do steps on the private server."""
    with redis_server.client(decode_responses=True) as client:
        replay = Replay(resque_settings, client)
        yield replay
        replay.clean_up()


@pytest.fixture
def shadow(redis_server: EmbeddedServer) -> Iterator[redis.Redis]:
    """Give a database in which Ruby's commands are done again, beside that of the replay."""
    with redis_server.client(decode_responses=True, db=1) as client:
        yield client


@pytest.mark.parametrize(
    "transcript", TRANSCRIPTS, ids=lambda each: f"{each.client}-{each.scenario}"
)
def test_replay(
    transcript: Transcript, replay: Replay, recorder: Recorder, shadow: redis.Redis
) -> None:
    """The keys, at each snapshot and the end, the claims in their order and all writes are Ruby's.

    Before a signal is sent, we wait until our keys are what Ruby's were then.
    """
    if transcript.scenario == "multi-queue-failures":
        replay.configure(FAILURE_BACKEND="redis_multi_queue")
    theirs, ours = Normal(_registered(transcript)), Normal()
    for event in transcript.events:
        if isinstance(event, Sent):
            if event.name in CHANGING and event.connection != "harness":
                shadow.execute_command(*event.words)
        elif isinstance(event, Snapshot):
            expected = theirs.keys(event.keys)
            if event is transcript.events[-1]:
                expected |= OURS.get(transcript.scenario, {})
            _await_keys(expected, replay, ours)
        elif isinstance(event, Ended):
            _compare_end(event, replay, theirs, ours)
        else:
            if event.line.startswith("kill "):
                _await_moment(theirs.keys(every_key(shadow)), replay, ours)
            replay.do(event)
    recorded = without_given_back(recorder.recorded())
    assert theirs.claims(transcript.sent) == ours.claims(recorded)
    if transcript.scenario not in OURS:
        assert theirs.writes(transcript.sent) == ours.writes(recorded)


@pytest.mark.parametrize(
    "transcript",
    [each for each in TRANSCRIPTS if each.scenario in ("enqueue", "two-namespaces")],
    ids=lambda each: f"{each.client}-{each.scenario}",
)
def test_enqueueing(transcript: Transcript, replay: Replay, recorder: Recorder) -> None:
    """Enqueueing sends the very words that Ruby sends, in the same order."""
    for event in transcript.events:
        if isinstance(event, Step):
            replay.do(event)
    expected = [each.words for each in transcript.sent if each.name in CHANGING]
    assert expected == [each.words for each in recorder.recorded()]


def _compare_end(event: Ended, replay: Replay, theirs: Normal, ours: Normal) -> None:
    if event.status is not None:
        assert event.status == replay.end()
        hooks = [line.split()[0] for line in event.lines if " pid=" in line]
        assert hooks in ([], replay.hooks())
    elif replay.answer is not None:
        assert theirs.answer(event.lines[0]) == ours.answer(json.dumps(replay.answer))


def _await_moment(expected: Keys, replay: Replay, normal: Normal) -> None:
    _await_keys(expected, replay, normal)
    if any(re.fullmatch(r"resque:worker:worker:[^:]*", name) for name in expected):
        replay.await_job()
    else:
        replay.await_rest()


def _await_keys(expected: Keys, replay: Replay, normal: Normal) -> None:
    with suppress(AssertionError):
        eventually(lambda: expected == replay.keys(normal))
    assert expected == replay.keys(normal)


def _registered(transcript: Transcript) -> set[str]:
    return {
        sent.words[2].decode()
        for sent in transcript.sent
        if sent.name == "sadd" and sent.key == "workers" and sent.connection != "harness"
    }
