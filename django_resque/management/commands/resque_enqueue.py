"""``manage.py resque_enqueue``: put one job into its queue from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from django_resque.exceptions import DecodeError, ResqueError
from django_resque.jobs.arguments import unpack
from django_resque.jobs.client import job_named
from django_resque.wire.codec import loads

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Enqueue a job and print its id."""

    help = "Enqueue a job and print its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("job", help='The name of the job, such as "shop.jobs.archive".')
        parser.add_argument(
            "args", nargs="*", metavar="argument", help="JSON; what is no JSON is taken as text."
        )
        parser.add_argument(
            "--json", metavar="LIST", help="All arguments as one JSON list, as in a payload."
        )
        parser.add_argument("--queue", help="Another queue than the job's own.")
        parser.add_argument(
            "--at-front", action="store_true", help="Enqueue before those that wait already."
        )

    def handle(self, *args: str, **options: Any) -> None:
        """Enqueue the job."""
        arguments = [_value(text) for text in args]
        if options["json"] is not None:
            if arguments:
                raise CommandError("Give the arguments one by one or with --json, not both.")
            arguments = _list(options["json"])
        try:
            job = job_named(options["job"], options["queue"])
            positional, keywords = unpack(arguments)
            handle = job.using(at_front=options["at_front"]).enqueue(*positional, **keywords)
        except ResqueError as error:
            raise CommandError(str(error)) from error
        if not handle:
            raise CommandError("Not enqueued: a before_enqueue hook refused the job.")
        self.stdout.write(handle.id or f"Enqueued to {handle.queue}.")


def _value(text: str) -> Any:
    try:
        return loads(text.encode(errors="surrogateescape"))
    except DecodeError:
        return text


def _list(text: str) -> list[Any]:
    try:
        value = loads(text.encode(errors="surrogateescape"), "--json")
    except DecodeError as error:
        raise CommandError(f"{error}.") from error
    if not isinstance(value, list):
        raise CommandError("--json takes a list, such as '[1, \"two\"]'.")
    return value
