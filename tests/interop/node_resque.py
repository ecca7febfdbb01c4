"""node-resque from npm, installed once for all test runs, and its processes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.polling import eventually
from tests.requiring import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.embedded import EmbeddedServer

_HERE = Path(__file__).parent / "node"
_PINNED = ("package.json", "package-lock.json")


def installed() -> Path:
    """Return the folder with the pinned packages, installed if they are not yet there.

    Skips the test where there is no node or npm, or nothing can be downloaded.
    """
    require(shutil.which("node") and shutil.which("npm"), "node with npm")
    pins = b"".join((_HERE / name).read_bytes() for name in _PINNED)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "django-resque"
    folder = cache / f"node-{hashlib.sha256(pins).hexdigest()[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache))
        for name in _PINNED:
            shutil.copy(_HERE / name, fresh)
        npm = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=fresh,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        require(npm.returncode == 0, f"node-resque from npm ({npm.stderr[-300:]})")
        try:
            fresh.rename(folder)
        except OSError:  # another test process was quicker
            shutil.rmtree(fresh)
    return folder


class Node:
    """Runs node-resque against the private server."""

    def __init__(self, server: EmbeddedServer, folder: Path) -> None:
        """Keep the logs of jobs in ``folder``."""
        self.log = folder / "performed"
        self._released = folder / "released"
        self._environment = {
            **os.environ,
            "NODE_PATH": str(installed() / "node_modules"),
            "REDIS_SOCKET": server.socket,
            "JOB_LOG": str(self.log),
            "RELEASED": str(self._released),
        }
        self._workers: list[subprocess.Popen[str]] = []

    def enqueue(self, *calls: Sequence[Any]) -> None:
        """Enqueue (queue, class, args) each."""
        self._run("enqueue", json.dumps(calls))

    def delay(self, *calls: Sequence[Any]) -> None:
        """Let (milliseconds, queue, class, args) each be due then."""
        self._run("delay", json.dumps(calls))

    def delayed(self) -> Any:
        """Return what node-resque sees delayed: milliseconds to the items."""
        return json.loads(self._run("delayed"))

    def inspect(self) -> Any:
        """Return all that node-resque sees."""
        return json.loads(self._run("inspect"))

    def work(self, queues: str) -> str:
        """Start a worker; return its name, ``host:pid``."""
        return self._start("work", queues)

    def schedule(self) -> str:
        """Start a scheduler; return its name."""
        return self._start("schedule")

    def _start(self, *words: str) -> str:
        process = subprocess.Popen(
            self._command(*words), env=self._environment, stdout=subprocess.PIPE, text=True
        )
        self._workers.append(process)
        assert process.stdout
        said: dict[str, str] = json.loads(process.stdout.readline())
        assert "started" in said, said
        return said["started"]

    def performed(self) -> list[Any]:
        """Return what jobs have noted, in either language."""
        return [json.loads(line) for line in self.log.read_text("utf-8").split("\n") if line]

    def await_notes(self, number: int) -> list[Any]:
        """Wait until that many lines were noted."""
        eventually(lambda: self.log.exists() and len(self.performed()) >= number, 20)
        return self.performed()

    def release(self) -> None:
        """Let jobs that wait go on."""
        self._released.touch()

    def stop(self) -> None:
        """Stop the workers; they finish their jobs."""
        self.release()
        while self._workers:
            worker = self._workers.pop()
            worker.terminate()
            worker.communicate(timeout=10)

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            self._command(*words),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert not done.returncode, done.stderr
        return done.stdout

    def _command(self, *words: str) -> list[str]:
        return ["node", str(_HERE / "resque.cjs"), *words]
