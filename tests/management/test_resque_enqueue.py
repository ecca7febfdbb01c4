"""``resque_enqueue`` enqueues one job from the command line."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from django_resque import Plugin, job
from django_resque.jobs.registry import registry

if TYPE_CHECKING:
    import redis

    from django_resque.wire.payload import Payload
    from tests.conftest import Configure


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget after each test the jobs that it registered."""
    monkeypatch.setattr(registry, "_jobs", dict(registry._jobs))


@pytest.fixture(autouse=True)
def _send() -> None:
    """A job to enqueue."""

    def send(*args: Any) -> None:
        """Take anything."""

    job(name="shop.send", queue="mail")(send)


@pytest.fixture
def queued(resque_settings: Configure, redis_client: redis.Redis) -> Any:
    """Look at what lies in a queue, as parsed JSON."""
    del resque_settings

    def look(queue: str) -> list[Any]:
        return [json.loads(raw) for raw in redis_client.lrange(f"resque:queue:{queue}", 0, -1)]

    return look


def run(*argv: str) -> str:
    """Run the command and return what it prints."""
    out = StringIO()
    call_command("resque_enqueue", *argv, stdout=out)
    return out.getvalue()


def test_it_enqueues_and_prints_the_id(queued: Any) -> None:
    """To the job's own queue."""
    printed = run("shop.send")
    (document,) = queued("mail")
    assert ["class", "args", "id", "queue_time"] == list(document)
    assert ("shop.send", [], printed.strip()) == tuple(document.values())[:3]


def test_without_ids_it_names_the_queue(queued: Any, resque_settings: Configure) -> None:
    """There is no id to print then."""
    resque_settings(JOB_IDS=False)
    assert "Enqueued to mail.\n" == run("shop.send")
    assert 1 == len(queued("mail"))


def test_arguments_are_json_or_else_text(queued: Any) -> None:
    """Numbers, lists and objects need no quotes; what is no JSON is itself."""
    run("shop.send", "1", "-2.5", "null", '{"a": [2]}', '"1"', "main", "NaN", "a,b", "")
    expected = [1, -2.5, None, {"a": [2]}, "1", "main", "NaN", "a,b", ""]
    assert expected == queued("mail")[0]["args"]


def test_all_arguments_can_be_one_list(queued: Any) -> None:
    """As they stand in a payload."""
    run("shop.send", "--json", '[1, {"**": 2}, "x"]')
    assert [1, {"**": 2}, "x"] == queued("mail")[0]["args"]


def test_keyword_only_arguments_are_given_as_in_a_payload(queued: Any) -> None:
    """In the marked object behind the others; they are checked as in a call."""

    def pack(number: int, *, deep: bool) -> None:
        """Take one by keyword only."""

    job(name="shop.pack")(pack)
    run("shop.pack", "--json", '[1, {"**": {"deep": true}}]')
    assert [1, {"**": {"deep": True}}] == queued("default")[0]["args"]
    with pytest.raises(CommandError, match="unexpected keyword argument 'deeep'"):
        run("shop.pack", "1", '{"**": {"deep": true, "deeep": 1}}')


def test_queue_and_front_can_be_chosen(queued: Any) -> None:
    """As with ``using``."""
    for number in ("1", "2"):
        run("shop.send", number, "--queue", "low", "--at-front")
    assert [[2], [1]] == [each["args"] for each in queued("low")]


def test_a_job_of_another_program_needs_a_queue(queued: Any) -> None:
    """Given one, it is enqueued."""
    run("Archive", "44", "--queue", "file_serve")
    assert [44] == queued("file_serve")[0]["args"]
    with pytest.raises(CommandError, match="'Archive' is not a job registered here"):
        run("Archive", "44")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["shop.send", "1", "--json", "[1]"], "one by one or with --json, not both"),
        (["shop.send", "--json", "{oops"], "--json is not JSON: .*column 2"),
        (["shop.send", "--json", '{"a": 1}'], "--json takes a list"),
        (["shop.send", "--queue", "a,b"], "must not contain ','"),
        (["shop.send", "a\udcff"], "holds a lone surrogate"),
        (["shop.send", "--json", '["\udcff"]'], "--json is not UTF-8"),
    ],
)
def test_mistakes_are_told_in_one_line(queued: Any, argv: list[str], message: str) -> None:
    """And nothing is enqueued."""
    with pytest.raises(CommandError, match=message):
        run(*argv)
    assert [] == queued("mail")


def test_a_veto_is_told(queued: Any) -> None:
    """A script sees that nothing was enqueued."""

    class Veto(Plugin):
        def before_enqueue(self, payload: Payload, queue: str) -> bool:
            del payload, queue
            return False

    job(name="shop.never", plugins=[Veto()])(lambda: None)
    with pytest.raises(CommandError, match="a before_enqueue hook refused the job"):
        run("shop.never")
    assert [] == queued("default")


def test_redis_away_is_told(settings: Any) -> None:
    """In one line, without a traceback."""
    settings.RESQUE = {"URL": "unix:///nonexistent/redis.sock"}
    with pytest.raises(CommandError, match="Redis is unavailable"):
        run("shop.send")
