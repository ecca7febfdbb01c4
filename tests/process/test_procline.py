"""The process title has Ruby's form, by which Ruby tells our workers from dead ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import setproctitle

from django_resque.process.procline import Procline
from django_resque.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_title() -> Iterator[None]:
    """Give the test run its title back."""
    before = setproctitle.getproctitle()
    yield
    setproctitle.setproctitle(before)


@pytest.fixture
def procline() -> Procline:
    """The title of a worker."""
    return Procline()


def shown() -> str:
    """Return the title without its head, which is checked."""
    head, _, text = setproctitle.getproctitle().partition(": ")
    assert f"resque-{__version__}" == head
    assert re.search("resque-[0-9]", head)  # what Ruby looks for in ps
    return text


def test_states(procline: Procline) -> None:
    """Each state reads as in Ruby."""
    procline.show("Starting")
    assert "Starting" == shown()
    procline.waiting(["high", "low"])
    assert "Waiting for high,low" == shown()
    procline.paused()
    assert "Paused" == shown()
    procline.forked(4711)
    assert re.fullmatch(r"Forked 4711 at \d{10}", shown())
    procline.processing("mail", "shop.send")
    assert re.fullmatch(r"Processing mail since \d{10} \[shop.send\]", shown())
    procline.processing("mail", None)
    assert shown().endswith("[No Name]")


def test_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prefix from the environment stands before it."""
    monkeypatch.setenv("RESQUE_PROCLINE_PREFIX", "shop-")

    Procline().show("Starting")

    assert f"shop-resque-{__version__}: Starting" == setproctitle.getproctitle()


def test_program() -> None:
    """Other programs bear their own name."""
    Procline("resque-scheduler").show("Starting")

    assert f"resque-scheduler-{__version__}: Starting" == setproctitle.getproctitle()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("a\x00b", "a\\x00b"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\ud800", "\\ud800"),
        ("\u202egpj", "\\u202egpj"),
        ("Bücher", "Bücher"),
    ],
)
def test_hostile(procline: Procline, name: str, title: str) -> None:
    """Whatever a job is called, the title can be set and shown on a terminal."""
    procline.processing("q", name)

    assert shown().endswith(f"[{title}]")


def test_long(procline: Procline) -> None:
    """An endless list of queues is cut."""
    procline.waiting(["queue"] * 1000)

    assert 240 == len(shown())
    assert shown().endswith("…")
