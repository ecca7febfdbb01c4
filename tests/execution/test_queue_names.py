"""Queue lists are read as Ruby Resque reads them."""

from __future__ import annotations

import time

import pytest

from django_resque.exceptions import NoQueueError
from django_resque.execution.queue_names import QueuePatterns, matches

KNOWN = [".hidden", "High", "a/b", "a:b", "caf", "low", "pre_a", "pre_b", "q*x", "zed"]
ALL = KNOWN[1:]


# Measured on Ruby Resque 2.7.0 and 3.0.0 with the queues above.
@pytest.mark.parametrize(
    ("given", "polled", "label"),
    [
        ("*", ALL, "*"),
        ("high,*", ALL, "high,*"),
        ("pre*", ["pre_a", "pre_b"], "pre*"),
        ("pre_?", ["pre_a", "pre_b"], "pre_?"),
        ("pre_[ab]", ["pre_a", "pre_b"], "pre_[ab]"),
        ("{pre_a,zed}", [], "{pre_a,zed}"),
        ("*,!pre*", ["High", "a/b", "a:b", "caf", "low", "q*x", "zed"], "*"),
        ("!zed,*", [name for name in ALL if name != "zed"], "*"),
        ("pre*,zed", ["pre_a", "pre_b", "zed"], "pre*,zed"),
        ("nosuch,*", ALL, "nosuch,*"),
        ("nosuch", ["nosuch"], "nosuch"),
        ("zed,zed", ["zed", "zed"], "zed,zed"),
        ("a*", ["a/b", "a:b"], "a*"),
        (".*", [".hidden"], ".*"),
        ("PRE*", [], "PRE*"),
        ("zed,!zed", [], "zed"),
        ("q\\*x,zed", ["q*x", "zed"], "q\\*x,zed"),
        (" zed , pre_a ", ["zed", "pre_a"], "zed,pre_a"),
    ],
)
def test_list(given: str, polled: list[str], label: str) -> None:
    """Each list leads to the queues, and the worker id, that Ruby makes of it."""
    patterns = QueuePatterns.parse(given.split(","))

    assert polled == patterns.expand(KNOWN)
    assert label == patterns.label


@pytest.mark.parametrize("given", ["", " , ", "!zed", "!a,!b"])
def test_nothing_to_work_on(given: str) -> None:
    """A list without any queue to work on is refused with advice."""
    with pytest.raises(NoQueueError, match="--queues"):
        QueuePatterns.parse(given.split(","))


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("a*c", "abbbc", True),
        ("a*c", "abbbd", False),
        ("*a*b*", "xxaxxbxx", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[^a-c]x", "dx", True),
        ("[]", "]", False),
        ("[a", "[a", False),
        ("[a\\]b]", "]", True),
        ("\\", "\\", True),
        ("?", "", False),
        ("?", ".", False),
        ("a?", "a.", True),
        ("a**b", "ab", True),
        ("ü*", "über", True),
        ("", "", True),
    ],
)
def test_glob(pattern: str, name: str, expected: bool) -> None:
    """Globs match as File.fnmatch matches without flags."""
    assert expected == matches(pattern, name)


def test_hostile_glob() -> None:
    """A glob made to backtrack without end is answered in the time of a plain one."""
    began = time.process_time()

    assert not matches("a*" * 50 + "b", "a" * 200)
    assert time.process_time() - began < 1
