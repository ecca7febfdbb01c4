"""What a worker is told through Redis: a document in the list ``worker:<id>:orders``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import loads

Kind = Literal["pause", "resume", "stop", "kill", "first"]

_KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Order:
    """One thing for one worker to do."""

    kind: Kind
    """As by signals: ``pause`` USR2, ``resume`` CONT, ``stop`` QUIT, ``kill`` USR1 for one job."""
    rid: str = ""
    """Which claim's job to ``kill``: never another that has begun meanwhile."""
    queue: str = ""
    """Which queue to look into ``first``, once."""

    def encode(self) -> bytes:
        """Return the bytes for the list, without what is empty."""
        told = {name: value for name, value in asdict(self).items() if value}
        # ASCII, with escapes: the name of a queue that another client made may be no UTF-8.
        return json.dumps(told, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, raw: bytes) -> Order:
        """Read an order. Raises DecodeError for what is none."""
        document = loads(raw, "order")
        if not isinstance(document, dict):
            raise DecodeError("order is not an object", raw)
        kind, rid, queue = (document.get(name, "") for name in ("kind", "rid", "queue"))
        if not (isinstance(kind, str) and isinstance(rid, str) and isinstance(queue, str)):
            raise DecodeError("order is not told in strings", raw)
        if kind not in _KINDS:
            raise DecodeError("order is of no kind that is known here", raw)
        return cls(kind, rid, queue)  # type: ignore[arg-type]  # one of _KINDS
