"""``manage.py demo``: the whole forge on this machine, and nothing left of it afterwards."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import tempfile
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from django.core.management.base import BaseCommand, CommandError

from django_resque.embedded import EmbeddedServer
from django_resque.exceptions import ResqueError
from forge.processes import Processes
from forge.visitor import Visitor

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

GOOD = ("archive", "warm-cache", "notify", "thumbnail", "fetch")
_PORT = 8000
_STARTING = 60.0
_WIDTH = 8
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    """Run Redis, a web server, a mail server and workers, and have them do some work."""

    help = "Runs the forge with a Redis and workers of its own until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare port and duration."""
        parser.add_argument(
            "--port", type=int, help=f"Port of the web page (default {_PORT}, or a free one)."
        )
        parser.add_argument(
            "--seconds",
            type=float,
            help="End as soon as the first jobs are done; fail if they are not in so many seconds.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until Ctrl-C, or until the first jobs are done."""
        processes = Processes(self._tell)
        for number in _ENDINGS:
            signal.signal(number, processes.interrupt)
        try:
            with ExitStack() as stack:
                visitor = self._start(stack, processes, options["port"])
                if options["seconds"] is None:
                    self.stdout.write("Ctrl-C stops everything.\n\n")
                    while True:
                        processes.watch(60.0)
                self._await_results(visitor, processes, options["seconds"])
        except KeyboardInterrupt:
            self.stdout.write("\nEverything is stopped.")
        except (ResqueError, ChildProcessError, HTTPError) as error:
            raise CommandError(str(error)) from error

    def _start(self, stack: ExitStack, processes: Processes, port: int | None) -> Visitor:
        """Start all there is, each when what it needs is up."""
        if port is None:
            port = _PORT if _is_free(_PORT) else _free_port()
        elif not _is_free(port):
            raise CommandError(f"Port {port} is already in use; without --port a free one is found")
        var = stack.enter_context(tempfile.TemporaryDirectory(prefix="forge-"))
        server = stack.enter_context(EmbeddedServer())
        password = secrets.token_urlsafe(9)
        smtp_port = _free_port()
        os.environ.update(
            FORGE_VAR=var,
            FORGE_REDIS_URL=server.url,
            FORGE_SMTP_PORT=str(smtp_port),
            FORGE_SECRET_KEY=secrets.token_urlsafe(32),
            DJANGO_SUPERUSER_PASSWORD=password,
            no_proxy="127.0.0.1",  # the job that fetches a page of this machine
        )
        stack.callback(processes.stop)
        processes.run("tables", "migrate", "--verbosity=0")
        processes.run(
            "login", "createsuperuser", "--noinput", "--username=admin",
            "--email=admin@example.com", "--verbosity=0",
        )  # fmt: skip
        processes.run("seed", "forge_seed")
        processes.start("mail", "smtp_sink")
        processes.start("web", "runserver", "--noreload", f"127.0.0.1:{port}")
        processes.start(
            "workers", "resque_workers", "--count=2", "--queues=critical,file_serve,*",
            "--scheduler",
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}/"
        visitor = Visitor(url)
        deadline = time.monotonic() + _STARTING
        while not visitor.is_served():
            if time.monotonic() > deadline:
                raise CommandError(f"{url} does not answer")
            processes.watch(0.1)
        self.stdout.write(
            f"\n  The forge    {url}"
            f"\n  Admin        {url}admin/    user admin, password {password}"
            f"\n  Redis        {server.url}\n\n"
        )
        self.stdout.flush()
        for name in GOOD:
            visitor.press(name)
        return visitor

    def _await_results(self, visitor: Visitor, processes: Processes, seconds: float) -> None:
        """Wait until the first jobs are done."""
        deadline = time.monotonic() + seconds
        while len(set((status := visitor.status())["results"])) < len(GOOD):
            if status["failed"]:
                raise CommandError(f"A job failed: {status['failures']}")
            if time.monotonic() > deadline:
                raise CommandError(f"Not all jobs are done after {seconds:g} s: {status}")
            processes.watch(0.1)
        processes.watch(0.1)
        self.stdout.write(f"All {len(GOOD)} jobs are done.")

    def _tell(self, name: str, line: str) -> None:
        if line.strip():
            self.stdout.write(f"{self.style.MIGRATE_HEADING(name.ljust(_WIDTH))}| {line}")
            self.stdout.flush()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
