"""A remembered retry comes back as it was; what is none is told apart."""

from __future__ import annotations

import pytest

from django_resque.exceptions import DecodeError
from django_resque.wire.retry import RetryNote

_NOTE = RetryNote(1.5, 12.5, "shop.send", "mail", 2, 5, "f00", "host:1:q", "ValueError", "boom")


def test_roundtrip() -> None:
    """All of it survives, and the times can be had as moments."""
    assert _NOTE == RetryNote.decode(_NOTE.encode())
    assert _NOTE.due_at is not None
    assert _NOTE.failed_at is not None
    assert 11.0 == (_NOTE.due_at - _NOTE.failed_at).total_seconds()


def test_hostile_texts() -> None:
    """A lone surrogate is spelt out, a long text cut: a row must stay a row."""
    note = RetryNote(1, 2, "x", "q\udc80", 2, 5, error="e" * 5000)

    read = RetryNote.decode(note.encode())

    assert ("q\\udc80", 1000) == (read.queue, len(read.error))


@pytest.mark.parametrize("raw", [b"", b"[]", b"7", b"{}", b'{"at":1}', b'{"at":"1","due":2}'])
def test_no_note(raw: bytes) -> None:
    """What tells no times is none."""
    with pytest.raises(DecodeError):
        RetryNote.decode(raw)


def test_strange_fields() -> None:
    """Fields of a wrong kind are taken as not told."""
    read = RetryNote.decode(b'{"at":1,"due":2,"job":[],"attempt":"x","most":-4,"error":{}}')

    assert RetryNote(1, 2, "", "", 1, 1) == read
