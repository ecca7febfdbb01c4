"""Workers that died are struck off and their jobs fail, once each; the living are left alone."""

from __future__ import annotations

import json
import os
import subprocess
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

import pytest

from django_resque.execution.identity import FOREIGN_TTL, hostname, machine
from django_resque.execution.outcome import Failed
from django_resque.failures.redis import RedisBackend
from django_resque.process.forking import fork
from django_resque.process.prune import prune
from django_resque.store import Store
from django_resque.store.commander import PooledCommander
from django_resque.store.connection import from_unix_socket
from django_resque.wire import timestamps
from django_resque.wire.worker import WorkerId
from tests.claims import reservation
from tests.records import claim as foreign_claim

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer

_TTL = 60.0
_BACKENDS = [RedisBackend()]


@pytest.fixture(scope="module")
def dead() -> int:
    """Return the pid of a process that is gone."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def ours(pid: int = 1, *, mark: str = "00000000", number: int = 0) -> str:
    """Return the id of a worker of ours, on another machine by default."""
    return str(WorkerId(hostname(), pid, "q", f"{mark}{number:04x}"))


def enter(
    store: Store, worker: str, *, silent: float | None = 0.0, claim: bytes | None = None
) -> str:
    """Enter a worker that has been silent for so many seconds; None for one that never beat."""
    commander, keys = store.commander, store.keys
    commander.call("SADD", keys.workers, worker)
    commander.call("SET", keys.started(worker), "then")
    if silent is not None:
        beat = timestamps.heartbeat(store.workers.now() - int(silent))
        commander.call("HSET", keys.heartbeats, worker, beat)
    if claim is not None:
        commander.call("SET", keys.worker(worker), claim)
    return worker


def failures(client: redis.Redis) -> list[dict[str, Any]]:
    """Return all failure records."""
    return [json.loads(raw) for raw in client.lrange("resque:failed", 0, -1)]


def test_died_here(store: Store, redis_client: redis.Redis, dead: int) -> None:
    """A worker whose process is gone is struck off at once, and its job fails."""
    worker = ours(dead, mark=machine())
    claim = reservation("shop.send", 1, worker=worker, queue="mail")
    enter(store, worker, claim=claim.encode())

    (pruned,) = prune(store, _BACKENDS, _TTL)

    assert (worker, claim) == (pruned.worker, pruned.reservation)
    (record,) = failures(redis_client)
    assert "django_resque.exceptions.PruneDeadWorkerDirtyExit" == record["exception"]
    expected = f"Worker {worker} did not gracefully exit while processing shop.send"
    assert isinstance(pruned.outcome, Failed)
    assert expected == record["error"] == pruned.outcome.error
    assert ({"class": "shop.send", "args": [1]}, "mail", worker) == (
        record["payload"],
        record["queue"],
        record["worker"],
    )
    assert [0, 1] == store.stats.get("processed", "failed")
    assert [] == redis_client.keys(f"*{worker}*")
    assert not redis_client.exists("resque:workers", "resque:workers:heartbeat")


def test_idle(store: Store, redis_client: redis.Redis, dead: int) -> None:
    """A dead worker without a job leaves no failure."""
    enter(store, ours(dead, mark=machine()))

    (pruned,) = prune(store, _BACKENDS, _TTL)

    assert pruned.reservation is None
    assert [] == failures(redis_client)
    assert [0] == store.stats.get("failed")


@pytest.mark.parametrize(
    ("worker", "silent", "is_pruned"),
    [
        (ours(), _TTL - 5, False),
        (ours(), _TTL + 5, True),
        (ours(), None, False),
        ("host:1:q", _TTL + 5, False),
        ("host:1:q", FOREIGN_TTL - 5, False),
        ("host:1:q", FOREIGN_TTL + 5, True),
        ("host:1:q", None, False),
        ("no worker at all", FOREIGN_TTL + 5, True),
        ("one:two", None, False),
        (f"host:{'9' * 5000}:q", None, False),
        (f"{hostname()}~{machine()}0000:9999999999:q", 0, True),
        ("h\udcff:1:q", FOREIGN_TTL + 5, True),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_silence(store: Store, worker: str, silent: float | None, is_pruned: bool) -> None:
    """Ours are dead after their time, others' after Ruby's; who never beat is not judged."""
    enter(store, worker, silent=silent)

    assert is_pruned == bool(prune(store, _BACKENDS, _TTL))
    assert is_pruned == (worker not in store.workers.ids())


def test_listening(store: Store, dead: int) -> None:
    """Silence counts from when somebody listens; of a process that is gone that is no matter."""
    enter(store, ours(), silent=_TTL + 100)
    enter(store, "host:1:q", silent=FOREIGN_TTL + 100)
    gone = enter(store, ours(dead, mark=machine()), silent=_TTL + 100)

    assert [gone] == [each.worker for each in prune(store, _BACKENDS, _TTL, listening=_TTL - 1)]
    (pruned,) = prune(store, _BACKENDS, _TTL, listening=_TTL + 1)
    assert ours() == pruned.worker
    assert ["host:1:q"] == store.workers.ids()


@pytest.mark.parametrize("beat", ["", "yesterday", "2026-13-45", "\x00", "null"])
def test_unreadable_heartbeat(store: Store, beat: str) -> None:
    """A heartbeat that is no date tells nothing, and stops nobody."""
    enter(store, "host:1:q")
    store.commander.call("HSET", store.keys.heartbeats, "host:1:q", beat)

    assert [] == prune(store, _BACKENDS, _TTL)


def test_from_the_future(store: Store) -> None:
    """A heartbeat of a clock that runs fast is one of a living worker."""
    enter(store, ours(), silent=-100_000)

    assert [] == prune(store, _BACKENDS, _TTL)


def test_living_neighbour(store: Store) -> None:
    """A worker whose process lives here is given the time that any worker is given."""
    enter(store, ours(os.getpid(), mark=machine()), silent=_TTL - 5)

    assert [] == prune(store, _BACKENDS, _TTL)


def test_same_name_elsewhere(store: Store, dead: int) -> None:
    """A worker of another container with this host's name is not judged by pids of this one."""
    enter(store, ours(dead, mark="ffffffff"))

    assert [] == prune(store, _BACKENDS, _TTL)


def test_heartbeat_only(store: Store, redis_client: redis.Redis) -> None:
    """What is left of a worker in the heartbeats alone goes as well."""
    worker = enter(store, ours(), silent=_TTL + 5)
    redis_client.srem("resque:workers", worker)

    assert [worker] == [row.worker for row in prune(store, _BACKENDS, _TTL)]
    assert {} == store.workers.heartbeats()


def test_not_itself(store: Store) -> None:
    """A worker that was frozen does not take itself for dead."""
    worker = enter(store, ours(), silent=_TTL + 5)

    assert [] == prune(store, _BACKENDS, _TTL, own=worker)


@pytest.mark.parametrize(
    ("claim", "payload"),
    [
        (foreign_claim(), {"class": "shop.send", "args": [1]}),
        (b"{oops", {"class": "(invalid payload)", "args": []}),
        (b"[]", {"class": "(invalid payload)", "args": []}),
        (b'{"queue":"q"}', {"queue": "q"}),
    ],
)
def test_foreign_claims(
    store: Store, redis_client: redis.Redis, claim: bytes, payload: dict[str, Any]
) -> None:
    """Whatever a dead worker held becomes one failure."""
    enter(store, "host:1:q", silent=FOREIGN_TTL + 5, claim=claim)

    prune(store, _BACKENDS, _TTL)

    assert [payload] == [record["payload"] for record in failures(redis_client)]
    assert [1] == store.stats.get("failed")


def test_alive_after_all(
    store: Store, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that gives a sign of life or takes another job meanwhile is left alone."""
    beating = enter(store, ours(number=1), silent=_TTL + 5, claim=reservation().encode())
    working = enter(store, ours(number=2), silent=_TTL + 5, claim=reservation(rid="a").encode())
    read = store.workers.claims

    def read_then_live(workers: list[str]) -> list[bytes | None]:
        claims = read(workers)
        store.workers.register(beating, "then")
        redis_client.set(f"resque:worker:{working}", reservation(rid="b").encode())
        return claims

    monkeypatch.setattr(store.workers, "claims", read_then_live)

    assert [] == prune(store, _BACKENDS, _TTL)
    assert sorted([beating, working]) == store.workers.ids()
    assert [] == failures(redis_client)


def test_many_at_once(
    store: Store, redis_server: EmbeddedServer, redis_client: redis.Redis
) -> None:
    """Eight that prune five hundred dead workers at once leave five hundred failures."""
    for number in range(500):
        worker = ours(number=number)
        claim = reservation("shop.send", number, worker=worker).encode()
        enter(store, worker, silent=_TTL + 5, claim=claim)

    read, write = os.pipe()

    def pruner() -> int:
        os.close(write)
        os.read(read, 1)  # until all are there
        commander = PooledCommander(from_unix_socket(redis_server.socket)())
        prune(Store(commander, "resque"), _BACKENDS, _TTL)
        return 0

    pids = [fork(pruner, on_parent_death=SIGKILL) for _ in range(8)]
    os.close(write)
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    os.close(read)

    assert [0] * 8 == statuses
    numbers = sorted(record["payload"]["args"][0] for record in failures(redis_client))
    assert list(range(500)) == numbers
    assert [500] == store.stats.get("failed")
    assert [] == store.workers.ids()
