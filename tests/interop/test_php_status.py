"""Where php-resque keeps track of a job, our worker tells what php-resque's would have told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from tests.interop.forked import ForkedWorker
from tests.interop.transcript import Sent, all_transcripts

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure
    from tests.interop.recorder import Recorder

(TRANSCRIPT,) = [
    each for each in all_transcripts() if (each.client, each.scenario) == ("php", "work-ok-tracked")
]
SENT = [each for each in TRANSCRIPT.events if isinstance(each, Sent)]


def told(sent: list[Sent]) -> list[dict[str, Any]]:
    """Return the packets that were written, in order, without the moment of each."""
    packets = [json.loads(each.words[2]) for each in sent if is_packet(each)]
    return [{**packet, "updated": None} for packet in packets]


def is_packet(sent: Sent) -> bool:
    """Tell whether a command writes a status packet."""
    return sent.name == "set" and sent.key.startswith("job:") and sent.key.endswith(":status")


def perform() -> None:
    """Define the job of the transcript."""

    @job(name="My_Job")
    def my_job(_args: dict[str, int]) -> str:
        return "php result"


@pytest.mark.parametrize("tracked", [True, False])
def test_tracked(
    redis_client: redis.Redis, recorder: Recorder, resque_settings: Configure, *, tracked: bool
) -> None:
    """Packets, their order and time to live are php-resque's, if it tracks the job; else none."""
    enqueued = [each for each in SENT if each.name in ("sadd", "rpush") and each.connection == "c1"]
    waiting = next(each for each in SENT if is_packet(each))
    for each in [*enqueued, *([waiting] if tracked else [])]:
        redis_client.execute_command(*each.words)
    recorder.recorded()

    ForkedWorker(perform, environment={"QUEUE": "php", "INTERVAL": "0"}).wait()

    recorded = recorder.recorded()
    key = waiting.words[1].decode()
    if tracked:
        assert told(SENT)[1:] == told(recorded)
        assert list(json.loads(waiting.words[2])) == list(told(recorded)[-1])
        assert 86_000 < redis_client.ttl(key) <= 86_400
    else:
        assert not redis_client.exists(key)
    assert b"1" == redis_client.get("resque:stat:processed")
    assert not redis_client.exists("resque:failed")
