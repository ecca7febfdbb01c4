"""Rows hold what may be seen of jobs and queues, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from django_resque import Retry, job
from django_resque.admin.rows import LONG_WAIT, JobShown, QueueShown, result_url, waits_long
from django_resque.jobs.queues import QueuedJob
from django_resque.jobs.registry import registry
from django_resque.monitor.history import QueueRate
from django_resque.monitor.queues import QueueRow
from django_resque.wire import timestamps
from django_resque.wire.payload import Payload
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register one job."""
    monkeypatch.setattr(registry, "_jobs", {})

    @job(name="shop.send")
    def send(user: int, token: str = "") -> None:
        """Do nothing."""


def test_job(visit: Callable[..., Visit]) -> None:
    """A job is shown by name, masked arguments, id and time; it leads to its page."""
    payload = Payload("shop.send", [7, "canary"], {"id": "1f\x1b", "queue_time": 1.5})

    shown = JobShown.of(visit(), payload)

    assert ("shop.send", '7, "********************"') == (shown.name, shown.arguments)
    assert ("1f\\x1b", f"{ROOT}jobs/shop.send/", "") == (shown.id, shown.url, shown.error)
    assert timestamps.from_epoch(1.5) == shown.queued_at


def test_foreign_job(visit: Callable[..., Visit]) -> None:
    """A job that is not registered here leads nowhere; its texts are fit to be seen."""
    shown = JobShown.of(visit(), Payload("Ruby\n\u202eJob", ["\ud800\r\n", "x" * 10_000]))

    assert ("Ruby\\n\\u202eJob", "", "", None) == (
        shown.name, shown.url, shown.id, shown.queued_at
    )  # fmt: skip
    assert shown.arguments.startswith('"\\ud800\\r\\n", "xxx')
    assert len(shown.arguments) == 300


def test_arguments_are_for_some(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """Who may not see arguments reads a word."""
    shown = JobShown.of(visit(user=staff("view_resque")), Payload("shop.send", [7]))

    assert "hidden" == shown.arguments


def test_unreadable_job(visit: Callable[..., Visit]) -> None:
    """Of what is no job there is only the reason."""
    assert JobShown("", "", "", None, "", "args is a number\\n") == JobShown.of(
        visit(), None, "args is a number\n"
    )


@pytest.mark.parametrize("paused", [False, True])
def test_queue(visit: Callable[..., Visit], paused: bool) -> None:
    """A queue is shown with the age of its next job, its rate, and the button for its pause."""
    queued = QueuedJob.read("a b", 0, b'{"class":"A","queue_time":1.5}')

    shown = QueueShown.of(visit(), QueueRow("a b", 3, paused, queued), QueueRate(1.5, 0.0))

    assert ("a!20b", "a b", 3, paused) == (shown.key, shown.name, shown.size, shown.paused)
    assert timestamps.from_epoch(1.5) == shown.oldest
    assert shown.late
    assert (1.5, 0.0) == (shown.arriving, shown.finishing)
    assert f"{ROOT}queues/a!20b/" == shown.url
    assert shown.url + ("resume/" if paused else "pause/") == shown.switch_url


@pytest.mark.parametrize(
    "raw", [None, b"{oops", b'{"class":"A"}', b'{"class":"A","queue_time":"x"}']
)
def test_queue_of_unknown_age(visit: Callable[..., Visit], raw: bytes | None) -> None:
    """Where nothing tells how long a job has waited, nothing is late."""
    queued = QueuedJob.read("q", 0, raw) if raw else None

    shown = QueueShown.of(visit(), QueueRow("q", 1, False, queued))

    assert (None, False, None) == (shown.oldest, shown.late, shown.arriving)


def test_waits_long() -> None:
    """One rule tells which waits stand out."""
    assert not waits_long(None)
    assert not waits_long(timestamps.now() - LONG_WAIT + SECOND)
    assert waits_long(timestamps.now() - LONG_WAIT - SECOND)


def test_attempts_and_result(visit: Callable[..., Visit]) -> None:
    """A job tells which attempt it is, of how many, and its id leads to what came of it."""
    job(name="again", retry=Retry(max_attempts=5))(lambda: None)

    shown = JobShown.of(visit(), Payload("again", [], {"id": "1f", "attempt": 3}), queue="a b")

    assert (3, 5) == (shown.attempt, shown.attempts)
    assert f"{ROOT}results/1f/?queue=a+b" == shown.result_url
    assert (1, None) == (
        JobShown.of(visit(), Payload("A")).attempt,
        JobShown.of(visit(), Payload("A")).attempts,
    )


@pytest.mark.parametrize("id_", [None, "", "x" * 201])
def test_no_result(visit: Callable[..., Visit], id_: str | None) -> None:
    """Where there is no id to speak of, there is no page."""
    assert "" == result_url(visit(), id_)
    assert f"{ROOT}results/!FF/" == result_url(visit(), "\udcff")
