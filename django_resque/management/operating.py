"""What the operators' commands have in common: the store, errors in one line, aligned tables."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from django_resque import wiring
from django_resque.exceptions import ConfigurationError, ResqueError
from django_resque.management.arguments import name
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.core.management.base import CommandParser

    from django_resque.store import Store


def add_targets(parser: CommandParser, verb: str) -> None:
    """Declare what a command pauses or resumes: queues, all workers, or one."""
    parser.add_argument("queues", nargs="*", type=name, metavar="QUEUE", help=f"Queues to {verb}.")
    parser.add_argument("--all", action="store_true", help=f"{verb.title()} all workers instead.")
    parser.add_argument(
        "--worker", type=name, metavar="ID", help=f"{verb.title()} one worker of ours instead."
    )


def check_targets(options: dict[str, Any]) -> None:
    """Raise CommandError unless just one kind of them was named."""
    if [bool(options[what]) for what in ("queues", "all", "worker")].count(True) != 1:
        raise CommandError("Name queues, or give --all or --worker", returncode=2)


class OperatingCommand(BaseCommand):
    """A command that looks at or changes what lies in Redis."""

    # Whoever needs this command at 3 a.m. needs it although a check has something to say.
    requires_system_checks = ()

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the command; whatever Resque refuses ends it with one clear line."""
        try:
            self.operate(wiring.store(), options)
            self.stdout.flush()
        except BrokenPipeError:
            # Who reads the output, such as head, has seen enough. What Python still holds of it
            # goes nowhere: it would complain again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except ConfigurationError as error:
            raise CommandError(str(error)) from error  # a line for each setting that is wrong
        except ResqueError as error:
            raise CommandError(printable(str(error), 2000)) from error

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Do what the command is for."""
        raise NotImplementedError

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write rows in aligned columns, safe for any terminal; numbers to the right."""
        cells = [[printable(str(cell), 120) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
        numbers = [all(row[at].isdecimal() for row in cells) for at in range(len(heads))]
        for row in [list(heads), *cells]:
            padded = [
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, numbers, strict=True)
            ]
            self.stdout.write("  ".join(padded).rstrip())

    def json(self, value: object) -> None:
        """Write a value as JSON for other programs."""
        self.stdout.write(json.dumps(value, indent=2))
