"""A demonstration that runs under the eye of a test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import django_resque
from tests.polling import eventually

if TYPE_CHECKING:
    import signal

ROOT = Path(__file__).parent.parent.parent
MARK = "RESQUE_TEST_MARK"


class Demo:
    """A demonstration that runs, with all it says in a file."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        """Start it; all it writes to disk goes below ``directory``."""
        self.temporary = directory / "tmp"
        self.temporary.mkdir()
        self.output = directory / "output"
        self.mark = f"{os.getpid()}-{directory}"
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "forge.settings",
            "PYTHONPATH": str(Path(django_resque.__file__).parent.parent),
            "TMPDIR": str(self.temporary),
            MARK: self.mark,
        }
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "testproject" / "manage.py", "demo", *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    def said(self) -> str:
        """Return all it said so far."""
        return self.output.read_text(errors="replace")

    def find(self, pattern: str) -> str:
        """Wait until it says something; return the part in parentheses."""

        def look() -> re.Match[str] | None:
            assert self.process.poll() in (None, 0), self.said()
            return re.search(pattern, self.said())

        found = eventually(look, 60, f"{pattern} in the output")
        return found[1] if found else ""

    def end(self, number: signal.Signals) -> int:
        """Send it a signal and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def remains(self) -> list[str]:
        """Return the commands of all processes that it started and that still run."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                environment = (place / "environ").read_bytes()
                command = (place / "cmdline").read_bytes()
            except OSError:
                continue
            if command and f"{MARK}={self.mark}".encode() in environment.split(b"\0"):
                found.append(command.replace(b"\0", b" ").decode())
        return found
