"""What lies in a key of Redis, whoever wrote it, as a page shows it: masked and cut."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from django_resque.exceptions import DecodeError
from django_resque.jobs.masking import masked_args, masked_text
from django_resque.wire.codec import loads
from django_resque.wire.payload import Payload
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.monitor.stats import KeyContent

_LONGEST = 2000  # characters of one entry
_MOST_BYTES = 16_000_000  # that are decoded for one page: within a part of a second


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One entry of a key, with its index, field or score as far as its type gives one."""

    name: str
    text: str

    @classmethod
    def all(cls, content: KeyContent) -> list[EntryShown]:
        """Show the first entries of a key."""
        room = _MOST_BYTES
        shown = []
        for name, raw in content.entries:
            room -= len(raw)
            # Half a document cannot be read, and so not be masked either.
            is_whole = content.facts.type != "string" or len(raw) == content.facts.size
            is_text = raw[:1] not in (b"{", b"[")
            fits = is_text or (is_whole and room >= 0)
            text = _masked(raw) if fits else _("too long to be shown")
            shown.append(cls(printable(name), printable(text, _LONGEST)))
        return shown


def _masked(raw: bytes) -> str:
    try:
        document = loads(raw, "entry")
    except DecodeError:
        document = None
    if not isinstance(document, (dict, list)):
        return raw[: 4 * _LONGEST].decode(errors="backslashreplace")
    return _as_json(document)


def _as_json(document: Any) -> str:
    """Mask what is named like a secret, and in a job or what holds one also what its job hides."""
    is_holder = isinstance(document, dict) and "payload" in document
    item = document["payload"] if is_holder else document
    name, args = (item.get("class"), item.get("args")) if isinstance(item, dict) else (None, None)
    if not (isinstance(name, str) and isinstance(args, list)):
        return _dumped(_by_names(document))
    payload = Payload(name, args)
    masked = {**item, "args": masked_args(payload)}
    whole = {**document, "payload": masked} if is_holder else masked
    return masked_text(_dumped(_by_names(whole)), payload)


def _by_names(document: Any) -> Any:
    return masked_args(Payload("", [document]))[0]


def _dumped(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
