"""Reads the transcripts: what clients of Resque sent to Redis, as MONITOR printed it.

Each file in ``transcripts/`` was captured from a real client. It tells the steps that were taken,
every command that reached Redis, some snapshots of all keys, and the keys at the end.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "transcripts"

_SENT = re.compile(r'^ *[\d.]+ +(c\d+|lua|harness) +("(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*)$')
_EVENT = re.compile(r"^ *[\d.]+ (STEP|SNAP|EXIT|OUT|PS)(?: +(.*))?$")
_KEY = re.compile(r"^(string|list|set|hash|zset) +ttl=(-?\d+) +(.*)$")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)")
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"a": b"\a", b"b": b"\b"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One command as it reached Redis, its name in lower case."""

    connection: str
    words: tuple[bytes, ...]

    @property
    def name(self) -> str:
        """The name of the command."""
        return self.words[0].decode()

    @property
    def key(self) -> str:
        """The key without the namespace, or whatever the second word is."""
        return self.words[1].decode().partition(":")[2] if len(self.words) > 1 else ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All keys at one moment: name to (type, value as JSON has it)."""

    title: str
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of what was done: a shell command, in the background if ``background``."""

    line: str
    background: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """A program has ended: its exit status, where that was noted, and what it had printed."""

    status: int | None
    lines: list[str]


Event = Step | Sent | Snapshot | Ended


@dataclass(frozen=True, slots=True)
class Transcript:
    """One capture: who did what, what reached Redis, and what was left."""

    client: str
    scenario: str
    captured: datetime
    events: list[Event]

    @property
    def sent(self) -> Iterator[Sent]:
        """The commands, in order."""
        return (event for event in self.events if isinstance(event, Sent))

    @property
    def final(self) -> dict[str, tuple[str, Any]]:
        """The keys at the end."""
        last = self.events[-1]
        assert isinstance(last, Snapshot)
        return last.keys


@cache
def transcript(client: str, scenario: str) -> Transcript:
    """Read one transcript, such as ``transcript("ruby3.0.0", "work-ok")``."""
    return parse((FOLDER / f"{client}-{scenario}.txt").read_text("utf-8"))


def all_transcripts() -> list[Transcript]:
    """Read every file that is a transcript; the others are lists of findings."""
    texts = (path.read_text("utf-8") for path in sorted(FOLDER.glob("*.txt")))
    return [parse(text) for text in texts if "=== FINAL KEYS ===" in text]


def command(words: str, connection: str) -> Sent:
    """Read one command as MONITOR prints its words."""
    first, *rest = (_unquoted(word) for word in _QUOTED.findall(words))
    return Sent(connection, (first.lower(), *rest))


def parse(text: str) -> Transcript:
    """Read the text of a transcript."""
    # Not splitlines: some payloads hold U+2028.
    lines = iter(text.split("\n"))
    client, _, scenario = next(lines).removeprefix("# ").partition("   ")[0].partition(" / ")
    found = re.search(r"captured (\S+ \S+) UTC", text)
    assert found
    captured = datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc)
    events: list[Event] = []
    for line in lines:
        if line == "=== FINAL KEYS ===":
            events.append(Snapshot("final"))
        elif sent := _SENT.match(line):
            events.append(command(sent[2], sent[1]))
        elif event := _EVENT.match(line):
            events += _event(event[1], event[2] or "")
        elif line.startswith("     ") and isinstance(events[-1], Ended):
            events[-1].lines.append(line.strip())
        elif key := _KEY.match(line):
            snapshot = next(each for each in reversed(events) if isinstance(each, Snapshot))
            snapshot.keys[key[3]] = (key[1], json.loads(next(lines)))
    return Transcript(client, scenario.strip(), captured, events)


def _event(kind: str, text: str) -> list[Event]:
    if kind == "STEP":
        return [Step(text[2:] if text[:2] in ("$ ", "& ") else text, text.startswith("& "))]
    if kind == "SNAP":
        return [Snapshot(text)]
    if kind == "OUT":
        return [Ended(None, [text])]
    if kind == "EXIT":
        return [Ended(int(text.rpartition("rc=")[2]), [])]
    return []


def _unquoted(word: str) -> bytes:
    """Undo Redis' quoting of one word."""

    def meant(escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        return bytes.fromhex(code[1:].decode()) if len(code) == 3 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(meant, word.encode())
