"""``manage.py`` of the project: ``python -m tests.e2e.project.manage resque_work ...``."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.e2e.project.settings")
    execute_from_command_line(sys.argv)
