"""How anything in Redis is named in a URL and in the admin's log, whatever its name holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit

_PLAIN = re.compile(rb"[A-Za-z0-9._~:-]")
_SPELT = re.compile("!([0-9A-F]{2})|([A-Za-z0-9._~:-])")


def spell(name: str) -> str:
    """Return a name as one segment of a URL: letters, digits, ``._~:-``, the rest as ``!XX``.

    An empty name is ``!``. Names that are no UTF-8 survive the way there and back.
    """
    try:
        data = name.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        # Half a character, from an escape in JSON: no name in Redis, but some name it must have.
        data = name.encode(errors="surrogatepass")
    return "".join(
        byte.decode() if _PLAIN.fullmatch(byte) else f"!{byte[0]:02X}"
        for byte in (data[at : at + 1] for at in range(len(data)))
    ) or "!"  # fmt: skip


def unspell(segment: str) -> str:
    """Return the name that a segment of a URL spells."""
    if segment == "!":
        return ""
    data = b"".join(
        bytes.fromhex(code) if code else plain.encode() for code, plain in _SPELT.findall(segment)
    )
    return data.decode(errors="surrogateescape")


class NameConverter:
    """The converter ``<name:...>`` for the names of queues, workers, jobs, lists and keys."""

    regex = r"(?:[A-Za-z0-9._~:-]|![0-9A-F]{2})+|!"

    def to_python(self, value: str) -> str:
        """Read a segment."""
        return unspell(value)

    def to_url(self, value: str) -> str:
        """Write a segment."""
        return spell(value)


class DigestConverter:
    """The converter ``<digest:...>`` for the SHA-1 by which jobs and failures are addressed."""

    regex = "[0-9a-f]{40}"

    def to_python(self, value: str) -> str:
        """Read a segment."""
        return value

    def to_url(self, value: str) -> str:
        """Write a segment."""
        return value


def address(kind: str, *names: str) -> str:
    """Return what stands in the admin's log for a queue, worker, job or failure."""
    return "/".join([kind, *map(spell, names)])


def locate(visit: Visit, address: str) -> str:
    """Return the URL of the page of what an address in the admin's log stands for."""
    kind, *segments = address.split("/")
    page, parameters = _PAGES.get(kind, ("resque_changelist", ()))
    try:
        return visit.url(page, **dict(zip(parameters, map(unspell, segments), strict=True)))
    except (ValueError, NoReverseMatch):
        return visit.url("resque_changelist")


_PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "queue": ("queue", ("queue",)),
    "worker": ("worker", ("worker",)),
    "workers": ("workers", ()),
    "job": ("job", ("job",)),
    "failure": ("failure", ("list_name", "digest")),
    "failures": ("failures", ()),
    "delayed": ("delayed", ()),
    "timestamp": ("delayed_at", ("timestamp",)),
    "schedule": ("schedule", ("schedule",)),
    "result": ("result", ("job_id",)),
}
