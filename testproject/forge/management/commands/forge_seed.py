"""``manage.py forge_seed``: a repository and pictures to work on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from forge.seed import seed


class Command(BaseCommand):
    """Create what the jobs work on."""

    help = "Creates a git repository and pictures for the jobs to work on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is not there yet."""
        seed()
