"""Reads what is written on the command line: numbers and names, or says what is wrong with them."""

from __future__ import annotations

import argparse


def seconds(text: str) -> float:
    """Read a number of seconds from the command line."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        msg = f"{text} is not a number of seconds: give 0 or more"
        raise argparse.ArgumentTypeError(msg)
    return value


def count(text: str) -> int:
    """Read a number of at least one from the command line."""
    return _whole(text, 1)


def number(text: str) -> int:
    """Read a number that may be zero from the command line."""
    return _whole(text, 0)


def name(text: str) -> str:
    """Read a name from the command line: an empty one is an unset variable of a script."""
    if not text:
        msg = "a name must not be empty"
        raise argparse.ArgumentTypeError(msg)
    return text


def _whole(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        msg = f"{text} is not a whole number: give {least} or more"
        raise argparse.ArgumentTypeError(msg) from None
    if value < least:
        msg = f"{text} is too few: give {least} or more"
        raise argparse.ArgumentTypeError(msg)
    return value
