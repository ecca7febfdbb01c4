"""Text is found in payloads as people read them, whichever way their clients wrote it."""

from __future__ import annotations

import pytest

from django_resque.reading.search import Search
from django_resque.wire.payload import Payload

PAYLOAD = Payload.decode(
    b'{"class":"shop.jobs.Send","args":["M\\u00dcLLER",{"to":["a, b",1.0]},"\\ud800"],"id":"Ab-7"}'
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("SHOP.jobs", True),
        ("ab-7", True),
        ("müller", True),
        ("a, b", True),
        ('{"to": ["a, b", 1.0]}', True),
        ('"müller", {"TO": [', True),
        ('{"to":["a, b",1.0]}', True),
        ("u00dc", False),
        ("\ud800", True),
        ("class", False),
        ("nobody", False),
    ],
)
def test_within_payload(query: str, found: bool) -> None:
    """Name, id and arguments are searched, whatever the case."""
    assert found == Search(query).within_payload(PAYLOAD)


def test_without_arguments() -> None:
    """Who may not see arguments does not find out about them by searching."""
    search = Search("müller", in_arguments=False)

    assert not search.within_payload(PAYLOAD)
    assert not search.within_unreadable("müller".encode())
    assert Search("send", in_arguments=False).within_payload(PAYLOAD)


def test_within_unreadable() -> None:
    """What is no payload is searched as it lies there."""
    assert Search("OOPS").within_unreadable(b"{oops\xff")
    assert Search("\\xff").within_unreadable(b"{oops\xff")
    assert Search("é").within_unreadable("{É".encode())
    assert not Search("else").within_unreadable(b"{oops")


def test_secrets_are_not_found() -> None:
    """What is masked cannot be found out by searching for it, in arguments or errors."""
    payload = Payload("Pay", [{"token": "s3cr3t", "id": "seven"}])

    assert Search("SEVEN").within_payload(payload)
    assert Search("token").within_payload(payload)
    assert not Search("s3c").within_payload(payload)
    assert Search("no").within_error("no s3cr3t", payload)
    assert not Search("s3c").within_error("no s3cr3t", payload)
    assert Search("s3c").within_error("no s3cr3t", None)
    assert not Search("else").within_error("no s3cr3t", None)
