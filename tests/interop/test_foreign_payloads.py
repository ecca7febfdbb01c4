"""What PHP, Node, Perl and pyres put into queues is performed under the names they gave it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import job
from tests.interop.forked import ForkedWorker
from tests.interop.transcript import all_transcripts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import redis

    from tests.conftest import Configure

# A few of each client spelt out, so that not only our own decoding is the measure.
SPELT_OUT = {
    "php": ["App\\Jobs\\Send", [{"b": [1, 2]}]],
    "node": ["shop.tasks.send_mail", ["é/"]],
    "perl": ["My::Task", [1, "é/", {"k": None}]],
    "pyres": ["pjobs.Add", [1, "é"]],
}


@pytest.mark.parametrize("client", SPELT_OUT)
@pytest.mark.parametrize("jobs_per_fork", ["1", "10"])
def test_their_jobs_are_performed(
    client: str,
    jobs_per_fork: str,
    resque_settings: Configure,
    redis_client: redis.Redis,
    tmp_path: Path,
) -> None:
    """Each payload of a client, pushed as it was, reaches the job of its name, in order."""
    pushed = [
        sent
        for transcript in all_transcripts()
        if transcript.client == client
        for sent in transcript.sent
        if sent.name == "rpush" and sent.key.startswith("queue:")
    ]
    documents = [json.loads(sent.words[2]) for sent in pushed]
    expected = [[each["class"], each["args"]] for each in documents]
    assert SPELT_OUT[client] in expected
    for sent in pushed:
        redis_client.sadd("resque:queues", sent.key.partition(":")[2])
        redis_client.execute_command(*sent.words)
    log = tmp_path / "performed"

    def prepare() -> None:
        for name in {name for name, _ in expected}:
            job(name=name)(_noting(log, name))

    worker = ForkedWorker(
        prepare, environment={"QUEUE": "*", "INTERVAL": "0", "JOBS_PER_FORK": jobs_per_fork}
    )
    assert not worker.wait()
    performed = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted(map(json.dumps, expected)) == sorted(map(json.dumps, performed))
    assert redis_client.get("resque:stat:failed") is None


def test_their_keys_stay_in_a_failure(
    resque_settings: Configure, redis_client: redis.Redis
) -> None:
    """A failing job of php-resque keeps all it brought with it, and its id is the job's id."""
    payload = (
        b'{"class":"App\\\\Jobs\\\\Send","args":[{"a":"x\\/\\u00e9"}],'
        b'"id":"b1bc7d243516a82930bdc2705897d06c","prefix":"","queue_time":1795236831.121859}'
    )
    redis_client.sadd("resque:queues", "php")
    redis_client.rpush("resque:queue:php", payload)
    worker = ForkedWorker(lambda: None, environment={"QUEUE": "php", "INTERVAL": "0"})
    assert not worker.wait()
    (record,) = redis_client.lrange("resque:failed", 0, -1)
    assert b'"payload":' + payload + b',"exception":' in record


def _noting(log: Path, name: str) -> Callable[..., Any]:
    def perform(*args: Any) -> None:
        with log.open("a") as file:
            file.write(json.dumps([name, list(args)]) + "\n")

    return perform
