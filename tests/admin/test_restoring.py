"""What was masked while arguments were edited is put back, where it was."""

from __future__ import annotations

from typing import Any

import pytest

from django_resque.admin.restoring import alike, restored

MASK = "****"
GIVEN = {"user": "ann", "login": {"password": "s3cr3t", "tries": 1}, "keys": ["k1", "k2"]}
SHOWN = {"user": "ann", "login": {"password": MASK, "tries": 1}, "keys": MASK}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        (SHOWN, GIVEN),
        ({**SHOWN, "user": "bob"}, {**GIVEN, "user": "bob"}),
        ({"login": {"password": MASK, "tries": 2}}, {"login": {"password": "s3cr3t", "tries": 2}}),
        ({"login": {"password": "new"}}, {"login": {"password": "new"}}),
        ({"keys": ["k3"]}, {"keys": ["k3"]}),
        ({"more": True, "keys": MASK}, {"more": True, "keys": ["k1", "k2"]}),
        ([], []),
        (None, None),
    ],
)
def test_restored(edited: Any, expected: Any) -> None:
    """Whatever is still as it was shown is what was given; all else is what was written."""
    assert expected == restored(edited, SHOWN, GIVEN)


def test_lists() -> None:
    """Items of a list are known by their places, also if some are added or taken away."""
    given, shown = ["a", {"token": "t"}], ["a", {"token": MASK}]

    assert ["b", {"token": "t"}, 3] == restored(["b", {"token": MASK}, 3], shown, given)
    assert ["a"] == restored(["a"], shown, given)


@pytest.mark.parametrize(
    "edited", [{"user": MASK}, {"login": {"tries": MASK}}, {"moved": {"password": MASK}}, [MASK]]
)
def test_moved_masks(edited: Any) -> None:
    """A mask at another place would be taken for what it hides; that is refused."""
    with pytest.raises(ValueError, match=r"\*{4}"):
        restored(edited, SHOWN, GIVEN)


def test_texts_like_masks() -> None:
    """A text that was there before is no mask, whatever it looks like."""
    assert [MASK, 1] == restored([MASK, 1], [MASK], [MASK])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1, True), (1, True, False), (0, False, False), (1, 1.0, False), ("a", "a", True),
        ([1], [True], False), ([1], [1, 2], False), ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"a": True}, False), ({"a": 1}, {"b": 1}, False), (None, None, True),
    ],
)  # fmt: skip
def test_alike(one: Any, other: Any, expected: bool) -> None:
    """Values are alike if they are the same JSON."""
    assert expected == alike(one, other)
