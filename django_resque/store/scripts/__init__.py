"""The Lua scripts: one file per atomic step, its KEYS and ARGV in its header comment."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from importlib.resources import files

_BEGINS_WITH = re.compile(r"-- Begins with (\w+)\.lua\.\n")


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and the SHA-1 by which Redis calls it."""

    name: str
    source: str = field(init=False, repr=False)
    sha: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read ``<name>.lua`` from this folder, and what its first line says it begins with."""
        source = _read(self.name)
        object.__setattr__(self, "source", source)
        digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


def _read(name: str) -> str:
    source = files(__package__).joinpath(f"{name}.lua").read_text("utf-8")
    beginning = _BEGINS_WITH.match(source)
    return _read(beginning[1]) + source if beginning else source
