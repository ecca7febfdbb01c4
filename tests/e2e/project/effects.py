"""What jobs leave behind, so that a test knows which of them ran: lines in a file.

A file, not Redis: a job's effect must not hang on the server whose loss is being tested.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "PROJECT_EFFECTS"


def note(*words: object) -> None:
    """Append one line to the file, whole, whoever else is writing."""
    descriptor = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, " ".join(map(str, words)).encode() + b"\n")
    finally:
        os.close(descriptor)


def noted(path: Path) -> list[str]:
    """Return the lines noted so far."""
    return path.read_text().splitlines() if path.exists() else []
