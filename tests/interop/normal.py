"""Brings keys and commands of Ruby and of ours into one form, so that they can be compared.

What must differ is taken out: pids and hosts, moments (their form stays), names of exceptions
and what only one language says. Everything else, the order of fields too, stays as it is.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tests.interop.transcript import Sent

Keys = dict[str, tuple[str, Any]]

# Ours, as they are named to Ruby: the same failure has a name in each language.
_EXCEPTIONS = {
    "ArgumentError": "ValueError",
    "NameError": "django_resque.exceptions.UnknownJob",
    "Resque::DirtyExit": "django_resque.exceptions.DirtyExit",
    "Resque::PruneDeadWorkerDirtyExit": "django_resque.exceptions.PruneDeadWorkerDirtyExit",
    "Resque::TermException": "django_resque.exceptions.TermException",
    "SignalException": "django_resque.exceptions.DirtyExit",
}
# What each language says in its own words, and frames of its own.
_OWN_WORDS = frozenset(
    {"django_resque.exceptions.DirtyExit", "django_resque.exceptions.UnknownJob"}
)
_DATE = re.compile(
    r"\d{4}(-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"
    r"|[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d( UTC| [+-]\d{4})?)"
)
_WORKER = re.compile(r"[\w.-]+~[0-9a-f]{12}:\d+:")
# Ruby's lock of its own pruning; our pauses of single queues, what our workers tell and are told,
# and what we keep of the past: nobody else reads them.
_NOT_SHARED = (
    ":pruning_dead_workers_in_progress",
    ":queues:paused",
    ":workers:vitals",
    ":orders",
    ":settled",
    ":stat:finished",
    ":history:minutes",
    ":history:quarters",
    ":history:queues",
)
_WRITES = {"sadd", "srem", "rpush", "lpush", "set", "del", "hset", "hdel", "incrby"}
CHANGING = _WRITES | {"lpop", "lset", "lrem"}
"""The commands by which clients change keys."""


class Normal:
    """Normalises the documents of one keyspace."""

    def __init__(self, registered: Iterable[str] = ()) -> None:
        """Take the ids that Ruby's workers ``registered`` for the ids of workers of ours."""
        self._ids = [each.partition(":")[0] + ":" + each.split(":")[1] + ":" for each in registered]

    def keys(self, keys: Mapping[str, tuple[str, Any]]) -> Keys:
        """Return all keys in the common form."""
        return {
            self.text(name): (kind, self._value(name, value))
            for name, (kind, value) in keys.items()
            if not name.endswith(_NOT_SHARED)
        }

    def writes(self, sent: Iterable[Sent]) -> set[tuple[Any, ...]]:
        """Return the commands that changed something, each once."""
        return {words for each in sent for words in self._write(each)}

    def claims(self, sent: Iterable[Sent]) -> list[str]:
        """Return the claims that were made, in order."""
        return [self.text(each.words[2].decode()) for each in sent if _is_claim(each)]

    def text(self, text: str) -> str:
        """Return text without what differs from run to run."""
        for each in self._ids:
            text = text.replace(each, "worker:")
        text = _WORKER.sub("worker:", text)
        text = re.sub(r'^\{"rid":"[0-9a-f]+",', "{", text)
        return _DATE.sub(lambda date: re.sub(r"\d", "0", date[0]), text)

    def failure(self, raw: str) -> list[Any]:
        """Return a failure record's fields in their order."""
        pairs = dict(json.loads(raw))
        pairs["exception"] = _EXCEPTIONS.get(pairs["exception"], pairs["exception"])
        if "retried_at" in pairs:
            pairs["retried_at"] = pairs["retried_at"].removesuffix(
                " UTC"
            )  # which Ruby 2 leaves out
        pairs["backtrace"] = ["..."] if pairs["backtrace"] else []
        if pairs["exception"] in _OWN_WORDS:
            pairs["error"], pairs["backtrace"] = "...", []
        payload = json.dumps(pairs["payload"])
        text = {name: self.text(value) for name, value in pairs.items() if isinstance(value, str)}
        return list({**pairs, "payload": payload, **text}.items())

    def answer(self, text: str) -> Any:
        """Return what Ruby printed in its own notation, such as ``{"high"=>1}``."""
        return json.loads(self.text(text).replace("=>", ":"))

    def _value(self, name: str, value: Any) -> Any:
        if name.endswith("failed") and isinstance(value, list):
            return [self.failure(raw) for raw in value]
        if isinstance(value, dict):
            return {self.text(key): self.text(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.text(each) for each in value]
        return self.text(value)

    def _write(self, sent: Sent) -> Iterator[tuple[Any, ...]]:
        name, *rest = (word.decode() for word in sent.words)
        if name not in _WRITES or rest[0].endswith(_NOT_SHARED):
            return
        if name == "del":
            yield from ((name, self.text(key)) for key in rest)
        elif name in ("rpush", "lpush") and rest[0].endswith("failed"):
            yield (name, rest[0], repr(self.failure(rest[1])))
        else:
            yield (name, *(self.text(word) for word in rest if word != "NX"))


def without_given_back(sent: Iterable[Sent]) -> list[Sent]:
    """Leave out claims that we gave back at once, since the worker had been told to stop."""
    kept: list[Sent] = []
    for each in sent:
        if each.name == "lpush" and each.connection == "lua":
            last = max(at for at, earlier in enumerate(kept) if _is_claim(earlier))
            kept.pop(last)
        else:
            kept.append(each)
    return kept


def _is_claim(sent: Sent) -> bool:
    return sent.name == "set" and sent.words[2].startswith((b'{"queue"', b'{"rid"'))


def every_key(client: Any) -> Keys:
    """Return all keys of a server in the form of a snapshot."""
    readers = {
        "string": client.get,
        "list": lambda name: client.lrange(name, 0, -1),
        "set": lambda name: sorted(client.smembers(name)),
        "hash": client.hgetall,
    }
    found = {}
    for name in client.keys("*"):
        kind = client.type(name)
        value = readers[kind](name) if kind in readers else None
        if value is not None:  # it may have gone since
            found[name] = (kind, value)
    return found
