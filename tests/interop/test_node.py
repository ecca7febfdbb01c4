"""Live exchange with node-resque: each enqueues for, works beside and lists the other."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from django_resque import (
    delayed,
    dequeue_delayed,
    enqueue_in_to,
    enqueue_to,
    job,
    wiring,
)
from django_resque.conf import get_settings
from django_resque.control.failures import retry_failure
from django_resque.monitor.failures import failures
from django_resque.monitor.overview import overview
from django_resque.monitor.workers import workers
from django_resque.process.prune import prune
from django_resque.schedule.delayed import transfer_due
from tests.interop.forked import ForkedWorker
from tests.interop.node_resque import Node
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

    from django_resque.embedded import EmbeddedServer
    from tests.conftest import Configure

ARGS = [1, "é/\u2028", {"k": None, "list": []}, 1.5]


@pytest.fixture
def node(
    redis_server: EmbeddedServer, resque_settings: Configure, tmp_path: Path
) -> Iterator[Node]:
    """Give node-resque on the private server."""
    node = Node(redis_server, tmp_path)
    yield node
    node.stop()


@pytest.fixture
def worker(node: Node) -> Iterator[ForkedWorker]:
    """Run a worker of ours for all queues that has the jobs of node's worker."""
    started = _start(node)
    yield started
    started.clean_up()


def test_node_enqueues_for_us(node: Node, worker: ForkedWorker) -> None:
    """What node-resque enqueues, our idle worker performs with the same arguments."""
    node.enqueue(("math", "Note", ARGS), ("math", "Note", []))
    expected = [["ours", *ARGS], ["ours"]]
    assert expected == node.await_notes(2)


def test_we_enqueue_for_node(node: Node) -> None:
    """What we enqueue, ids and all, node-resque performs with the same arguments."""
    node.work("math")
    enqueue_to("math", "Note", *ARGS)
    expected = [["node", *ARGS]]
    assert expected == node.await_notes(1)


def test_failures_cross(node: Node) -> None:
    """A job of ours that fails in node-resque is read and retried here, and performed then."""
    node.work("math")
    handle = enqueue_to("math", "Fail", "boom from node")
    store = wiring.store()
    (row,) = eventually(lambda: failures(store, "failed"))
    assert row.record
    assert row.payload == handle.payload
    expected = ("TypeError", "boom from node", "math", "Fail")
    assert expected == (row.record.exception, row.record.error, row.record.queue, row.job)
    node.stop()
    worker = ForkedWorker(lambda: _define(node), environment={"QUEUE": "math", "INTERVAL": "0"})
    retry_failure(store, "failed", row.raw, row.index)
    assert not worker.wait()
    newest, oldest = failures(store, "failed")
    assert newest.record
    assert newest.payload
    assert newest.payload.id == handle.id
    assert (newest.record.exception, newest.record.error) == ("ValueError", "boom from node")
    assert oldest.retried_at
    seen = node.inspect()["failed"]
    assert [each["payload"]["id"] for each in seen] == [handle.id, handle.id]


def test_node_lists_our_worker(node: Node, worker: ForkedWorker) -> None:
    """node-resque sees our worker, its queues, the job it performs, and what waits."""
    handle = enqueue_to("math", "Wait")
    node.await_notes(1)
    enqueue_to("later", "Nobody", 7)
    seen = node.inspect()
    ((name, queues),) = seen["workers"].items()
    assert str(worker.pid) == name.split(":")[1]
    assert queues == "*"
    # It looks for the worker's name in the claim, where only its own workers put it.
    claim = seen["workingOn"]["undefined"]
    assert {"class": "Wait", "args": [], **handle.payload.extras} == claim["payload"]
    assert claim["queue"] == "math"
    assert [7] == seen["queues"]["later"][0]["args"]
    node.release()


def test_we_list_nodes_worker(node: Node) -> None:
    """We see node-resque's worker, its queues and the job it performs, and never prune it."""
    name = node.work("math")
    enqueue_to("math", "Wait")
    node.await_notes(1)
    store = wiring.store()
    (row,) = workers(store)
    assert (row.state, row.error) == ("working", "")
    assert row.identity
    assert f"{row.identity.host}:{row.identity.pid}" == name
    assert row.identity.queues == "math"
    assert row.reservation
    assert row.reservation.queue == "math"
    assert overview(store).working == 1
    assert prune(store, wiring.failure_backends(), get_settings().heartbeat_ttl) == []
    assert [each.id for each in workers(store)] == [row.id]


def test_both_work_one_queue(node: Node, worker: ForkedWorker, redis_client: redis.Redis) -> None:
    """Two workers in two languages on one queue perform every job exactly once between them."""
    node.work("math")
    eventually(lambda: redis_client.scard("resque:workers") == 2)
    half = 150
    for number in range(half):
        enqueue_to("math", "Note", number)
    node.enqueue(*(("math", "Note", [number]) for number in range(half, 2 * half)))
    performed = node.await_notes(2 * half)
    eventually(lambda: redis_client.get("resque:stat:processed") == str(2 * half).encode())
    assert list(range(2 * half)) == sorted(number for _, number in performed)
    assert {who for who, _ in performed} == {"node", "ours"}
    assert redis_client.llen("resque:failed") == 0


def test_we_move_what_node_delays(node: Node, worker: ForkedWorker) -> None:
    """What node-resque delays, our scheduler moves when it is due, and we perform it."""
    due = int(time.time())
    node.delay((1000 * due, "math", "Note", ARGS), (1000 * (due + 3600), "math", "Note", [1]))
    store = wiring.store()
    master = store.schedules.look("me:1", 60).holder

    assert 1 == sum(transfer_due(store, master, due + 1))

    expected = [["ours", *ARGS]]
    assert expected == node.await_notes(1)
    (waiting,) = delayed.peek(5)
    assert waiting.payload
    assert (str(due + 3600), "math", [1]) == (
        waiting.timestamp, waiting.queue, waiting.payload.args,
    )  # fmt: skip


def test_node_moves_what_we_delay(node: Node) -> None:
    """What we delay, ids and all, node-resque lists, its scheduler moves, and it performs."""
    node.work("math")
    enqueue_in_to("math", 3600, "Note", 1)
    handle = enqueue_in_to("math", 1, "Note", *ARGS)
    listed = [each for items in node.delayed().values() for each in items]
    assert [["Note", ARGS], ["Note", [1]]] == [[each["class"], each["args"]] for each in listed]
    assert handle.id == listed[0]["id"]

    node.schedule()

    expected = [["node", *ARGS]]
    assert expected == node.await_notes(1)
    assert 1 == delayed.count()


def test_we_cancel_what_node_delays(node: Node) -> None:
    """Its items are found by their arguments beside our own, and it sees them gone."""
    due = int(time.time()) + 3600
    node.delay((1000 * due, "math", "Note", ARGS))
    enqueue_in_to("math", 3600, "Note", *ARGS)

    assert 2 == dequeue_delayed("Note", *ARGS)
    assert {} == node.delayed()


def _start(node: Node) -> ForkedWorker:
    return ForkedWorker(lambda: _define(node), environment={"QUEUE": "*,!later", "INTERVAL": "60"})


def _define(node: Node) -> None:
    def note(*args: Any) -> None:
        descriptor = os.open(node.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, json.dumps(["ours", *args]).encode() + b"\n")
        os.close(descriptor)

    def fail(text: str) -> NoReturn:
        raise ValueError(text)

    def wait() -> None:
        note("waiting")
        eventually(node.log.with_name("released").exists, 30)

    job(name="Note")(note)
    job(name="Fail")(fail)
    job(name="Wait")(wait)
