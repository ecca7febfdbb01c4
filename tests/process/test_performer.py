"""A worker's handle on a child: it learns the answer or the death, and stops what must stop."""

from __future__ import annotations

import os
import select
import signal
import time
from signal import SIGKILL, SIGTERM, SIGUSR1
from typing import TYPE_CHECKING

import pytest

from django_resque.exceptions import JobTimeout
from django_resque.execution.outcome import Failed, Outcome, Succeeded, encode
from django_resque.process import performer as performer_module
from django_resque.process import performing
from django_resque.process.channel import Channel
from django_resque.process.forking import fork
from django_resque.process.performer import Performer
from tests.claims import reservation
from tests.e2e.project.effects import note
from tests.e2e.running import alive
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Effects = Callable[[], list[str]]
    Script = Callable[[Channel], int]
    Start = Callable[[Script], Performer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Fork children that do what a test says, each behind a handle."""
    started: list[Performer] = []

    def start(script: Script) -> Performer:
        ours, theirs = Channel.pair()

        def child() -> int:
            ours.close()
            return script(theirs)

        performer = Performer(fork(child, on_parent_death=SIGKILL), ours)
        theirs.close()
        started.append(performer)
        return performer

    yield start
    for performer in started:
        performer.kill()
        performer.channel.close()


def idle(channel: Channel) -> int:
    """Be ready, and wait for the end."""
    channel.send(performing.READY)
    while channel.receive():
        pass
    return 0


def end_of(performer: Performer) -> Failed:
    """Return the failure that its death is told as."""
    outcome = eventually(performer.ended)
    assert isinstance(outcome, Failed)
    return outcome


def test_hand(start: Start) -> None:
    """It is handed as many claims as it may serve, and told which is its last."""

    def script(channel: Channel) -> int:
        while message := channel.receive():
            channel.send(b"?", message[0] + message[1])
        return 0

    performer = start(script)
    claim = reservation()
    kinds = []
    for _ in range(3):
        performer.hand(claim, 3)
        kinds.append(performer.last)
        echoed = eventually(performer.channel.poll)
        assert echoed is not None
        expected = performing.PERFORM_LAST if performer.last else performing.PERFORM
        assert expected + performing.performance(claim) == echoed[1]

    assert [False, False, True] == kinds


def death_by_ticking(performer: Performer) -> None:
    """Let it send what is due until the child is dead."""

    def dead() -> bool:
        performer.tick()
        return performer.reap() is not None

    eventually(dead)


@pytest.mark.parametrize(("limits", "served"), [([3, 2, 9], 2), ([2, 9, 9], 2), ([1], 1)])
def test_smallest_limit(start: Start, limits: list[int], served: int) -> None:
    """Of several jobs' limits the smallest counts."""
    performer = start(idle)

    for limit in limits:
        if not performer.last or not performer.served:
            performer.hand(reservation(), limit)

    assert (True, served) == (performer.last, performer.served)


def test_hand_to_the_dead(start: Start) -> None:
    """Handing a claim to one that is gone raises, for the claim has not begun."""
    performer = start(lambda _channel: 0)
    eventually(performer.reap)

    with pytest.raises(BrokenPipeError):
        performer.hand(reservation(), 1)


def test_outcome(start: Start) -> None:
    """Its answer is the outcome; what else it says is not."""

    def script(channel: Channel) -> int:
        channel.send(performing.READY)
        channel.send(b"?", b"noise")
        channel.send(performing.OUTCOME, encode(Succeeded()))
        return idle(channel)

    assert Succeeded() == eventually(start(script).outcome)


def test_forged_outcome(start: Start) -> None:
    """An answer that is none is a failure, not the worker's end."""

    def script(channel: Channel) -> int:
        channel.send(performing.OUTCOME, b"nonsense")
        return 0

    outcome = eventually(start(script).outcome)

    assert isinstance(outcome, Failed)
    assert "django_resque.exceptions.DecodeError" == outcome.exception


def test_answer_then_death(start: Start) -> None:
    """One that answered just before it died has answered."""

    def script(channel: Channel) -> int:
        channel.send(performing.OUTCOME, encode(Succeeded()))
        os.kill(os.getpid(), SIGKILL)
        return 0

    performer = start(script)

    assert Succeeded() == eventually(performer.ended)
    assert not performer.died


@pytest.mark.parametrize(
    ("status", "text"),
    [(0, "exited with status 0"), (3, "exited with status 3"), (-SIGUSR1, "SIGUSR1 (signal 10)")],
)
def test_death(start: Start, status: int, text: str) -> None:
    """One that ends without an answer fails the job, with how it ended and what it used."""

    def script(_channel: Channel) -> int:
        if status < 0:
            os.kill(os.getpid(), -status)
        return status

    performer = start(script)
    failed = end_of(performer)

    assert performer.died
    assert "django_resque.exceptions.DirtyExit" == failed.exception
    assert text in failed.error
    assert str(performer.pid) in failed.error
    assert "peak memory " in failed.error
    assert " MB, CPU 0." in failed.error
    assert [] == failed.backtrace


def test_killed(start: Start) -> None:
    """For SIGKILL it is said that memory may have run out."""
    performer = start(idle)
    os.kill(performer.pid, SIGKILL)

    assert "SIGKILL (signal 9) (possibly out of memory); peak memory" in end_of(performer).error


def test_killed_on_request(start: Start) -> None:
    """A job that goes down with its worker sends nobody to look for lost memory."""
    performer = start(idle)
    performer.stop([(0.0, SIGKILL)])
    performer.tick()

    assert "SIGKILL (signal 9) (sent by its worker on request); peak" in end_of(performer).error


def test_torn_answer(start: Start) -> None:
    """Half an answer is none."""

    def script(channel: Channel) -> int:
        channel._socket.send(performing.OUTCOME + (99).to_bytes(8, "big") + b'["Succ')
        return 0

    assert "exited with status 0" in end_of(start(script)).error


def test_leaves_no_group(start: Start, effects: Effects) -> None:
    """What a dead child left running in its group dies as well."""

    def script(_channel: Channel) -> int:
        os.setpgid(0, 0)
        pid = os.fork()
        if pid == 0:
            signal.pause()
        note(pid)
        return 1

    performer = start(script)
    end_of(performer)

    pid = int(effects()[0])
    eventually(lambda: not alive(pid))


def test_stop_steps(start: Start, effects: Effects) -> None:
    """Signals are sent each when it is due, and the reason is what the failure tells."""

    def script(channel: Channel) -> int:
        signal.signal(SIGTERM, lambda *_: note("term"))
        return idle(channel)

    performer = start(script)
    eventually(lambda: performer.outcome() or performer._ready)
    began = time.monotonic()
    performer.stop([(0.0, SIGTERM), (0.3, SIGKILL)], JobTimeout("took too long"))
    performer.tick()
    eventually(lambda: ["term"] == effects())
    assert performer.ended() is None
    assert 0.25 < performer.next_event() - began <= 0.4

    death_by_ticking(performer)

    assert time.monotonic() - began >= 0.3
    failed = end_of(performer)
    assert "django_resque.exceptions.JobTimeout" == failed.exception
    assert failed.error.startswith("took too long; peak memory ")
    assert performer.stopped


def test_first_reason(start: Start) -> None:
    """The first reason to stop is the one that counts."""
    performer = start(idle)
    performer.stop([(60.0, SIGTERM)], JobTimeout("first"))
    performer.stop([(0.0, SIGKILL)], JobTimeout("second"))
    performer.tick()

    assert end_of(performer).error.startswith("first; ")


@pytest.mark.parametrize("answer", [Failed("TermException", "SIGTERM", ["here"]), Succeeded()])
def test_answer_to_a_stop(start: Start, answer: Outcome) -> None:
    """A job that fails when stopped fails for the stop's reason, at the line where it was."""

    def script(channel: Channel) -> int:
        channel.receive()
        channel.send(performing.OUTCOME, encode(answer))
        return 0

    performer = start(script)
    performer.stop([], JobTimeout("late"))
    performer.channel.send(b"?")

    expected: Outcome = Succeeded()
    if isinstance(answer, Failed):
        expected = Failed("django_resque.exceptions.JobTimeout", "late", ["here"])
    assert expected == eventually(performer.outcome)


def test_never_began(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that says nothing after its fork is stopped: the fork may have locked it up."""
    monkeypatch.setattr(performer_module, "START_GRACE", 0.1)

    def script(_channel: Channel) -> int:
        signal.pause()
        return 0

    performer = start(script)
    assert performer.next_event() < time.monotonic() + 0.2
    death_by_ticking(performer)

    assert end_of(performer).error.startswith("Child process did not start; ")


def test_began_unnoticed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was ready long before anybody listened is not taken for locked up."""
    performer = start(idle)
    assert select.select([performer.channel], [], [], 10)[0]
    monkeypatch.setattr(performer_module, "START_GRACE", 0.0)

    performer.tick()

    assert not performer.stopped
    assert float("inf") == performer.next_event()


def test_signals_only_the_living(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once buried, its pid may be another's, and is sent nothing."""
    performer = start(lambda _channel: 0)
    eventually(performer.reap)
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _number: sent.append(pid))
    monkeypatch.setattr(os, "killpg", lambda pid, _number: sent.append(pid))

    performer.stop([(0.0, SIGTERM), (0.0, SIGKILL)])
    performer.tick()
    performer.kill()

    assert [] == sent


def test_kill(start: Start) -> None:
    """Killed, it is dead when the call returns."""
    performer = start(idle)

    performer.kill()

    death = performer.reap()
    assert death is not None
    assert SIGKILL == death.status


def test_dismiss(start: Start) -> None:
    """Dismissed, it sees its channel close."""
    performer = start(idle)

    performer.dismiss()

    death = eventually(performer.reap)
    assert death is not None
    assert 0 == death.status
    assert time.monotonic() >= performer.leaving_since > 0


def test_memory(start: Start) -> None:
    """Its memory is told while it lives."""
    performer = start(idle)
    used = performer.memory()
    assert used is not None
    assert 2**20 < used < 2**33

    performer.kill()

    assert not performer.memory()


def test_descriptors(start: Start) -> None:
    """There is something to wait on until the other side has closed."""
    performer = start(lambda _channel: 0)
    assert [performer.channel.fileno()] == list(performer.descriptors)

    eventually(lambda: performer.outcome() or performer.channel.closed)

    assert [] == list(performer.descriptors)
