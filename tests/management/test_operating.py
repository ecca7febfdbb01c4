"""What all operators' commands share: clear errors and tables for any terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management.base import CommandError

from django_resque.exceptions import NoQueueError
from django_resque.management.operating import OperatingCommand
from tests.management.commands import run

if TYPE_CHECKING:
    from pytest_django import Settings

    from django_resque.store import Store
    from tests.conftest import Configure


class Command(OperatingCommand):
    """Writes a table, or fails."""

    def operate(self, store: Store, options: dict[str, Any]) -> None:
        """Do so."""
        del store
        if options.get("fail"):
            raise NoQueueError("evil\x1b[2J\nname")
        self.table(["NAME", "SIZE"], [("a", 5), ("b\x1b[2J\nc", 1000)])


def test_table(resque_settings: Configure) -> None:
    """Columns are aligned, numbers to the right, and no cell moves the cursor."""
    del resque_settings
    out = StringIO()

    Command(stdout=out).handle()

    expected = ["NAME         SIZE", "a               5", "b\\x1b[2J\\nc  1000"]
    assert expected == out.getvalue().splitlines()


def test_errors_are_one_line(resque_settings: Configure) -> None:
    """What Resque refuses is told in one harmless line."""
    del resque_settings

    with pytest.raises(CommandError, match=r"^evil\\x1b\[2J\\nname$"):
        Command().handle(fail=True)


def test_wrong_settings(settings: Settings) -> None:
    """Each setting that is wrong has a line of its own."""
    settings.RESQUE = {"HOSST": "a", "PORT": "b"}

    with pytest.raises(CommandError) as raised:
        run("resque_list")

    first, *others = str(raised.value).splitlines()
    assert "settings.RESQUE is wrong:" == first
    assert ['- RESQUE["HOSST"]', '- RESQUE["PORT"]:'] == [
        " ".join(line.split()[:2]) for line in others
    ]


def test_a_reader_that_has_seen_enough() -> None:
    """``resque_status | head -1`` ends without a word about the pipe."""
    script = (
        "import django; django.setup()\n"
        "from tests.management.test_operating import Command; Command().handle()"
    )
    read_end, write_end = os.pipe()
    os.close(read_end)

    done = subprocess.run(
        [sys.executable, "-c", script],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONUNBUFFERED": "",
        },
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write_end)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_command_must_operate(resque_settings: Configure) -> None:
    """One that does nothing is a mistake of its author."""
    del resque_settings
    with pytest.raises(NotImplementedError):
        OperatingCommand().handle()


@pytest.mark.parametrize("name", ["resque_status", "resque_list", "resque_prune"])
def test_redis_away(settings: Settings, name: str) -> None:
    """Without Redis, a command says so, and shows no password."""
    settings.RESQUE = {"URL": "redis://:s3cr3t@127.0.0.1:1/0"}

    with pytest.raises(CommandError, match="Redis is unavailable") as raised:
        run(name)

    assert "s3cr3t" not in str(raised.value)
