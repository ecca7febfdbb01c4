"""The worker's loop: what it does with a job, a signal, an outage, and in which order."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import threading
import time
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR2
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import override_settings

from django_resque import Plugin, job, signals, wiring
from django_resque.conf import get_settings
from django_resque.embedded import EmbeddedServer
from django_resque.exceptions import StoreUnavailable
from django_resque.execution.identity import hostname, machine
from django_resque.execution.outcome import Failed
from django_resque.execution.queue_names import QueuePatterns
from django_resque.execution.reserve import Reserver
from django_resque.process import farewell as farewell_module
from django_resque.process import orders as orders_module
from django_resque.process.mailbox import Mailbox
from django_resque.process.options import WorkerOptions
from django_resque.process.outage import Outage
from django_resque.process.performers import MOST_AHEAD, Performers
from django_resque.process.watch import Watch
from django_resque.process.worker import EXIT_DENIED, EXIT_OK, EXIT_UNSETTLED, Worker
from django_resque.store.workers import Workers
from django_resque.version import get_version
from django_resque.wire.order import Order
from django_resque.wire.vitals import Vitals
from django_resque.wire.worker import WorkerId
from tests.claims import reservation
from tests.e2e.project.effects import note
from tests.e2e.running import children
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis
    from django.dispatch import Signal

    from django_resque.store import Store
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure

    Effects = Callable[[], list[str]]
    Later = Callable[[float, signal.Signals], None]


def make(queues: str = "q", **options: Any) -> Worker:
    """Return a worker of this process that leaves when there is nothing to do."""
    given = {"burst": True, "interval": 60.0, **options}
    link = wiring.link()
    return Worker(
        WorkerOptions(QueuePatterns.parse(queues.split(",")), **given),
        get_settings(),
        wiring.failure_backends(),
        store=wiring.store_over(link),
        link=link,
        thread_store=wiring.store(),
    )


def work(queues: str = "q", **options: Any) -> int:
    """Have a worker work in this process; return its exit status."""
    return make(queues, **options).run()


def send(*numbers: signal.Signals) -> None:
    """Send this thread signals."""
    for number in numbers:
        signal.pthread_kill(threading.get_ident(), number)


def push(store: Store, name: str, *args: Any, queue: str = "q") -> None:
    """Enqueue a job."""
    store.queues.push(queue, reservation(name, *args).payload)


def failures(store: Store) -> list[dict[str, Any]]:
    """Return all failure records."""
    return [json.loads(raw) for raw in store.commander.call("LRANGE", store.keys.failed, 0, -1)]


def counted(store: Store) -> tuple[int, int, int]:
    """Return processed, failed and waiting."""
    processed, failed = store.stats.get("processed", "failed")
    return processed, failed, store.queues.size("q")


@pytest.fixture(autouse=True)
def _settings(resque_settings: Configure) -> None:
    """Settings lead to the private server."""


@pytest.fixture
def later() -> Iterator[Later]:
    """Have another process send this one a signal after so many seconds."""
    senders: list[subprocess.Popen[bytes]] = []

    def later(seconds: float, number: signal.Signals) -> None:
        command = f"sleep {seconds}; kill -{number.value} {os.getpid()}"
        senders.append(subprocess.Popen(["sh", "-c", command]))

    yield later
    for sender in senders:
        sender.wait()


@pytest.fixture
def after_look(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], None]], None]:
    """Have something happen right after the first look with a certain result."""

    def arrange(status: str, happen: Callable[[], None]) -> None:
        real = Reserver.next
        happened: list[str] = []

        def look(self: Reserver, *, armed: bool = False) -> Any:
            answer = real(self, armed=armed)
            if answer.status == status and not happened:
                happened.append(status)
                happen()
            return answer

        monkeypatch.setattr(Reserver, "next", look)

    return arrange


@pytest.fixture
def moments() -> Iterator[list[str]]:
    """The worker's signals in their order; the children's are noted as effects."""
    told: list[str] = []
    connected: list[tuple[Signal, Any]] = []
    for name in (
        "before_first_fork",
        "before_fork",
        "before_pause",
        "after_pause",
        "queue_empty",
        "shutdown",
        "worker_exit",
        "job_finished",
    ):

        def tell(name: str = name, **_: Any) -> None:
            told.append(name)

        getattr(signals, name).connect(tell)
        connected.append((getattr(signals, name), tell))
    yield told
    for sent, tell in connected:
        sent.disconnect(tell)


# Jobs


def test_works_off(store: Store, effects: Effects) -> None:
    """Jobs are performed in order and settled, and the worker leaves no trace."""
    job(name="shop.send")(note)
    for number in range(5):
        push(store, "shop.send", number)

    assert EXIT_OK == work()

    assert ["0", "1", "2", "3", "4"] == effects()
    assert (5, 0, 0) == counted(store)
    assert [] == store.workers.ids()
    assert [] == store.commander.call("KEYS", "resque:worker*")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ({"fork_ahead": False}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ({"max_jobs": 4}, [1, 2, 1]),
    ],
)
def test_forks_ahead(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    effects: Effects,
    options: dict[str, Any],
    expected: list[int],
) -> None:
    """The longer there is job after job the more are forked ahead, and none beyond the last."""
    job(name="shop.send")(note)
    for number in range(10):
        push(store, "shop.send", number)
    asked: list[int] = []
    real = Performers.fork_ahead

    def fork_ahead(self: Performers, count: int = 1) -> None:
        asked.append(count)
        real(self, count)

    monkeypatch.setattr(Performers, "fork_ahead", fork_ahead)

    work(**options)

    assert expected == asked


@pytest.mark.parametrize(
    ("jobs", "fork_ahead", "ready"), [(0, True, 1), (4, True, 1), (4, False, 0)]
)
def test_idle_performers(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    effects: Effects,
    *,
    jobs: int,
    fork_ahead: bool,
    ready: int,
) -> None:
    """An idle worker has one performer ready, or none where it would only take up memory."""
    job(name="shop.send")(note)
    for number in range(jobs):
        push(store, "shop.send", number)
    worker = make(burst=False, fork_ahead=fork_ahead)
    seen: list[int] = []
    real = Watch.wait

    def wait(self: Watch, until: float) -> None:
        seen.append(len(worker._performers._spares))
        send(SIGQUIT)
        real(self, until)

    monkeypatch.setattr(Watch, "wait", wait)

    worker.run()

    assert [ready] == seen
    assert jobs == len(effects())


def test_moments(store: Store, moments: list[str], effects: Effects) -> None:
    """The worker's signals are sent in Ruby's order, around each job and at the end."""
    job(name="shop.send")(note)
    push(store, "shop.send", 1)
    push(store, "shop.send", 2)

    def after_fork(**_: Any) -> None:
        note("after_fork", os.getppid())

    signals.after_fork.connect(after_fork)
    try:
        work()
    finally:
        signals.after_fork.disconnect(after_fork)

    each = ["before_fork", "job_finished"]
    # The ending of a job is written with the step that reserves the next.
    assert ["before_first_fork", *each, *each, "queue_empty", "worker_exit"] == moments
    forked = f"after_fork {os.getpid()}"
    assert [forked, "1", forked, "2"] == effects()


def test_empty_from_the_start(moments: list[str]) -> None:
    """A worker that finds nothing to do says goodbye and no more."""
    work()

    assert ["before_first_fork", "worker_exit"] == moments


def test_settled_once_told(store: Store) -> None:
    """A job is told to have finished when its ending stands in Redis, with its outcome."""
    job(name="shop.send")(note)
    push(store, "shop.gone")
    told = []

    def finished(sender: Worker, reservation: Any, outcome: Any, **_: Any) -> None:
        told.append((sender.id == reservation.worker, type(outcome), counted(store)))

    signals.job_finished.connect(finished)
    try:
        work()
    finally:
        signals.job_finished.disconnect(finished)

    assert [(True, Failed, (1, 1, 0))] == told


def test_max_jobs(store: Store, effects: Effects) -> None:
    """After so many jobs it leaves, having taken no other."""
    job(name="shop.send")(note)
    for number in range(5):
        push(store, "shop.send", number)

    assert EXIT_OK == work(burst=False, max_jobs=3)

    assert (3, 0, 2) == counted(store)


@pytest.mark.parametrize("jobs", [0, 1])
def test_max_idle(store: Store, effects: Effects, jobs: int) -> None:
    """After so long without a job it leaves; a job begins the time anew."""
    job(name="shop.send")(note)
    for number in range(jobs):
        push(store, "shop.send", number)
    began = time.monotonic()

    assert EXIT_OK == work(burst=False, max_idle=0.2)

    assert 0.2 <= time.monotonic() - began < 2.0
    assert (jobs, 0, 0) == counted(store)


def test_jobs_per_fork(store: Store, effects: Effects) -> None:
    """Several jobs share a child where asked for."""

    @job(name="shop.pid")
    def pid() -> None:
        note(os.getpid())

    for _ in range(5):
        push(store, "shop.pid")

    work(jobs_per_fork=2)

    served = effects()
    assert [2, 2, 1] == [served.count(pid) for pid in dict.fromkeys(served)]


@pytest.mark.parametrize(
    ("ahead", "prepared", "spare"), [(True, False, 1), (False, False, 0), (True, True, 0)]
)
def test_fork_ahead(
    store: Store, effects: Effects, ahead: bool, prepared: bool, spare: int
) -> None:
    """While a job runs the next child is there, unless somebody prepares each fork for its job."""
    others = len(children(os.getpid()))

    @job(name="shop.count")
    def count() -> None:
        if spare:
            eventually(lambda: len(children(os.getppid())) == others + 2)
        note(len(children(os.getppid())) - others)

    def prepare(**_: Any) -> None:
        pass

    push(store, "shop.count")
    if prepared:
        signals.before_fork.connect(prepare)
    try:
        work(fork_ahead=ahead)
    finally:
        signals.before_fork.disconnect(prepare)

    assert [str(1 + spare)] == effects()


def test_no_fork(store: Store, effects: Effects) -> None:
    """Without a fork the job runs here, and whatever it raises is its failure only."""

    @job(name="shop.leave")
    def leave() -> None:
        note(os.getpid())
        raise SystemExit(3)

    push(store, "shop.leave")
    push(store, "shop.leave")

    assert EXIT_OK == work(fork=False)

    assert [str(os.getpid())] * 2 == effects()
    assert ["SystemExit"] * 2 == [record["exception"] for record in failures(store)]
    assert (2, 2, 0) == counted(store)


# Signals


@pytest.mark.parametrize("number", [SIGQUIT, SIGTERM, SIGUSR2])
def test_told_while_reserving(
    store: Store,
    effects: Effects,
    after_look: Callable[[str, Callable[[], None]], None],
    number: signal.Signals,
) -> None:
    """Told while a job is being reserved, it gives the job back as the next of its queue."""
    job(name="shop.send")(note)
    push(store, "shop.send", 1)
    push(store, "shop.send", 2)
    after_look("job", lambda: send(number, *([SIGQUIT] if number == SIGUSR2 else [])))

    assert EXIT_OK == work(burst=False)

    assert (0, 0, 2) == counted(store)
    assert b'"args":[1]' in store.queues.peek("q")[0]
    assert [] == effects()
    assert [] == store.commander.call("KEYS", "resque:worker*")


@pytest.mark.parametrize("number", [SIGQUIT, SIGTERM])
def test_told_while_looking(
    after_look: Callable[[str, Callable[[], None]], None], number: signal.Signals
) -> None:
    """Told during a look that found nothing, it does not wait for the next."""
    after_look("empty", lambda: send(number))
    began = time.monotonic()

    assert EXIT_OK == work(burst=False)

    assert time.monotonic() - began < 2.0


def test_pause(
    store: Store,
    effects: Effects,
    moments: list[str],
    later: Later,
) -> None:
    """Paused it settles and takes nothing; resumed it goes on where it was."""

    @job(name="shop.pause")
    def pause() -> None:
        os.kill(os.getppid(), SIGUSR2)

    @job(name="shop.send")
    def send_mail() -> None:
        note("sent")

    push(store, "shop.pause")
    push(store, "shop.send")
    seen: list[tuple[int, int, int]] = []

    def resume(**_: Any) -> None:
        later(0.2, SIGCONT)

    def resumed(**_: Any) -> None:
        seen.append(counted(store))

    signals.before_pause.connect(resume)
    signals.after_pause.connect(resumed)
    try:
        work(fork_ahead=False)
    finally:
        signals.before_pause.disconnect(resume)
        signals.after_pause.disconnect(resumed)

    assert [(1, 0, 1)] == seen
    assert (2, 0, 0) == counted(store)
    expected = ["before_pause", "job_finished", "after_pause"]
    assert expected == [each for each in moments if "fork" not in each][:3]


def test_shutdown_told_once(store: Store, moments: list[str]) -> None:
    """However often it is told to leave, receivers hear of it once."""

    @job(name="shop.stop")
    def stop() -> None:
        for _ in range(3):
            os.kill(os.getppid(), SIGQUIT)

    push(store, "shop.stop")

    work(burst=False)

    assert 1 == moments.count("shutdown")
    assert "worker_exit" == moments[-1]


def test_told_before_the_first_job(store: Store, moments: list[str]) -> None:
    """Told while it starts, it takes no job."""
    push(store, "shop.send")

    def stop(**_: Any) -> None:
        send(SIGTERM)

    signals.before_first_fork.connect(stop)
    try:
        assert EXIT_OK == work(burst=False)
    finally:
        signals.before_first_fork.disconnect(stop)

    assert (0, 0, 1) == counted(store)


# Orders


def order(store: Store, *orders: Order, worker: str = "") -> None:
    """Tell the one worker that there is, or that of this id."""
    (told,) = [worker] if worker else store.workers.ids()
    for each in orders:
        store.workers.order(told, each.encode())


def test_ordered_between_jobs(store: Store, effects: Effects) -> None:
    """What it is told in a short job is obeyed before it takes another; the job is settled."""

    @job(name="shop.stop")
    def stop() -> None:
        order(store, Order("stop"))

    push(store, "shop.stop")
    push(store, "shop.send")

    assert EXIT_OK == work(burst=False)

    assert (1, 0, 1) == counted(store)
    assert [] == store.commander.call("KEYS", "resque:worker*")


@pytest.mark.parametrize("rid", ["right", "wrong"])
def test_ordered_at_work(store: Store, effects: Effects, rid: str) -> None:
    """A job is killed by its rid, and by no other; what comes with that is obeyed in the job."""

    @job(name="shop.wait")
    def wait() -> None:
        (worker,) = store.workers.ids()
        (claim,) = store.workers.claims([worker])
        held = json.loads(claim or b"")["rid"] if rid == "right" else "0" * 24
        order(store, Order("kill", rid=held), Order("stop"))
        key = store.keys.orders(worker)
        eventually(lambda: not store.commander.call("EXISTS", key))
        if rid == "right":
            signal.pause()

    push(store, "shop.wait")
    push(store, "shop.send")

    assert EXIT_OK == work(burst=False)

    expected = 1 if rid == "right" else 0
    assert (1, expected, 1) == counted(store)
    assert expected == sum("on request" in record["error"] for record in failures(store))


def test_ordered_in_a_pause(store: Store, effects: Effects) -> None:
    """Paused it hears within a second that it is to go on, and then asks no more."""
    began = time.monotonic()
    worker = make(burst=False)
    job(name="shop.send")(note)
    push(store, "shop.send", 1)
    order(store, Order("pause"), worker=worker.id)

    def resume(**_: Any) -> None:
        order(store, Order("resume"), worker=worker.id)

    def stop(**_: Any) -> None:
        order(store, Order("stop"), worker=worker.id)

    signals.before_pause.connect(resume)
    signals.job_finished.connect(stop)
    try:
        assert EXIT_OK == worker.run()
    finally:
        signals.before_pause.disconnect(resume)
        signals.job_finished.disconnect(stop)

    assert ["1"] == effects()
    assert time.monotonic() - began < 5.0
    assert float("inf") == worker._orders.due


def test_ordered_first(store: Store, effects: Effects) -> None:
    """Told of a queue, it takes its next job from there, and then goes on in its order."""
    worker = make("a,b")
    job(name="shop.send")(note)
    for number in range(2):
        push(store, "shop.send", "a", number, queue="a")
        push(store, "shop.send", "b", number, queue="b")
    order(store, Order("first", queue="b"), worker=worker.id)

    worker.run()

    assert ["b 0", "a 0", "a 1", "b 1"] == effects()


def test_ordered_while_away(
    store: Store,
    effects: Effects,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Asking in vain disturbs no job; between jobs it waits until it can hear."""
    real, attempts = Workers.take_orders, []
    monkeypatch.setattr(orders_module, "_ASK_EVERY", 0.02)
    monkeypatch.setattr(orders_module, "_ASK_AGAIN", 0.02)

    def take(self: Workers, worker: str) -> list[bytes]:
        attempts.append(worker)
        if len(attempts) < 4:
            raise StoreUnavailable("cut")
        if len(attempts) == 4:
            note("heard")
        return real(self, worker)

    monkeypatch.setattr(Workers, "take_orders", take)

    @job(name="shop.wait")
    def wait() -> None:
        eventually(effects)

    push(store, "shop.wait")
    worker = make()
    order(store, Order("first", queue="q"), worker=worker.id)

    assert EXIT_OK == worker.run()

    assert (1, 0, 0) == counted(store)
    assert "trying again until it answers" in caplog.text


# Redis away


def lossy(monkeypatch: pytest.MonkeyPatch, when: Callable[[], bool]) -> None:
    """Have steps carried out but their replies lost, while ``when`` says so."""
    real = Workers.step

    def step(self: Workers, *args: Any, **kwargs: Any) -> Any:
        reply = real(self, *args, **kwargs)
        if when():
            raise StoreUnavailable("cut", uncertain=True)
        return reply

    monkeypatch.setattr(Workers, "step", step)


def test_lost_replies(store: Store, effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though every other reply gets lost, each job is done once and counted once."""
    job(name="shop.send")(note)
    for number in range(10):
        push(store, "shop.send", number)
    steps: list[int] = []

    def every_other() -> bool:
        steps.append(1)
        return len(steps) % 2 == 1

    lossy(monkeypatch, every_other)

    assert EXIT_OK == work()

    assert [str(number) for number in range(10)] == effects()
    assert (10, 0, 0) == counted(store)


def test_leaves_with_a_lost_reply(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to leave when a reply got lost, it gives back the job it may not know it has."""
    push(store, "shop.send", 1)
    steps: list[int] = []

    def first() -> bool:
        steps.append(1)
        if len(steps) == 1:
            send(SIGTERM)
        return len(steps) == 1

    lossy(monkeypatch, first)

    assert EXIT_OK == work(burst=False)

    assert (0, 0, 1) == counted(store)
    assert [] == store.commander.call("KEYS", "resque:worker*")


@pytest.mark.parametrize("broken", [1, 2])
def test_leaves_over_a_broken_connection(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: int
) -> None:
    """It unregisters over a new connection if the old one turns out to be broken; then it goes."""
    real, attempts = Workers.strike, []

    def strike(self: Workers, *args: Any, **kwargs: Any) -> bool:
        attempts.append(1)
        if len(attempts) <= broken:
            raise StoreUnavailable("broken pipe", uncertain=True)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Workers, "strike", strike)

    assert EXIT_OK == work()

    assert 2 == len(attempts)
    assert broken - 1 == len(store.workers.ids()) == caplog.text.count("Could not unregister")


@pytest.mark.parametrize("number", [SIGQUIT, SIGTERM])
def test_told_while_away(
    redis_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """However long it means to wait for Redis, it leaves at once when told."""
    redis_server.kill()

    def long(self: Outage, error: Any) -> float:
        send(number)
        return 60.0

    monkeypatch.setattr(Outage, "tell", long)
    began = time.monotonic()

    assert EXIT_OK == work(burst=False)
    assert time.monotonic() - began < 2.0


def test_finishing_while_away(
    store: Store,
    effects: Effects,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Told to finish, it waits for Redis idly, however long; then told to leave, it gives up."""
    monkeypatch.setattr(farewell_module, "LAST_TRIES", 0.2)
    with EmbeddedServer() as server:

        @job(name="shop.cut")
        def cut() -> None:
            os.kill(server.pid, SIGKILL)
            os.kill(os.getppid(), SIGQUIT)

        with override_settings(RESQUE={"URL": server.url}):
            push(wiring.store(), "shop.cut")
            later(2.0, SIGTERM)
            used = time.process_time()
            began = time.monotonic()

            assert EXIT_UNSETTLED == work(burst=False)

            assert 2.0 <= time.monotonic() - began < 4.0
            assert time.process_time() - used < 0.8
    assert "a job of queue q (shop.cut) ended as Succeeded, unrecorded" in caplog.text


def test_leaving_while_away(effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to leave, it tries for a while to write its job's ending, and then goes."""
    monkeypatch.setattr(farewell_module, "LAST_TRIES", 0.5)
    with EmbeddedServer() as server:

        @job(name="shop.cut")
        def cut() -> None:
            os.kill(server.pid, SIGKILL)
            os.kill(os.getppid(), SIGTERM)
            signal.pause()

        with override_settings(RESQUE={"URL": server.url}):
            push(wiring.store(), "shop.cut")
            began = time.monotonic()

            assert EXIT_UNSETTLED == work(burst=False)

            assert 0.5 <= time.monotonic() - began < 4.0


def test_leaving_while_frozen(effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was told while it waited for an answer in vain, it obeys before it asks again."""
    monkeypatch.setattr(farewell_module, "LAST_TRIES", 0.5)
    monkeypatch.setattr(orders_module, "_ASK_EVERY", 0.1)
    real, told = Outage.tell, []

    def tell(self: Outage, error: Any) -> float:
        told.append(error)
        return real(self, error)

    asked, asking = os.pipe()
    take_orders = Workers.take_orders

    def take(self: Workers, worker: str) -> list[bytes]:
        os.write(asking, b".")
        return take_orders(self, worker)

    monkeypatch.setattr(Outage, "tell", tell)
    monkeypatch.setattr(Workers, "take_orders", take)
    with EmbeddedServer() as server:

        @job(name="shop.freeze")
        def freeze() -> None:
            os.kill(server.pid, SIGSTOP)
            os.read(asked, 1)  # now the worker waits for an answer
            os.kill(os.getppid(), SIGTERM)

        with override_settings(RESQUE={"URL": f"{server.url}?socket_timeout=1.5"}):
            push(wiring.store(), "shop.freeze")
            try:
                assert EXIT_UNSETTLED == work(burst=False)
            finally:
                os.kill(server.pid, SIGCONT)
    for end in (asked, asking):
        os.close(end)

    assert 1 == len(told)


def test_waits_in_silence(redis_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the next attempt is due, nothing is asked of a Redis that is away."""
    redis_server.kill()
    attempts: list[float] = []

    def register(*_: Any) -> None:
        attempts.append(time.monotonic())
        raise StoreUnavailable("away")

    def tell(_self: Outage, _error: Exception) -> float:
        if len(attempts) > 1:
            send(SIGTERM)
        return 0.3

    monkeypatch.setattr(Workers, "register", register)
    monkeypatch.setattr(Outage, "tell", tell)

    with override_settings(RESQUE={**settings.RESQUE, "HEARTBEAT_INTERVAL": 0.05}):
        assert EXIT_OK == work(burst=False)

    first, second = attempts
    assert second - first >= 0.3


def test_denied(
    resque_settings: Configure, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Refused by Redis at its start, it says so in one line, without the password, and leaves."""
    redis_client.execute_command("ACL", "SETUSER", "worker", "on", ">right", "~*", "+@all")
    resque_settings(USERNAME="worker", PASSWORD="not-right")

    assert EXIT_DENIED == work()

    (record,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert "Redis denies access" in record.getMessage()
    assert "not-right" not in caplog.text


def test_missing_permission(
    resque_settings: Configure, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """A permission that is missing is named."""
    redis_client.execute_command(
        "ACL", "SETUSER", "worker", "on", ">right", "~*", "+@all", "-evalsha", "-eval"
    )
    resque_settings(USERNAME="worker", PASSWORD="right")

    assert EXIT_DENIED == work()

    assert "evalsha" in caplog.text


# Signs of life


def test_heartbeat_at_work(
    store: Store, resque_settings: Configure, effects: Effects, redis_server: EmbeddedServer
) -> None:
    """While a job runs, the worker shows its claim and keeps giving signs of life."""
    resque_settings(HEARTBEAT_INTERVAL=0.05, HEARTBEAT_TTL=60)

    @job(name="shop.look")
    def look() -> None:
        client = redis_server.client()
        client.delete("resque:workers", "resque:workers:heartbeat")
        eventually(lambda: client.hlen("resque:workers:heartbeat") == 1)
        (worker,) = client.smembers("resque:workers")
        assert isinstance(worker, bytes)
        claim = client.get(b"resque:worker:" + worker)
        assert isinstance(claim, bytes)
        note(json.loads(claim)["payload"]["class"])

    for fork in (True, False):
        push(store, "shop.look")
        work(fork=fork)

    assert ["shop.look", "shop.look"] == effects()
    assert [] == failures(store)


def test_vitals(store: Store, effects: Effects, redis_server: EmbeddedServer) -> None:
    """A pause, a resume and a stop are told at once, with the memory of worker and child."""

    @job(name="shop.send")
    def send() -> None:
        note(os.getpid())

    @job(name="shop.tell")
    def tell() -> None:
        client = redis_server.client()

        def told(state: str) -> bytes | None:
            (raw,) = client.hvals("resque:workers:vitals")
            assert isinstance(raw, bytes)
            return raw if Vitals.decode(raw).state == state else None

        # The first performer has been buried, so it is known how much memory it used.
        eventually(lambda: not Path(f"/proc/{effects()[0]}").exists())
        for number, state in ((SIGUSR2, "paused"), (SIGCONT, "working"), (SIGQUIT, "stopping")):
            os.kill(os.getppid(), number)
            raw = eventually(partial(told, state))
            assert raw is not None
            note(raw.decode())

    push(store, "shop.send")
    push(store, "shop.tell")

    work(burst=False)

    vitals = [Vitals.decode(line.encode()) for line in effects()[1:]]
    assert ["paused", "working", "stopping"] == [each.state for each in vitals]
    assert {get_version()} == {each.version for each in vitals}
    figures = [used for each in vitals for used in (each.memory, each.peak, each.job_memory)]
    assert [] == [used for used in figures if used is None or not 2**20 < used < 2**33]
    assert 0 == redis_server.client().exists("resque:workers:vitals")


def test_vitals_idle(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle worker tells at once of a pause and its end, and has no job's memory to tell."""
    seen: list[Vitals] = []
    worker = make(burst=False)
    real = Mailbox.wait

    def wait(self: Mailbox, timeout: float | None, descriptors: Any = ()) -> Any:
        if worker.id in (found := store.workers.vitals_of([worker.id])):
            seen.append(Vitals.decode(found[worker.id]))
            script = {"idle": [SIGQUIT] if len(seen) > 1 else [SIGUSR2], "paused": [SIGCONT]}
            if timeout:  # it is asleep, not on its way to tell
                send(*script[seen[-1].state])
        return real(self, timeout, descriptors)

    monkeypatch.setattr(Mailbox, "wait", wait)

    worker.run()

    assert ["idle", "paused", "idle"] == [
        state for state, _ in itertools.groupby(vitals.state for vitals in seen)
    ]
    assert {(None, None)} == {(vitals.peak, vitals.job_memory) for vitals in seen}


def test_vitals_no_fork(store: Store, effects: Effects) -> None:
    """Without a fork the job's memory is the worker's own, and the worker is at work."""

    @job(name="shop.look")
    def look() -> None:
        (worker,) = store.workers.ids()
        (raw,) = eventually(
            lambda: [
                raw
                for raw in store.workers.vitals_of([worker]).values()
                if Vitals.decode(raw).state == "working"
            ]
        )
        vitals = Vitals.decode(raw)
        note(vitals.memory is not None, vitals.peak, vitals.job_memory)

    push(store, "shop.look")
    with override_settings(RESQUE={**settings.RESQUE, "HEARTBEAT_INTERVAL": 0.05}):
        work(fork=False)

    assert ["True None None"] == effects()


def test_prunes_at_start(store: Store, effects: Effects) -> None:
    """A neighbour that died with a job is struck off, and the hooks of its job run in a child."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    dead = str(WorkerId(hostname(), pid, "q", f"{machine()}abcd"))
    store.workers.register(dead, "then")
    claim = reservation("shop.send", 7, worker=dead)
    store.commander.call("SET", store.keys.worker(dead), claim.encode())

    class Noting(Plugin):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            note(os.getpid() != parent, type(exception).__name__, payload.args)

    parent = os.getpid()
    job(name="shop.send", plugins=[Noting()])(note)

    work(burst=False, max_idle=0.3)

    assert ["True PruneDeadWorkerDirtyExit [7]"] == effects()
    assert (0, 1, 0) == counted(store)
    assert [dead] == [record["worker"] for record in failures(store)]


def test_taken_for_dead(
    store: Store, effects: Effects, redis_server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker struck off while it works does not end its job again, and goes on."""

    @job(name="shop.freeze")
    def freeze() -> None:
        client = redis_server.client()
        (worker,) = client.smembers("resque:workers")
        assert isinstance(worker, bytes)
        client.delete(b"resque:worker:" + worker)
        client.srem("resque:workers", worker)

    job(name="shop.send")(note)
    push(store, "shop.freeze")
    push(store, "shop.send", 1)

    assert EXIT_OK == work()

    assert ["1"] == effects()
    assert (1, 0, 0) == counted(store)
    assert "its claim was gone" in caplog.text


def test_threads(caplog: pytest.LogCaptureFixture) -> None:
    """Threads beside the worker are named in a warning, for a fork beside them may deadlock."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="somebody's thread")
    thread.start()
    try:
        work()
        assert "somebody's thread" in caplog.text
        caplog.clear()
        work(fork=False)
        assert "somebody's thread" not in caplog.text
    finally:
        done.set()
        thread.join()


def test_many_jobs(store: Store, effects: Effects) -> None:
    """Hundreds of jobs leave no process, no descriptor and hardly any memory behind."""
    job(name="shop.send")(note)
    for number in range(300):
        push(store, "shop.send", number)
    looks: list[tuple[int, int]] = []

    def finished(**_: Any) -> None:
        looks.append((len(list(Path("/proc/self/fd").iterdir())), _resident()))

    signals.job_finished.connect(finished)
    try:
        work()
    finally:
        signals.job_finished.disconnect(finished)

    assert (300, 0, 0) == counted(store)
    descriptors, memory = zip(*looks[50:], strict=True)
    assert max(descriptors) - min(descriptors) <= MOST_AHEAD
    assert memory[-1] - memory[0] < 2 * 2**20


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_identity(store: Store) -> None:
    """A worker's id tells its queues as given."""
    worker = make("high,low*,!slow")

    assert worker.id.endswith(f":{os.getpid()}:high,low*")
    worker._link.close()
    worker._mailbox.open()
    worker._mailbox.close()
