"""The Lua scripts: one file per atomic step, its KEYS and ARGV in its header comment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and the SHA-1 by which Redis calls it."""

    name: str
    source: str = field(init=False, repr=False)
    sha: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read ``<name>.lua`` from this folder."""
        source = files(__package__).joinpath(f"{self.name}.lua").read_text("utf-8")
        object.__setattr__(self, "source", source)
        digest = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)
