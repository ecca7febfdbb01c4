"""Why a job failed is told in words that need no manual."""

from __future__ import annotations

from typing import get_args

import pytest

from django_resque.admin.causes import badge, in_words, usage
from django_resque.reading.causes import Cause, Kind

TOLD = "Somebody told it to stop, such as a deployment."


@pytest.mark.parametrize(
    ("cause", "short", "long"),
    [
        (Cause("exception", "ValueError"), "", ""),
        (
            Cause("signal", "SIGTERM (why)"),
            "SIGTERM",
            "Its process was ended by the signal SIGTERM (why). " + TOLD,
        ),
        (Cause("signal", "SIG77"), "SIG77", "Its process was ended by the signal SIG77."),
        (
            Cause("exit", "3"),
            "exit 3",
            "Its process exited with status 3 before the job ended.",
        ),
        (
            Cause("timeout", "5 s"),
            "timeout",
            "It ran longer than its timeout (5 s) and was stopped.",
        ),
        (
            Cause("memory", "530 MB of 512 MB"),
            "memory",
            "It used more memory than its limit (530 MB of 512 MB) and was stopped.",
        ),
        (
            Cause("lost", ""),
            "lost",
            "Its worker (?) died or was removed while the job was at work.",
        ),
        (
            Cause("killed", "SIGTERM"),
            "killed",
            "It was stopped, for its worker was told to (SIGTERM).",
        ),
        (
            Cause("unknown_job"),
            "unknown job",
            "It was never begun, for no job of this name is registered where its worker runs.",
        ),
        (
            Cause("invalid_payload", "class is missing"),
            "unreadable job",
            "It was never begun, for its payload could not be read.",
        ),
        (
            Cause("lost", "%s\x1b"),
            "lost",
            "Its worker (%s\\x1b) died or was removed while the job was at work.",
        ),
    ],
)  # fmt: skip
def test_words(cause: Cause, short: str, long: str) -> None:
    """Each cause has a badge and a sentence, whatever its detail holds."""
    assert (short, long) == (badge(cause), in_words(cause))


def test_every_kind_has_words() -> None:
    """There is no kind of cause that nobody explains, save an exception, which explains itself."""
    assert {"exception"} == {kind for kind in get_args(Kind) if not in_words(Cause(kind, "x"))}
    assert {"exception"} == {kind for kind in get_args(Kind) if not badge(Cause(kind, "x"))}


@pytest.mark.parametrize(
    ("memory", "cpu", "expected"),
    [
        ("", "", ""),
        ("212 MB", "0.31 s", "Peak memory 212 MB. CPU 0.31 s."),
        ("", "0.31 s", "CPU 0.31 s."),
    ],
)
def test_usage(memory: str, cpu: str, expected: str) -> None:
    """What was measured is told, and nothing else."""
    assert expected == usage(Cause("exit", "1", memory, cpu))
