"""The tutorial does what it says: every block is carried out, every output shown is compared."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from tests.polling import eventually

if TYPE_CHECKING:
    from django_resque.embedded import EmbeddedServer

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial/first-job.md"

APPENDED = ", at the end"
SECOND_TERMINAL = "Second terminal"

_BLOCK = re.compile(r"^```(.*)\n(?::caption: (.+)\n\n?)?((?:.*\n)*?)```$", re.MULTILINE)
_DIGEST = re.compile(r"\b[0-9a-f]{10}\b")
# What differs from one run, machine or Python to the next, and what stands for it.
_VARYING = (
    (re.compile(r"^[ ~^]+$\n?", re.MULTILINE), ""),  # Python 3.10 does not mark the place
    (re.compile(r"[^\s\"]*/shop/jobs.py"), "shop/jobs.py"),
    (re.compile(r"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(,\d+ \d+| UTC|Z)?"), "<time>"),
    (re.compile(r"[\w.-]+~[0-9a-f]{12}:\d+:"), "<worker>:"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"\b\d{10}\.\d{1,6}\b"), "<moment>"),
    (re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{7,40}\b"), "<digest>"),
    (re.compile(r"[ \t]+"), " "),  # columns are as wide as what stands in them
    (re.compile(r" $", re.MULTILINE), ""),
)


@dataclass
class Reader:
    """Somebody who does what the page says, in two terminals."""

    directory: Path
    environment: dict[str, str]
    second: subprocess.Popen[bytes] | None = None
    seen: int = 0
    digest: str = ""
    output: Path = field(init=False)

    def __post_init__(self) -> None:
        """Let the second terminal's output go where it can be read."""
        self.output = self.directory.with_suffix(".second-terminal")

    def do(self, language: str, caption: str, text: str) -> None:
        """Do what one block says."""
        if language == "{code-block} python":
            self.write(caption, text)
        elif language == "{code-block} console" and caption == SECOND_TERMINAL:
            self.use_second_terminal(text)
        elif language == "{code-block} console":
            for command, shown in _commands(text):
                self.type(command, shown)
        else:
            raise AssertionError(f"A block that nobody can carry out: {language!r} {caption!r}")

    def write(self, caption: str, text: str) -> None:
        """Write a file, or add to its end."""
        path = self.directory / caption.removesuffix(APPENDED)
        before = path.read_text() + "\n" if caption.endswith(APPENDED) else ""
        path.write_text(before + text)

    def type(self, command: str, shown: str) -> None:
        """Type a command into the first terminal; what the page shows must come out."""
        command = _DIGEST.sub(lambda shown: self.digest or shown[0], command)
        if command.startswith("python -m pip ") and not _is_installed():
            return  # run from the checkout alone; where it is installed, pip has nothing to do
        done = subprocess.run(
            command,
            shell=True,
            executable="/bin/bash",
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        if listed := re.search(r"^DIGEST.*\n(\w+)", done.stdout, re.MULTILINE):
            self.digest = listed[1]
        if shown:
            assert _lasting(shown) == _lasting(done.stdout), f"$ {command}"

    def use_second_terminal(self, text: str) -> None:
        """Start what is typed there, read what it shows, press Ctrl-C where the page does."""
        before, interrupt, after = text.partition("^C\n")
        if interrupt:
            self.read_second_terminal(before)
            self.leave()
        for command, shown in _commands(after if interrupt else text):
            with self.output.open("wb") as file:
                self.second = subprocess.Popen(
                    ["/bin/bash", "-c", f"exec {command}"],
                    cwd=self.directory,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
            self.seen = 0
            self.read_second_terminal(shown)
        if not interrupt and not text.startswith("$ "):
            self.read_second_terminal(text)

    def read_second_terminal(self, shown: str) -> None:
        """Wait until the page's text has come out there."""

        def new() -> str:
            return self.output.read_text()[self.seen :]

        with suppress(AssertionError):  # the comparison tells more
            eventually(lambda: _lasting(shown) == _lasting(new()))
        assert _lasting(shown) == _lasting(new()), "in the second terminal"
        self.seen = len(self.output.read_text())

    def leave(self) -> None:
        """Press Ctrl-C in the second terminal; the program there ends well."""
        if self.second is not None:
            os.killpg(self.second.pid, signal.SIGINT)
            status, self.second = self.second.wait(20), None
            assert status == 0


def test_tutorial(redis_server: EmbeddedServer, tmp_path: Path) -> None:
    """Who follows the tutorial sees what it shows, from the empty project to the retried job."""
    directory = tmp_path / "mysite"
    directory.mkdir()
    blocks = _BLOCK.findall(PAGE.read_text())
    assert len(blocks) >= 10, "the blocks of the page were not found"
    reader = Reader(directory, _environment(redis_server))
    try:
        for language, caption, text in blocks:
            reader.do(language, caption, text)
        reader.leave()
    finally:
        if reader.second is not None:
            os.killpg(reader.second.pid, signal.SIGKILL)
            reader.second.wait()
    with redis_server.client() as client:
        assert client.llen("resque:failed") == 0
        assert client.exists("resque:workers") == 0


def _environment(server: EmbeddedServer) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        # A reader's shell knows nothing of this run's settings.
        if not name.startswith(("DJANGO_", "RESQUE_", "PYTEST_", "QUEUE", "INTERVAL"))
    }
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), kept.get("PYTHONPATH", "")])),
        "REDIS_URL": server.url,
        "NO_COLOR": "1",
        "DJANGO_COLORS": "nocolor",
        "COLUMNS": "120",
    }


def _commands(text: str) -> list[tuple[str, str]]:
    """Return what is typed after each prompt, and what is shown below it."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found:
            command, shown = found[-1]
            if line.startswith("> ") and not shown:
                found[-1] = (command + line[2:], "")
            else:
                found[-1] = (command, shown + line)
    return [(command.strip(), shown) for command, shown in found]


def _lasting(text: str) -> str:
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text.strip()


def _is_installed() -> bool:
    try:
        distribution("django-resque")
    except PackageNotFoundError:
        return False
    return True
