"""What came of a job, and how far one is: the documents at ``result:<id>`` and its progress."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from django_resque.exceptions import DecodeError
from django_resque.wire import timestamps
from django_resque.wire.codec import dumps, loads
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

Ended = Literal["succeeded", "failed", "skipped", "expired", "cancelled", "retrying"]

_STATUSES = frozenset(get_args(Ended))
_TEXT = 10_000  # characters of an error or a message
_NAME = 1_000
_MOST_ATTEMPTS = 1_000_000


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """How a job ended, as its worker wrote it; times are seconds since 1970."""

    id: str
    """The job's id."""
    status: Ended
    """How it ended, or ``retrying``."""
    job: str = ""
    """The job's name."""
    queue: str = ""
    """The queue it was taken from."""
    value: Any = None
    """What the function returned."""
    exception: str = ""
    """The dotted path of the exception that failed it."""
    error: str = ""
    """Why it failed; of one that succeeded, why its value could not be kept."""
    attempt: int = 1
    """The number of performances so far."""
    worker: str = ""
    """The id of the worker that had it."""
    queued: float | None = None
    started: float | None = None
    ended: float | None = None
    retry: float | None = None
    """When it is performed again, while it is ``retrying``."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come."""
        return self.status != "retrying"

    @property
    def queued_at(self) -> datetime | None:
        """When it was enqueued, where its payload tells."""
        return timestamps.from_epoch(self.queued)

    @property
    def started_at(self) -> datetime | None:
        """When a worker took it."""
        return timestamps.from_epoch(self.started)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, or was cancelled."""
        return timestamps.from_epoch(self.ended)

    @property
    def retry_at(self) -> datetime | None:
        """When it is performed again, while it is ``retrying``."""
        return timestamps.from_epoch(self.retry)

    def encode(self, value: bytes = b"") -> bytes:
        """Return the document's bytes; ``value`` is the JSON of the value, if that is at hand."""
        fields = asdict(self)
        known = value or dumps(fields["value"])
        del fields["value"]
        return dumps(fields)[:-1] + b',"value":' + known + b"}"

    @classmethod
    def decode(cls, raw: bytes) -> ResultRecord:
        """Read a record leniently. Raises DecodeError for one that tells no id and status."""
        document = loads(raw, "result")
        status = document.get("status") if isinstance(document, dict) else None
        if not isinstance(status, str) or status not in _STATUSES:
            raise DecodeError("result tells no status", raw)
        if not isinstance(document.get("id"), str):
            raise DecodeError("result tells no id", raw)
        return cls(
            id=document["id"],
            status=status,  # type: ignore[arg-type]  # one of _STATUSES
            job=_text(document.get("job")),
            queue=_text(document.get("queue")),
            value=document.get("value"),
            exception=_text(document.get("exception")),
            error=_long(document.get("error")),
            attempt=_count(document.get("attempt")),
            worker=_text(document.get("worker")),
            queued=_time(document.get("queued")),
            started=_time(document.get("started")),
            ended=_time(document.get("ended")),
            retry=_time(document.get("retry")),
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, in its own words; ``at`` is its last sign, in seconds since 1970."""

    done: float | None = None
    """How much is done, in whatever the job counts."""
    total: float | None = None
    """How much there is to do; None if the job does not tell."""
    message: str = ""
    """What the job says of it."""
    at: float | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    """What else it wants to be known of it."""

    @property
    def told_at(self) -> datetime | None:
        """When the job last gave a sign."""
        return timestamps.from_epoch(self.at)

    @property
    def fraction(self) -> float | None:
        """The part that is done, from 0 to 1; None where the job does not tell."""
        if self.done is None or not self.total or self.total < 0:
            return None
        return max(0.0, min(1.0, self.done / self.total))

    def encode(self) -> bytes:
        """Return the document's bytes."""
        text = self.message.encode(errors="backslashreplace").decode()
        return dumps({**asdict(self), "message": text[:_TEXT]})

    @classmethod
    def decode(cls, raw: bytes) -> Progress:
        """Read what a job told, leniently. Raises DecodeError for what is no object."""
        document = loads(raw, "progress")
        if not isinstance(document, dict):
            raise DecodeError("progress is not an object", raw)
        meta = document.get("meta")
        return cls(
            _number(document.get("done")),
            _number(document.get("total")),
            _long(document.get("message")),
            _time(document.get("at")),
            meta if isinstance(meta, dict) else {},
        )


def _text(value: Any) -> str:
    return printable(value, _NAME) if isinstance(value, str) else ""


def _long(value: Any) -> str:
    return value[:_TEXT] if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and abs(value) < _HUGE else None


def _time(value: Any) -> float | None:
    return _number(value) if timestamps.from_epoch(value) else None


def _count(value: Any) -> int:
    number = _number(value)
    return number if isinstance(number, int) and 1 <= number <= _MOST_ATTEMPTS else 1


_HUGE = 1e18
