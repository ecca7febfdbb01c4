"""A performer answers for what it is handed, keeps nothing of its worker's, and leaves in order."""

from __future__ import annotations

import atexit
import json
import os
import signal
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Any

import pytest

from django_resque import Plugin, Retry, job, signals
from django_resque.exceptions import JobTimeout
from django_resque.execution.outcome import Failed, Retrying, Succeeded, decode, encode
from django_resque.failures.base import FailureBackend
from django_resque.process import performing
from django_resque.process.channel import Channel
from django_resque.process.forking import fork
from django_resque.process.performing import PerformerTask
from django_resque.process.procline import Procline
from tests.claims import WORKER, reservation
from tests.e2e.project.effects import note
from tests.e2e.running import alive, title
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.wire.failure import FailureRecord
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure


class Child:
    """A performer at the other end of a channel."""

    def __init__(self, task: PerformerTask, *kept: int) -> None:
        """Fork it; the descriptors ``kept`` are the worker's own."""
        self.channel, theirs = Channel.pair()
        inherited = {self.channel.fileno(), *kept}
        self.pid = fork(lambda: task.serve(theirs, inherited), on_parent_death=SIGKILL)
        theirs.close()

    def receive(self) -> tuple[bytes, bytes] | None:
        """Return its next message."""
        return self.channel.receive()

    def outcome(self) -> Any:
        """Return the outcome that it answers with."""
        message = self.receive()
        assert message is not None
        assert performing.OUTCOME == message[0]
        return decode(message[1])

    def end(self) -> int:
        """Return its exit code."""
        self.channel.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Telling(FailureBackend):
    """A backend that notes what it is told."""

    def save(self, record: FailureRecord) -> None:
        """Note it."""
        note("told", record.exception, record.payload.decode())


def asked(name: str, *args: Any, queue: str = "q") -> bytes:
    """Return the body of a message that asks for a performance."""
    return performing.performance(reservation(name, *args, queue=queue))


@pytest.fixture
def task(resque_settings: Configure) -> PerformerTask:
    """What a performer is told at its fork."""
    return PerformerTask(WORKER, [Telling()], run_at_exit_hooks=False, procline=Procline())


@pytest.fixture
def performer(task: PerformerTask, effects: Callable[[], list[str]]) -> Iterator[Child]:
    """A performer that is ready."""

    @job(name="shop.send")
    def send_mail(number: int) -> None:
        note("send", number)

    child = Child(task)
    assert (performing.READY, b"") == child.receive()
    yield child
    if alive(child.pid):
        os.kill(child.pid, SIGKILL)


def test_performs(performer: Child, effects: Callable[[], list[str]]) -> None:
    """One claim after another is performed and answered, and the last one ends it."""
    for number in range(3):
        claim = reservation("shop.send", number)
        performer.channel.send(performing.PERFORM, performing.performance(claim))
        assert Succeeded() == performer.outcome()
    performer.channel.send(performing.PERFORM_LAST, asked("shop.send", 3))
    assert Succeeded() == performer.outcome()

    assert performer.receive() is None
    assert 0 == performer.end()
    assert [f"send {number}" for number in range(4)] == effects()


def test_unneeded(performer: Child) -> None:
    """A performer whose channel closes leaves in good order."""
    assert 0 == performer.end()


def test_fails(performer: Child) -> None:
    """A failure is an answer as well, and the next claim is performed."""
    performer.channel.send(performing.PERFORM, asked("shop.gone"))
    outcome = performer.outcome()
    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.UnknownJob" == outcome.exception

    performer.channel.send(performing.PERFORM_LAST, asked("shop.send", 1))
    assert Succeeded() == performer.outcome()
    assert 0 == performer.end()


def test_poison(performer: Child) -> None:
    """A claim's payload may be any bytes."""
    claim = reservation(payload=b'\xff{","payload":')
    performer.channel.send(performing.PERFORM_LAST, performing.performance(claim))

    outcome = performer.outcome()

    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.DecodeError" == outcome.exception
    assert 0 == performer.end()


def test_asked(performer: Child, effects: Callable[[], list[str]]) -> None:
    """Asked what becomes of a dead job, it asks the policy, runs the hooks and answers."""

    class Noting(Plugin):
        def on_retry(self, exception: BaseException, payload: Payload, queue: str) -> None:
            note("on_retry", type(exception).__name__, payload.args, queue)

    policy = Retry(backoff=lambda attempt, _error: 40 + attempt, jitter=0)

    @job(name="shop.archive", plugins=[Noting()], retry=policy)
    def archive(number: int) -> None:
        raise AssertionError

    failed = Failed.from_exception(JobTimeout("too long"))
    task = PerformerTask(WORKER, [Telling()], run_at_exit_hooks=False, procline=Procline())
    mourner = Child(task)
    assert (performing.READY, b"") == mourner.receive()

    mourner.channel.send(
        performing.ASK, performing.mourning(reservation("shop.archive", 1), failed)
    )

    answer = encode(Retrying(failed, 41.0, 2, 5))
    assert (performing.OUTCOME, answer) == mourner.receive()
    assert [0, 0] == [mourner.end(), performer.end()]
    assert ["on_retry JobTimeout [1] q"] == effects()


def test_mourns(performer: Child, effects: Callable[[], list[str]]) -> None:
    """Handed a failure, it runs the hooks of the job and tells the backends, and leaves."""

    class Noting(Plugin):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            note("on_failure", type(exception).__name__, exception, payload.args, queue)

    @job(name="shop.archive", plugins=[Noting()])
    def archive(number: int) -> None:
        raise AssertionError

    claim = reservation("shop.archive", 1)
    failed = Failed.from_exception(JobTimeout("took\ntoo long"))
    mourner = Child(
        PerformerTask(WORKER, [Telling()], run_at_exit_hooks=False, procline=Procline())
    )
    assert (performing.READY, b"") == mourner.receive()

    mourner.channel.send(performing.MOURN, performing.mourning(claim, failed))

    assert (performing.OUTCOME, encode(failed)) == mourner.receive()
    assert [0, 0] == [mourner.end(), performer.end()]
    assert [
        "on_failure JobTimeout took",
        "too long [1] q",
        'told django_resque.exceptions.JobTimeout {"class":"shop.archive","args":[1]}',
    ] == effects()


@pytest.mark.parametrize("text", ["shop.send", "zwölf\n", "half \ud800", "\udcff", "x" * 70_000])
def test_performance(task: PerformerTask, text: str) -> None:
    """Whatever is in a name or queue, the performer is asked for just that."""
    claim = reservation(text, queue=text, payload=json.dumps({"class": text}).encode())

    assert (text, claim) == task._asked(performing.performance(claim))


def test_performance_of_the_unreadable(task: PerformerTask) -> None:
    """A payload that tells no name is handed over all the same."""
    claim = reservation(payload=b"\xff\x00")

    assert ("", claim) == task._asked(performing.performance(claim))


def test_own_process(task: PerformerTask, tmp_path: Path) -> None:
    """It has a group of its own, is the kernel's first choice, and shares no descriptor."""
    kept = (tmp_path / "link").open("w")
    child = Child(task, kept.fileno())
    child.receive()

    assert child.pid == os.getpgid(child.pid)
    assert "300" == Path(f"/proc/{child.pid}/oom_score_adj").read_text().strip()
    names = [str(path.readlink()) for path in Path(f"/proc/{child.pid}/fd").iterdir()]
    assert kept.name not in names
    assert str(Path(f"/proc/self/fd/{child.channel.fileno()}").readlink()) not in names
    assert title(child.pid).endswith(": Ready")
    kept.close()
    assert 0 == child.end()


def test_title(performer: Child, tmp_path: Path) -> None:
    """Its title tells the queue, the time and the job."""
    go = tmp_path / "go"

    @job(name="shop.archive")
    def archive() -> None:
        eventually(go.exists)

    child = Child(PerformerTask(WORKER, [], run_at_exit_hooks=False, procline=Procline()))
    child.receive()
    child.channel.send(performing.PERFORM_LAST, asked("shop.archive", queue="mail"))

    eventually(lambda: "Processing mail since " in title(child.pid))
    assert title(child.pid).endswith(" [shop.archive]")
    go.touch()
    assert Succeeded() == child.outcome()
    assert [0, 0] == [child.end(), performer.end()]


@pytest.mark.parametrize("run", [False, True])
def test_exit(task: PerformerTask, effects: Callable[[], list[str]], run: bool) -> None:
    """Its exit is signalled; hooks of the interpreter's exit run only where asked for."""

    @job(name="shop.send")
    def send_mail() -> None:
        atexit.register(note, "exit hook")

    def leaving(**_: Any) -> None:
        note("performer_exit")

    task.run_at_exit_hooks = run
    signals.performer_exit.connect(leaving)
    try:
        child = Child(task)
    finally:
        signals.performer_exit.disconnect(leaving)
    child.receive()
    child.channel.send(performing.PERFORM_LAST, asked("shop.send"))

    assert Succeeded() == child.outcome()
    assert 0 == child.end()
    assert ["performer_exit", *(["exit hook"] if run else [])] == effects()


def test_nobody_listens(task: PerformerTask) -> None:
    """A performer whose worker is gone when it answers leaves without a word."""

    @job(name="shop.send")
    def send_mail() -> None:
        signal.pause()

    child = Child(task)
    child.receive()
    child.channel.send(performing.PERFORM, asked("shop.send"))
    eventually(lambda: "Processing" in title(child.pid))
    child.channel.close()
    os.kill(child.pid, signal.SIGTERM)

    assert 0 == child.end()
