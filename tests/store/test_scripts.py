"""The Lua scripts are found, told apart by their SHA-1, and say what they take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from django_resque.store import scripts
from django_resque.store.scripts import Script

if TYPE_CHECKING:
    import redis

_FILES = sorted(Path(scripts.__file__).parent.glob("*.lua"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_script(path: Path, redis_client: redis.Redis) -> None:
    """Redis can compile every script, and calls it by the SHA-1 that we call it by."""
    script = Script(path.stem)

    assert script.source.endswith(path.read_text())
    assert script.sha == redis_client.script_load(script.source)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_header(path: Path) -> None:
    """Every script begins with what it does and its KEYS and ARGV."""
    header = [line for line in path.read_text().splitlines() if line.startswith("--")]

    assert path.read_text().startswith("-- ")
    assert any(line.startswith("-- KEYS ") for line in header)
    assert any(line.startswith("-- ARGV ") for line in header)


def test_beginning() -> None:
    """A script whose first line asks for another one has it before it; the others have nothing."""
    texts = {path.stem: path.read_text() for path in _FILES}

    assert texts["limits"] + texts["ending"] + texts["step"] == Script("step").source
    assert texts["look"] == Script("look").source


def test_source_is_no_noise() -> None:
    """A script's representation is its name, not its text."""
    assert "Script(name='step')" == repr(Script("step"))
