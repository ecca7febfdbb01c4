"""Looking for text in payloads as people read them, and only in what they may read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque.jobs.masking import masked_args, masked_text

if TYPE_CHECKING:
    from typing import Any

    from django_resque.wire.payload import Payload

# Readable: clients escape non-ASCII characters or do not, and people type them.
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_spaced = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Search:
    """A text to look for, whatever its case; an empty one is found everywhere.

    What is masked where it is shown is not found either: else one could find out secrets by
    searching for them letter by letter.
    """

    query: str
    in_arguments: bool = True
    """Whether arguments are searched as well; not for those who may not see them."""

    def within(self, text: str) -> bool:
        """Tell whether a text contains it."""
        return self.query.casefold() in text.casefold()

    def within_payload(self, payload: Payload) -> bool:
        """Tell whether a payload's name, id or arguments contain it."""
        if self.within(payload.name) or self.within(payload.id or ""):
            return True
        if not self.in_arguments or not self._within_arguments(payload.args):
            return False
        return self._within_arguments(masked_args(payload))

    def within_error(self, text: str, payload: Payload | None) -> bool:
        """Tell whether an error message contains it; ``payload`` is what was performed."""
        if not self.within(text):
            return False
        return payload is None or self.within(masked_text(text, payload))

    def within_unreadable(self, raw: bytes) -> bool:
        """Tell whether what is no payload contains it."""
        shown = raw.decode(errors="backslashreplace") if self.in_arguments else ""
        return self.within(shown)

    def _within_arguments(self, args: list[Any]) -> bool:
        # Both as it travels and, with spaces, as pages show it and people copy it.
        return self.within(_compact(args)) or (" " in self.query and self.within(_spaced(args)))
