"""Every job gets a performer, every performer an end; none serves a job it should not."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

from django_resque import Plugin, job, signals
from django_resque.execution.outcome import Failed, Requeued, Succeeded
from django_resque.jobs.registry import registry
from django_resque.process import performers as performers_module
from django_resque.process.limits import Limits
from django_resque.process.performers import MOST_AHEAD, Performers
from django_resque.process.performing import PerformerTask
from django_resque.process.procline import Procline
from tests.claims import WORKER, reservation
from tests.e2e.project.effects import note
from tests.e2e.running import alive, children
from tests.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django_resque.execution.outcome import Outcome
    from django_resque.process.performer import Performer
    from django_resque.wire.payload import Payload
    from tests.conftest import Configure
    from tests.process.conftest import Attendant

    Effects = Callable[[], list[str]]


class Crew:
    """Performers without a worker."""

    def __init__(self, attend: Attendant) -> None:
        """Make them."""
        self._attend = attend
        self.called_off = False
        self.meanwhile: Callable[[], None] = lambda: None
        self.private: list[int] = []
        self.performers = Performers(
            PerformerTask(WORKER, [], run_at_exit_hooks=False, procline=Procline()),
            Limits(0.2),
            jobs_per_fork=1,
            attend=self._attend_to,
            is_called_off=lambda: self.called_off,
            private=lambda: self.private,
        )
        self.begun: list[int] = []
        self._others = set(children(os.getpid()))

    def children(self) -> list[int]:
        """Return the pids of the performers that are there."""
        return [pid for pid in children(os.getpid()) if pid not in self._others]

    def _attend_to(self, until: float, descriptors: Sequence[int] = ()) -> bool:
        self.meanwhile()
        # Not long, so that what a test does meanwhile has its turn again.
        return self._attend(min(until, time.monotonic() + 0.02), descriptors)

    def perform(self, *args: Any, name: str = "shop.send") -> Outcome | None:
        """Have a job performed."""
        claim = reservation(name, *args)
        return self.performers.perform(claim, registry.find(name), self._begin)

    def _begin(self, performer: Performer) -> None:
        self.begun.append(performer.pid)


@pytest.fixture
def crew(attend: Attendant, resque_settings: Configure, effects: Effects) -> Iterator[Crew]:
    """Performers whose jobs note what they do."""
    crew = Crew(attend)
    yield crew
    crew.performers.dismiss_all()


def send(*args: Any) -> None:
    """Note the process and the arguments."""
    note(os.getpid(), *args)


def sockets(pid: int | str) -> set[str]:
    """Return the sockets that a process holds open."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the listing itself
            found.add(str(path.readlink()))
    return {name for name in found if name.startswith("socket:")}


def pids(effects: Effects) -> list[int]:
    """Return the processes in which jobs were performed."""
    return [int(line.split()[0]) for line in effects()]


def test_perform(crew: Crew, effects: Effects) -> None:
    """Each job is performed in a child of its own."""
    job(name="shop.send")(send)

    assert [Succeeded(), Succeeded()] == [crew.perform(1), crew.perform(2)]

    first, second = pids(effects)
    assert len({first, second, os.getpid()}) == 3
    assert [first, second] == crew.begun


def test_buried(crew: Crew) -> None:
    """A performer that has left is buried, and no descriptor of it stays open."""
    job(name="shop.send")(send)
    crew.perform()
    before = len(list(Path("/proc/self/fd").iterdir()))

    for number in range(20):
        crew.perform(number)
    crew.performers.dismiss_all()

    assert [] == crew.children()
    assert before == len(list(Path("/proc/self/fd").iterdir()))


def test_memory(crew: Crew, effects: Effects) -> None:
    """The memory of the one at work is told, and the most that any has occupied ever."""
    much = 200 * 2**20

    @job(name="shop.fill")
    def fill(size: int) -> None:
        filled = bytearray(b"x") * size
        eventually(effects)
        del filled

    def look() -> None:
        if (crew.performers.job_memory() or 0) > much:
            note("seen at work", crew.performers.at_work)

    crew.meanwhile = look
    assert (False, None) == (crew.performers.at_work, crew.performers.job_memory())
    assert crew.performers.peak is None

    assert Succeeded() == crew.perform(much, name="shop.fill")
    assert Succeeded() == crew.perform(1, name="shop.fill")
    crew.performers.dismiss_all()

    assert "seen at work True" == effects()[0]
    assert much < (crew.performers.peak or 0) < 2**31
    assert (False, None) == (crew.performers.at_work, crew.performers.job_memory())


def test_peak_of_performers(crew: Crew) -> None:
    """One that was forked ahead and never performed does not count."""
    crew.performers.fork_ahead()
    crew.performers.dismiss_all()

    assert crew.performers.peak is None


def test_forked_ahead(crew: Crew, effects: Effects) -> None:
    """One forked ahead of its job performs it."""
    job(name="shop.send")(send)
    crew.performers.fork_ahead()
    crew.performers.fork_ahead()
    (spare,) = crew.children()

    assert Succeeded() == crew.perform()

    assert [spare] == pids(effects)


def test_several_ahead(crew: Crew, effects: Effects) -> None:
    """Several forked ahead perform one job each; only when none is left are more forked."""
    job(name="shop.send")(send)
    crew.performers.fork_ahead(3)
    spares = crew.children()

    for number in range(3):
        assert Succeeded() == crew.perform(number)
        if number < 2:
            crew.performers.fork_ahead(3)

    assert 3 == len(spares)
    assert sorted(spares) == sorted(pids(effects))


def test_most_ahead(crew: Crew) -> None:
    """However many are asked for, there is a limit to how many wait."""
    crew.performers.fork_ahead(MOST_AHEAD + 3)

    assert MOST_AHEAD == len(crew.children())


@pytest.mark.parametrize(("soon", "expected"), [(600.0, 5), (1e-6, 1)])
def test_no_more_than_needed(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, soon: float, expected: int
) -> None:
    """Where two performers last longer than one looks ahead, the next one is enough."""
    job(name="shop.send")(send)
    monkeypatch.setattr(performers_module, "SOON", soon)
    crew.performers.fork_ahead(2)
    crew.perform(1)
    crew.perform(2)

    crew.performers.fork_ahead(5)

    assert expected == len(crew.performers._spares)


def test_none_ahead(crew: Crew) -> None:
    """Of none asked for, none is forked."""
    crew.performers.fork_ahead(0)

    assert [] == crew.children()


def test_some_ahead(crew: Crew, monkeypatch: pytest.MonkeyPatch, effects: Effects) -> None:
    """When the system refuses some of them, the others are there and no descriptor is lost."""
    job(name="shop.send")(send)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    real = os.fork
    forked: list[int] = []

    def fork_twice() -> int:
        if len(forked) == 2:
            refuse()
        forked.append(real())
        return forked[-1]

    with monkeypatch.context() as patch:
        patch.setattr(os, "fork", fork_twice)
        crew.performers.fork_ahead(4)

    assert forked == crew.children()
    assert descriptors + 2 == len(list(Path("/proc/self/fd").iterdir()))
    assert [Succeeded(), Succeeded()] == [crew.perform(1), crew.perform(2)]
    assert forked == pids(effects)


def test_siblings_hold_nothing(crew: Crew) -> None:
    """Of performers forked at once, none holds open a descriptor of another's channel."""
    crew.performers.fork_ahead(3)
    for spare in crew.performers._spares:
        eventually(spare.channel.poll)  # it is ready: all is closed

    shared = sockets(os.getpid())
    first, second, third = (sockets(pid) for pid in crew.children())
    ends = [spare.channel.fileno() for spare in crew.performers._spares]
    own = {str(Path(f"/proc/self/fd/{end}").readlink()) for end in ends}
    assert 3 == len(own)
    assert set() == own & (first | second | third)
    assert [1, 1, 1] == [len(each - shared) for each in (first, second, third)]
    assert 3 == len((first | second | third) - shared)


def test_dismiss_unused(crew: Crew, effects: Effects) -> None:
    """Those that wait unused leave; one that has served and may serve more stays."""
    job(name="shop.send", jobs_per_fork=5)(send)
    crew.perform(1)
    (served,) = crew.children()
    crew.performers._spares += crew.performers._fork(2)

    crew.performers.dismiss_unused()

    def only_it_is_left() -> bool:
        crew.performers.reap()
        return [served] == crew.children()

    eventually(only_it_is_left)
    crew.perform(2)
    assert [served, served] == pids(effects)


def test_keep_some_unused(crew: Crew, effects: Effects) -> None:
    """Of those that wait unused so many may stay, the next ones."""
    job(name="shop.send")(send)
    crew.performers.fork_ahead(3)
    first, *_ = crew.performers._spares

    crew.performers.dismiss_unused(keep=1)

    def only_it_is_left() -> bool:
        crew.performers.reap()
        return [first.pid] == crew.children()

    eventually(only_it_is_left)
    crew.perform()
    assert [first.pid] == pids(effects)


def test_spare_died(crew: Crew, effects: Effects) -> None:
    """One that died before it was needed is replaced, and the job is none the worse."""
    job(name="shop.send")(send)
    crew.performers.fork_ahead()
    (spare,) = crew.children()
    os.kill(spare, SIGKILL)
    eventually(lambda: not alive(spare))

    assert Succeeded() == crew.perform()

    assert [spare] != pids(effects)


def test_spare_closed(crew: Crew, effects: Effects) -> None:
    """One that closed its end, and is not dead yet, is not taken for at work."""
    job(name="shop.send")(send)
    crew.performers.fork_ahead()
    (spare,) = crew.performers._spares
    eventually(spare.channel.poll)
    os.kill(spare.pid, signal.SIGSTOP)
    spare.channel._socket.shutdown(2)

    assert Succeeded() == crew.perform()

    os.kill(spare.pid, signal.SIGCONT)
    assert spare.pid not in pids(effects)


def test_serves_several(crew: Crew, effects: Effects) -> None:
    """One serves as many jobs as it may; the next is a new one."""
    job(name="shop.send", jobs_per_fork=3)(send)

    for number in range(7):
        assert Succeeded() == crew.perform(number)

    served = pids(effects)
    assert [3, 3, 1] == [served.count(pid) for pid in dict.fromkeys(served)]


def test_limits_of_several_jobs(crew: Crew, effects: Effects) -> None:
    """A job that wants a fresh child gets one, and leaves none to others."""
    job(name="shop.many", jobs_per_fork=5)(send)
    job(name="shop.one", jobs_per_fork=1)(send)
    for name in ("shop.many", "shop.many", "shop.one", "shop.many"):
        crew.perform(name=name)

    first, second, third, fourth = pids(effects)
    assert first == second
    assert len({second, third, fourth}) == 3


def test_died(crew: Crew, effects: Effects) -> None:
    """When a child dies, the hooks of its job run elsewhere, and the next job is performed."""

    class Noting(Plugin):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            note(os.getpid(), type(exception).__name__, payload.args)

    @job(name="shop.die", plugins=[Noting()])
    def die(number: int) -> NoReturn:
        os._exit(3)

    job(name="shop.send")(send)

    outcome = crew.perform(7, name="shop.die")

    assert isinstance(outcome, Failed)
    assert "exited with status 3" in outcome.error
    (line,) = effects()
    assert line.endswith("DirtyExit [7]")
    assert pids(effects)[0] not in (os.getpid(), crew.begun[0])
    assert Succeeded() == crew.perform()


def test_hooks_of_the_dead_hang(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks that run for ever hold the worker up for a limited time."""
    monkeypatch.setattr(performers_module, "MOURNING", 0.1)

    class Hanging(Plugin):
        def on_failure(self, exception: BaseException, payload: Payload, queue: str) -> None:
            signal.pause()

    @job(name="shop.die", plugins=[Hanging()])
    def die() -> NoReturn:
        os._exit(3)

    began = time.monotonic()

    assert isinstance(crew.perform(name="shop.die"), Failed)
    assert time.monotonic() - began < 3.0


def test_hooks_cannot_be_forked(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the hooks of a dead job cannot be run, that is told, and no more."""
    monkeypatch.setattr(os, "fork", refuse)

    crew.performers.mourn(reservation(), Failed("E", "x"))

    assert "hooks for a dead job could not be run: no more processes" in caplog.text


def refuse() -> NoReturn:
    """Refuse to fork, as a system with too many processes does."""
    raise BlockingIOError("no more processes")


def test_cannot_fork(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the system refuses to fork, the job waits until it does not."""
    job(name="shop.send")(send)
    fork = os.fork
    monkeypatch.setattr(os, "fork", refuse)
    crew.performers.fork_ahead()  # no error: there is nothing to do yet
    crew.meanwhile = lambda: monkeypatch.setattr(os, "fork", fork)
    began = time.monotonic()

    assert Succeeded() == crew.perform()
    assert time.monotonic() - began >= 1.0
    assert 1 == caplog.text.count("Cannot fork: no more processes; trying again in 1 seconds")


def test_called_off(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker told to stop while it cannot fork has not begun the job."""
    job(name="shop.send")(send)
    monkeypatch.setattr(os, "fork", refuse)

    def call_off() -> None:
        crew.called_off = True
        signal.pthread_kill(threading.get_ident(), SIGTERM)

    crew.meanwhile = call_off
    began = time.monotonic()

    assert crew.perform() is None
    assert time.monotonic() - began < 0.5
    assert [] == crew.begun


@pytest.mark.parametrize("number", [SIGKILL, SIGTERM])
def test_stop(crew: Crew, effects: Effects, number: signal.Signals) -> None:
    """The one at work is sent the signals, and never serves another job."""

    @job(name="shop.wait", jobs_per_fork=5)
    def wait() -> None:
        note(os.getpid())
        signal.pause()

    job(name="shop.send", jobs_per_fork=5)(send)
    crew.perform()

    def stop_once() -> None:
        if len(effects()) == 2:
            crew.performers.stop([(0.0, number)])
            crew.meanwhile = lambda: None

    crew.meanwhile = stop_once
    crew.performers.stop([(0.0, SIGKILL)])  # nobody is at work: nothing happens

    outcome = crew.perform(name="shop.wait")
    crew.perform()

    assert isinstance(outcome, Failed)
    expected = "TermException" if number == SIGTERM else "DirtyExit"
    assert f"django_resque.exceptions.{expected}" == outcome.exception
    first, second, third = pids(effects)
    assert first == second != third


@pytest.mark.parametrize("on_worker_loss", ["fail", "requeue"])
def test_abandon(crew: Crew, effects: Effects, on_worker_loss: Literal["fail", "requeue"]) -> None:
    """Only a job that is queued again is stopped when another worker may be given it, and once."""

    @job(name="shop.wait", on_worker_loss=on_worker_loss)
    def wait() -> None:
        note(os.getpid())
        signal.pause()

    told: list[bool] = []

    def abandon() -> None:
        if effects() and len(told) < 2:
            told.append(crew.performers.abandon())
            if on_worker_loss == "fail" and len(told) == 2:
                crew.performers.stop([(0.0, SIGKILL)])

    assert not crew.performers.abandon()  # nobody is at work
    crew.meanwhile = abandon
    outcome = crew.perform(name="shop.wait")

    if on_worker_loss == "fail":
        assert [False, False] == told
        assert isinstance(outcome, Failed)
    else:
        assert True is told[0]
        assert not any(told[1:])
        assert isinstance(outcome, Requeued)
        assert "could not reach Redis" in outcome.failed.error


def test_before_fork(crew: Crew, effects: Effects) -> None:
    """The signal before a job's fork is sent in the worker, with the claim."""
    job(name="shop.send")(send)

    def before_fork(reservation: Any, **_: Any) -> None:
        note(os.getpid(), "before_fork", reservation.queue)

    signals.before_fork.connect(before_fork)
    try:
        crew.perform()
    finally:
        signals.before_fork.disconnect(before_fork)

    assert f"{os.getpid()} before_fork q" == effects()[0]
    assert 2 == len(effects())


def test_slow_to_leave(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not leave after its answer is killed, and holds up no job."""
    job(name="shop.send")(send)
    monkeypatch.setattr(performers_module, "LEAVE_GRACE", 0.2)

    def linger(**_: Any) -> None:
        signal.signal(SIGTERM, signal.SIG_IGN)
        signal.pause()

    signals.performer_exit.connect(linger)
    try:
        began = time.monotonic()
        assert [Succeeded()] * 3 == [crew.perform() for _ in range(3)]
        assert time.monotonic() - began < 1.0
        crew.performers.dismiss_all()
    finally:
        signals.performer_exit.disconnect(linger)

    assert [] == crew.children()


def test_large_payload(crew: Crew, effects: Effects) -> None:
    """A payload larger than any buffer is handed over, and as large a failure comes back."""

    @job(name="shop.store")
    def store(text: str) -> None:
        note(os.getpid(), len(text))
        raise ValueError(text)

    outcome = crew.perform("x" * 5_000_000, name="shop.store")

    assert effects()[0].endswith(" 5000000")
    assert isinstance(outcome, Failed)
    assert outcome.error.endswith("(5000000 characters)")


def test_grandchild_keeps_channel(crew: Crew, effects: Effects) -> None:
    """A fork of the job that holds its channel open keeps nobody waiting."""

    @job(name="shop.fork")
    def fork_away(status: int) -> None:
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            signal.pause()
        note(pid)
        if status:
            os._exit(status)

    began = time.monotonic()
    outcomes = [crew.perform(0, name="shop.fork"), crew.perform(3, name="shop.fork")]
    for pid in pids(effects):
        os.kill(pid, SIGKILL)

    assert time.monotonic() - began < 3.0
    assert Succeeded() == outcomes[0]
    assert isinstance(outcomes[1], Failed)


def test_children_hold_nothing(crew: Crew, tmp_path: Path) -> None:
    """No child holds open a descriptor of the worker's or of another child's channel."""
    link = (tmp_path / "link").open("w")
    crew.private = [link.fileno()]

    @job(name="shop.wait")
    def wait() -> None:
        eventually((tmp_path / "go").exists)

    held: list[set[str]] = []

    def look_once() -> None:
        crew.performers.fork_ahead()
        (spare,) = crew.performers._spares
        if spare.channel.poll():  # it is ready: all is closed
            held.append({str(path.readlink()) for path in Path(f"/proc/{spare.pid}/fd").iterdir()})
            (tmp_path / "go").touch()
            crew.meanwhile = lambda: None

    def channels(performer: Performer) -> None:
        own = Path(f"/proc/self/fd/{performer.channel.fileno()}").readlink()
        held.append({str(own), link.name})

    crew.meanwhile = look_once
    crew.performers.perform(reservation("shop.wait"), registry.find("shop.wait"), channels)
    link.close()

    assert set() == held[0] & held[1]
