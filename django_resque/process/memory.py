"""Prepares a process' memory for many forks."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = os.sysconf("SC_PAGE_SIZE")
_HUGE_PAGE = 2 * 1024 * 1024
_MADV_COLLAPSE = 25  # since Linux 6.1; an older kernel refuses it
_madvise = getattr(ctypes.CDLL(None), "madvise", None) if sys.platform == "linux" else None


@cache
def settle_memory() -> None:
    """Make forks cheap, and keep shared with the children what is shared.

    Only the first call does anything, in a process and all that are forked from it: in a worker
    of a supervisor, whose memory has settled, a second one would copy what they share.
    """
    # Nothing that lives now is garbage: collections in children then leave its pages alone.
    gc.collect()
    gc.freeze()
    # What lies on huge pages a fork copies by the page or by the run, not by 4 KB entries.
    if _madvise is not None:
        for place in _huge_page_places():
            _madvise(ctypes.c_void_p(place), ctypes.c_size_t(_HUGE_PAGE), _MADV_COLLAPSE)


def resident(pid: int | None = None) -> int | None:
    """Return the resident memory of a process in bytes, what it shares with others included.

    That of this process without a ``pid``; None where the system does not tell (no /proc).
    """
    try:
        fields = Path(f"/proc/{pid or 'self'}/statm").read_bytes().split()
    except OSError:
        return None
    return int(fields[1]) * _PAGE


def _huge_page_places() -> Iterator[int]:
    """Iterate over the addresses in this process' own memory where a huge page fits."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        span, mode, _offset, _device, inode, *name = line.split()
        if mode == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in span.split("-"))
            first = -(-start // _HUGE_PAGE) * _HUGE_PAGE
            yield from range(first, end - _HUGE_PAGE + 1, _HUGE_PAGE)
