"""Renders pages of the admin under the settings that the environment names.

``python -m tests.admin.rendering PATH...`` prints a JSON list with the status and text of each.
A program of its own, for a theme puts another site in the place of the admin's.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 there are no models before
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(paths: Sequence[str]) -> None:
    """Print what somebody sees who may do everything."""
    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="secret"))
    answers = [client.get(path) for path in paths]
    pages = [[answer.status_code, answer.content.decode()] for answer in answers]
    sys.stdout.write(json.dumps(pages))


if __name__ == "__main__":
    main(sys.argv[1:])
