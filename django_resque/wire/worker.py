"""A worker's name in Redis, and the claim that lies at ``worker:<id>`` while it works."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps, loads
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAYLOAD = b',"payload":'
# A claim of ours whose head has no escapes: nearly all of them, read without a JSON parser.
_PLAIN = re.compile(
    rb'\{"rid":"([0-9a-f]*)","queue":"([\x20-\x21\x23-\x5b\x5d-\x7e]*)",'
    rb'"run_at":"([0-9TZ:-]*)",(?:"claimed":([0-9]{1,18}),)?"payload":(.*)\}',
    re.DOTALL,
)
_ID = re.compile("([^:]*):([0-9]{1,10}):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WorkerId:
    """``<host>~<token>:<pid>:<queues>``, or ``<host>:<pid>:<queues>`` of other clients.

    The token makes equal pids of containers with equal host names two workers, and keeps Ruby's
    pruning by ``ps`` on the same host away from us.
    """

    host: str
    pid: int
    queues: str
    token: str = ""

    @property
    def machine(self) -> str:
        """The part of the token that names machine and pid namespace; empty when unknown."""
        return self.token[:-4]

    def __str__(self) -> str:
        """Return the id as it stands in Redis."""
        host = f"{self.host}~{self.token}" if self.token else self.host
        return f"{host}:{self.pid}:{self.queues}"

    @classmethod
    def parse(cls, text: str) -> WorkerId:
        """Read an id of any client. Raises DecodeError for one without three parts."""
        match = _ID.fullmatch(text)
        if match is None:
            raw = text.encode(errors="surrogateescape")
            raise DecodeError(f"worker id {text!r} is not host:pid:queues", raw)
        name, pid, queues = match.groups()
        host, _, token = name.partition("~")
        return cls(host, int(pid), queues, token)


@dataclass(frozen=True, slots=True)
class Reservation:
    """A payload that was taken from a queue and claimed by a worker."""

    worker: str
    """The id of the worker."""
    queue: str
    """The queue it was taken from."""
    run_at: str
    """When that was: ``2026-11-21T04:48:58Z``."""
    payload: bytes
    """Its bytes as they lay in the queue."""
    rid: str = ""
    """The name of this one claim, so that a repeated call after a lost reply is recognised.

    Empty on the claims of other clients.
    """
    claimed: int = 0
    """When it was made, in microseconds by the clock of Redis, if its worker wanted to know."""

    def encode(self) -> bytes:
        """Return the claim's bytes: Ruby's document with our ``rid`` before it."""
        head: dict[str, Any] = {"rid": self.rid, "queue": self.queue, "run_at": self.run_at}
        if self.claimed:
            head["claimed"] = self.claimed
        return dumps(head)[:-1] + _PAYLOAD + self.payload + b"}"

    @classmethod
    def decode(cls, worker: str, raw: bytes) -> Reservation:
        """Read the claim of any client's worker.

        A claim of ours is cut, not parsed, so that even a payload that is no JSON comes back
        byte for byte. Raises DecodeError when neither way gives a queue and a payload.
        """
        if (plain := _PLAIN.fullmatch(raw)) is not None:
            rid, queue, run_at, claimed, payload = plain.groups()
            return cls(
                worker, queue.decode(), run_at.decode(), payload, rid.decode(), int(claimed or 0)
            )
        head, found, tail = raw.partition(_PAYLOAD)
        if found and head.startswith(b'{"rid":') and tail.endswith(b"}"):
            document, payload = loads(head + b"}", "claim"), tail[:-1]
        else:
            document = loads(raw, "claim")
            if not isinstance(document, dict) or "payload" not in document:
                raise DecodeError("claim holds no payload", raw)
            try:
                payload = dumps(document["payload"])
            except UnicodeEncodeError:
                raise DecodeError("claim holds half a character", raw) from None
        queue, run_at, rid = (
            str("" if document.get(key) is None else document[key])
            for key in ("queue", "run_at", "rid")
        )
        claimed = document.get("claimed")
        return cls(worker, queue, run_at, payload, rid, claimed if type(claimed) is int else 0)


def reservation_for(job_id: str, claims: Iterable[tuple[str, bytes | None]]) -> Reservation | None:
    """Return the claim on the job of that id, given workers and their claims; None without one.

    Claims that cannot be read, or are cut short, are passed over.
    """
    # Looking for the bytes first spares decoding all the others.
    mark = job_id.encode(errors="surrogateescape")
    for worker, claim in claims:
        if claim is None or mark not in claim:
            continue
        try:
            reservation = Reservation.decode(worker, claim)
            if Payload.decode(reservation.payload).id == job_id:
                return reservation
        except DecodeError:
            continue
    return None
