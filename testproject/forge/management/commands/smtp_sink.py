"""``manage.py smtp_sink``: takes the forge's mail and keeps it in files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from forge.smtp_sink import Sink

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Serve as the project's mail server."""

    help = "Takes the mail that the forge sends and keeps each in a file."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the port."""
        parser.add_argument("--port", type=int, default=settings.EMAIL_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped."""
        with Sink(options["port"], settings.VAR / "mail") as sink:
            sink.serve_forever()
