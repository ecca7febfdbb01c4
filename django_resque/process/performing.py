"""The forked side: performs what its worker hands over, answers, and leaves."""

from __future__ import annotations

import atexit
import os
import signal
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_resque import signals
from django_resque.execution.outcome import Failed, decode, encode
from django_resque.execution.perform import mourn
from django_resque.execution.settle import job_name
from django_resque.execution.verdict import verdict_in
from django_resque.process.forking import set_handler
from django_resque.process.termination import Termination
from django_resque.wire.worker import Reservation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django_resque.exceptions import DirtyExit
    from django_resque.execution.outcome import Outcome
    from django_resque.failures.base import FailureBackend
    from django_resque.process.channel import Channel
    from django_resque.process.procline import Procline

READY = b"R"
"""A performer's first message: the fork went well."""
PERFORM = b"P"
"""Perform what :func:`performance` has put into the body, then wait for another message."""
PERFORM_LAST = b"L"
"""As PERFORM, but then leave."""
MOURN = b"M"
"""Run the hooks for the outcome and claim in the body, then leave."""
ASK = b"A"
"""As MOURN, but ask the job's retry policy first and answer what becomes of the job."""
STOPPING = b"S"
"""The body says why signals follow to stop the job."""
OUTCOME = b"O"
"""The outcome is in the body."""

_LENGTHS = struct.Struct("!4Q")
_ESCAPED = "surrogatepass"  # a name may hold half a character, and is to arrive as it was
_OOM_SCORE = b"300"  # when memory runs out, the kernel is to kill the job and not the worker


@dataclass(slots=True)
class PerformerTask:
    """All that a performer needs to know of its worker."""

    worker: str
    backends: Sequence[FailureBackend]
    run_at_exit_hooks: bool
    procline: Procline

    def serve(self, channel: Channel, inherited: Iterable[int]) -> int:
        """Perform claims from the channel until the last one or until it closes.

        ``inherited`` are descriptors of the worker's, which the performer must not hold open.
        """
        os.setpgid(0, 0)
        for descriptor in inherited:
            os.close(descriptor)
        _offer_to_oom_killer()
        termination = Termination(lambda: _reason_from(channel))
        set_handler(signal.SIGTERM, termination.handle)
        self.procline.show("Ready")
        fresh = True
        # Without a worker to answer to, or with nothing more from it, the way is out.
        listening = channel.send(READY)
        while listening and (message := channel.receive()):
            kind, body = message
            if kind == STOPPING:
                continue  # it came too late: the job had ended
            if kind in (MOURN, ASK):
                channel.send(OUTCOME, self._mourn(body, ask=kind == ASK))
                break
            name, reservation = self._asked(body)
            self.procline.processing(reservation.queue, name)
            outcome = termination.guard(reservation, self.backends, fresh=fresh)
            fresh = False
            listening = channel.send(OUTCOME, encode(outcome))
            if kind == PERFORM_LAST:
                break
        signals.performer_exit.send_robust(None)
        if self.run_at_exit_hooks:
            atexit._run_exitfuncs()  # noqa: SLF001 leaving by sys.exit would unwind the parent's frames
        return 0

    def _asked(self, body: bytes) -> tuple[str, Reservation]:
        """Read what :func:`performance` wrote: the job's name, and the claim."""
        texts, at = [], _LENGTHS.size
        for length in _LENGTHS.unpack_from(body):
            texts.append(body[at : at + length].decode(errors=_ESCAPED))
            at += length
        name, queue, run_at, rid = texts
        return name, Reservation(self.worker, queue, run_at, body[at:], rid)

    def _mourn(self, body: bytes, *, ask: bool) -> bytes:
        outcome_bytes, _, claim = body.partition(b"\n")
        verdict = verdict_in(decode(outcome_bytes))
        if verdict is None:
            return outcome_bytes
        reservation = Reservation.decode(self.worker, claim)
        return encode(mourn(reservation, verdict, self.backends, ask=ask))


def performance(reservation: Reservation) -> bytes:
    """Return the body of a PERFORM or PERFORM_LAST message."""
    # Not as JSON, which would have to be read again for every job. The worker has read the payload
    # already, so it tells the name too.
    name = job_name(reservation.payload) or ""
    parts = [
        each.encode(errors=_ESCAPED)
        for each in (name, reservation.queue, reservation.run_at, reservation.rid)
    ]
    return b"".join((_LENGTHS.pack(*map(len, parts)), *parts, reservation.payload))


def mourning(reservation: Reservation, outcome: Outcome) -> bytes:
    """Return the body of a MOURN or ASK message."""
    # The outcome is JSON, so no newline stands in it.
    return encode(outcome) + b"\n" + reservation.encode()


def _reason_from(channel: Channel) -> DirtyExit | None:
    """Return why the worker stops the job at work, if it said so before it sent the signal."""
    message = channel.poll()
    if message is None or message[0] != STOPPING:
        return None
    failed = decode(message[1])
    return failed.as_exception() if isinstance(failed, Failed) else None


def _offer_to_oom_killer() -> None:
    # Not by pathlib, which would cost every child seventy page faults.
    try:
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        try:
            os.write(score, _OOM_SCORE)
        finally:
            os.close(score)
    except OSError:
        return  # not Linux, or not allowed here: the kernel then chooses by size alone
