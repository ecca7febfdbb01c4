"""Puts back what was masked in arguments that somebody has edited."""

from __future__ import annotations

from typing import Any


def restored(edited: Any, shown: Any, given: Any) -> Any:
    """Return edited arguments with what was masked in them.

    ``given`` was the value and ``shown`` the same with masks, which is what was edited: whatever
    is still as it was shown, at its place, is what was given. Raises ValueError for a mask that
    was carried to another place, where nobody can know what it hides.
    """
    hidden = _masks(shown, given)
    value = _restored(edited, shown, given)
    if hidden and hidden & (_texts(value) - _texts(given)):
        raise ValueError(min(hidden))
    return value


def _restored(edited: Any, shown: Any, given: Any) -> Any:
    if alike(edited, shown):
        return given
    if isinstance(edited, dict) and isinstance(shown, dict):
        return {
            key: _restored(value, shown[key], given[key]) if key in shown else value
            for key, value in edited.items()
        }
    if isinstance(edited, list) and isinstance(shown, list):
        known = min(len(edited), len(shown))
        return [
            _restored(*each) for each in zip(edited[:known], shown, given, strict=False)
        ] + edited[known:]
    return edited


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON: ``True`` is not ``1`` there."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


def _masks(shown: Any, given: Any) -> set[str]:
    """Return the texts that stand where something is masked."""
    if isinstance(shown, dict) and isinstance(given, dict):
        return set().union(*(_masks(shown[key], given.get(key)) for key in shown))
    if isinstance(shown, list) and isinstance(given, list):
        return set().union(*map(_masks, shown, given))
    return {shown} if isinstance(shown, str) and shown != given else set()


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()
