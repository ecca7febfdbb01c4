"""Memory that has settled is cheap to fork and stays shared, and holds what it held."""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from django_resque.process import memory
from django_resque.process.memory import resident, settle_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLE = """
import gc, hashlib
from pathlib import Path
from django_resque.process.memory import settle_memory
kept = [str(number) * 20 for number in range(200_000)]
settle_memory()
assert gc.get_freeze_count() > 0
assert all(text == str(number) * 20 for number, text in enumerate(kept))
print(Path("/proc/self/smaps_rollup").read_text())
"""


@pytest.fixture(autouse=True)
def _unsettled() -> Iterator[None]:
    """Let each test be the first to settle, and leave nothing frozen."""
    settle_memory.cache_clear()
    yield
    gc.unfreeze()
    settle_memory.cache_clear()


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The addresses at which huge pages were asked for, of a kernel that knows none."""
    asked: list[int] = []

    def refuse(place: ctypes.c_void_p, size: ctypes.c_size_t, advice: int) -> int:
        assert (memory._HUGE_PAGE, memory._MADV_COLLAPSE) == (size.value, advice)
        asked.append(place.value or 0)
        return -1

    monkeypatch.setattr(memory, "_madvise", refuse)
    return asked


def can_collapse() -> bool:
    """Tell whether this kernel makes huge pages of small ones."""
    if memory._madvise is None:
        return False
    probe = mmap.mmap(-1, 2 * memory._HUGE_PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    probe.write(bytes(len(probe)))
    start = ctypes.addressof(ctypes.c_char.from_buffer(probe))
    place = -(-start // memory._HUGE_PAGE) * memory._HUGE_PAGE
    size = ctypes.c_size_t(memory._HUGE_PAGE)
    return bool(0 == memory._madvise(ctypes.c_void_p(place), size, memory._MADV_COLLAPSE))


@pytest.mark.skipif(not can_collapse(), reason="needs Linux 6.1 with huge pages")
def test_huge_pages() -> None:
    """Much of a large heap lies on huge pages, unchanged, and is left alone by collections."""
    done = subprocess.run(
        [sys.executable, "-c", SETTLE], capture_output=True, text=True, check=True
    )

    sizes = dict(line.split(":") for line in done.stdout.strip().splitlines()[1:])
    huge, anonymous = (int(sizes[key].split()[0]) for key in ("AnonHugePages", "Anonymous"))
    assert huge > anonymous / 4


def test_once(places: list[int]) -> None:
    """The second call does nothing, for it would copy what a worker and its siblings share."""
    settle_memory()
    frozen, asked = gc.get_freeze_count(), len(places)
    kept: list[list[int]] = [[] for _ in range(1000)]

    settle_memory()

    assert frozen > 0
    assert (frozen, asked) == (gc.get_freeze_count(), len(places))
    assert len(kept) == 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_places(places: list[int]) -> None:
    """Only whole huge pages of this process' own memory are asked for."""
    ours = [
        tuple(int(address, 16) for address in line.split()[0].split("-"))
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.split()[1] == "rw-p" and line.split()[5:] in ([], ["[heap]"])
    ]

    settle_memory()

    assert places
    for place in places:
        assert 0 == place % memory._HUGE_PAGE
        assert any(start <= place <= end - memory._HUGE_PAGE for start, end in ours)


def test_elsewhere(monkeypatch: pytest.MonkeyPatch, places: list[int]) -> None:
    """Where the system does not tell its memory, nothing is asked for."""

    def refuse(_path: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)

    settle_memory()

    assert [] == places
    assert gc.get_freeze_count() > 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_resident() -> None:
    """What a process occupies is told in bytes; of one that is gone, nothing."""
    before = resident()
    assert before is not None
    filled = bytearray(b"x") * (64 * 2**20)

    after = resident(os.getpid())

    assert after is not None
    assert 0.9 * len(filled) < after - before < 1.5 * len(filled)
    assert resident(2**22 + 1) is None
