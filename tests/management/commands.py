"""Runs a management command as a user does, and returns what it prints."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command


def run(name: str, *argv: str) -> str:
    """Run ``manage.py name argv``; what it prints to stderr comes after stdout."""
    out, err = StringIO(), StringIO()
    call_command(name, *argv, stdout=out, stderr=err, no_color=True)
    return out.getvalue() + err.getvalue()
