"""What the commands that keep running have in common: options, environment, what they run."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from django_resque import wiring
from django_resque.conf import get_settings
from django_resque.exceptions import NoQueueError
from django_resque.execution.queue_names import QueuePatterns
from django_resque.jobs.registry import registry
from django_resque.management.arguments import count, seconds
from django_resque.process.forking import flush
from django_resque.process.options import WorkerOptions
from django_resque.process.pidfile import PidfileRefused, pidfile
from django_resque.process.scheduler import Scheduler
from django_resque.process.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import CommandParser

EXIT_USAGE = 2
_EXIT_PIDFILE = 73  # EX_CANTCREAT
_LEVELS = {0: logging.ERROR, 1: logging.INFO, 2: logging.INFO, 3: logging.DEBUG}


class DaemonCommand(BaseCommand):
    """A command that runs until it is told to stop."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options of every such command."""
        parser.add_argument(
            "--pidfile",
            help="Write the pid here; refuse to start beside a live process. Environment: PIDFILE.",
        )
        parser.add_argument(
            "--background",
            action="store_true",
            help="Leave the terminal and work as a daemon. Environment: BACKGROUND.",
        )

    def run_daemon(self, options: dict[str, Any], run: Callable[[], int]) -> None:
        """Log, hold the pid file, leave the terminal if told to, and run; exit with its status."""
        verbosity = 3 if os.environ.get("VVERBOSE") else options["verbosity"]
        self._log(verbosity)
        if verbosity > 1:
            self._print_registry()
        path = options["pidfile"] or os.environ.get("PIDFILE")
        if options["background"] or os.environ.get("BACKGROUND"):
            with self._pidfile(path):
                pass  # a daemon would have no terminal to complain on
            daemonize()
        with self._pidfile(path):
            status = run()
        if status:
            sys.exit(status)

    def scheduler_interval(self, options: dict[str, Any]) -> float:
        """Return the seconds between two looks of a scheduler."""
        given = {"scheduler_interval": options.get("scheduler_interval")}
        interval: float = self._number(
            given, "scheduler_interval", "RESQUE_SCHEDULER_INTERVAL", seconds, 5.0
        )
        return interval

    @staticmethod
    def make_scheduler(interval: float) -> Scheduler:
        """Return a scheduler of this process, with a connection of its own."""
        link = wiring.link()
        schedule = get_settings().schedule
        return Scheduler(schedule, store=wiring.store_over(link), link=link, interval=interval)

    @staticmethod
    @contextmanager
    def _pidfile(path: str | None) -> Iterator[None]:
        """Hold the pid file, if there is to be one."""
        with ExitStack() as stack:
            if path:
                try:
                    stack.enter_context(pidfile(path))
                except PidfileRefused as error:
                    raise CommandError(str(error), returncode=_EXIT_PIDFILE) from error
            yield

    @staticmethod
    def _number(
        options: dict[str, Any], option: str, name: str, read: Callable[[str], Any], default: Any
    ) -> Any:
        if options[option] is not None:
            return options[option]
        text = os.environ.get(name)
        if not text:
            return default
        try:
            return read(text)
        except argparse.ArgumentTypeError as error:
            msg = f"The environment variable {name} is wrong: {error}"
            raise CommandError(msg, returncode=EXIT_USAGE) from error

    def _log(self, verbosity: int) -> None:
        """Show the log on stderr at the level asked for, unless the project's LOGGING does."""
        package = logging.getLogger("django_resque")
        if verbosity != 1 or package.level == logging.NOTSET:
            package.setLevel(_LEVELS.get(verbosity, logging.INFO))
        if not package.hasHandlers():
            handler = logging.StreamHandler()
            handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
            package.addHandler(handler)

    def _print_registry(self) -> None:
        self.stdout.write(f"{len(registry)} registered jobs:")
        default = get_settings().default_queue
        for job in registry:
            self.stdout.write(f"  {job.name}  (queue {job.queue or default})")


class WorkingCommand(DaemonCommand):
    """A command that works off queues; every option also has Resque's environment name."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options; those not given fall back to the environment, then to a default."""
        parser.add_argument(
            "--queues",
            "--queue",
            help="Queues in order of priority, separated by commas: names, globs such as mail_* "
            "or *, and !name to leave some out. Environment: QUEUES, QUEUE.",
        )
        parser.add_argument(
            "--interval",
            type=seconds,
            help="Seconds between two looks when no push was announced (default 5); 0 is "
            "--burst. Environment: INTERVAL.",
        )
        parser.add_argument(
            "--burst", action="store_true", help="Exit as soon as all queues are empty."
        )
        parser.add_argument("--max-jobs", type=count, help="Exit after this many jobs.")
        parser.add_argument(
            "--max-idle", type=seconds, help="Exit after this many seconds without a job."
        )
        parser.add_argument(
            "--jobs-per-fork",
            type=count,
            help="Let one child perform up to this many jobs (default 1). Environment: "
            "JOBS_PER_FORK.",
        )
        parser.add_argument(
            "--no-fork",
            action="store_true",
            help="Perform jobs in the worker itself, for debuggers: no timeout, no memory "
            "limit. Environment: FORK_PER_JOB=false.",
        )
        parser.add_argument(
            "--term-child",
            action="store_true",
            help="On TERM and INT, raise TermException in the job before killing it. "
            "Environment: TERM_CHILD.",
        )
        parser.add_argument(
            "--term-timeout",
            type=seconds,
            help="Seconds between TERM and KILL of a job (default 4). Environment: "
            "RESQUE_TERM_TIMEOUT.",
        )
        parser.add_argument(
            "--pre-shutdown-timeout",
            type=seconds,
            help="With --term-child, seconds a job may go on before TERM (default 0). "
            "Environment: RESQUE_PRE_SHUTDOWN_TIMEOUT.",
        )
        parser.add_argument(
            "--graceful-term",
            action="store_true",
            help="Let TERM mean QUIT: finish the job, then exit. Environment: GRACEFUL_TERM.",
        )
        parser.add_argument(
            "--run-at-exit-hooks",
            action="store_true",
            help="Run atexit hooks when a child leaves. Environment: RUN_AT_EXIT_HOOKS.",
        )
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Work off the queues until told to stop."""
        working = self.worker_options(options)
        self.run_daemon(options, lambda: self.work(working, options))

    def work(self, working: WorkerOptions, options: dict[str, Any]) -> int:
        """Run the worker or workers; return the exit status."""
        raise NotImplementedError

    def worker_options(self, options: dict[str, Any]) -> WorkerOptions:
        """Return the worker's options: from argv, else the environment, else the defaults."""
        environment = os.environ.get
        text = options["queues"] or environment("QUEUES") or environment("QUEUE") or ""
        try:
            queues = QueuePatterns.parse(text.split(","))
        except NoQueueError as error:
            raise CommandError(str(error), returncode=EXIT_USAGE) from error
        interval = self._number(options, "interval", "INTERVAL", seconds, 5.0)
        return WorkerOptions(
            queues=queues,
            interval=interval,
            burst=options["burst"] or interval == 0,
            max_jobs=options["max_jobs"],
            max_idle=options["max_idle"],
            jobs_per_fork=self._number(options, "jobs_per_fork", "JOBS_PER_FORK", count, 1),
            fork=not options["no_fork"] and environment("FORK_PER_JOB") != "false",
            term_child=options["term_child"] or bool(environment("TERM_CHILD")),
            term_timeout=self._number(options, "term_timeout", "RESQUE_TERM_TIMEOUT", seconds, 4.0),
            pre_shutdown_timeout=self._number(
                options, "pre_shutdown_timeout", "RESQUE_PRE_SHUTDOWN_TIMEOUT", seconds, 0.0
            ),
            graceful_term=options["graceful_term"] or bool(environment("GRACEFUL_TERM")),
            run_at_exit_hooks=options["run_at_exit_hooks"]
            or bool(environment("RUN_AT_EXIT_HOOKS")),
        )

    @staticmethod
    def make_worker(working: WorkerOptions) -> Worker:
        """Return a worker of this process, with a connection of its own."""
        link = wiring.link()
        return Worker(
            working,
            get_settings(),
            wiring.failure_backends(),
            store=wiring.store_over(link),
            link=link,
            thread_store=wiring.store(),
        )


def daemonize() -> None:
    """Go on as a daemon: a session of its own, no terminal, standard streams on /dev/null."""
    flush()
    if os.fork():
        os._exit(0)
    os.setsid()
    # The second fork gives up the session's leadership, and with it any claim to a terminal.
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
