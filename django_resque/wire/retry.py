"""One retry as it is remembered for those who watch: a document in the list ``retried``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.wire import timestamps
from django_resque.wire.codec import dumps, loads
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

_TEXT = 1_000  # characters of what is shown in a row
_MOST_ATTEMPTS = 1_000_000


@dataclass(frozen=True, slots=True)
class RetryNote:
    """A job that failed and is performed again; times are seconds since 1970."""

    at: float
    due: float
    job: str
    queue: str
    attempt: int
    """The number of the performance to come."""
    most: int
    """How many performances the job's policy allows."""
    id: str = ""
    worker: str = ""
    exception: str = ""
    error: str = ""

    @property
    def failed_at(self) -> datetime | None:
        """When the performance before failed."""
        return timestamps.from_epoch(self.at)

    @property
    def due_at(self) -> datetime | None:
        """When the job is performed again, or was."""
        return timestamps.from_epoch(self.due)

    def encode(self) -> bytes:
        """Return the document's bytes."""
        return dumps({key: _sent(value) for key, value in asdict(self).items()})

    @classmethod
    def decode(cls, raw: bytes) -> RetryNote:
        """Read a note leniently. Raises DecodeError for one without its times."""
        document = loads(raw, "retry")
        if not isinstance(document, dict):
            raise DecodeError("retry is not an object", raw)
        at, due = document.get("at"), document.get("due")
        if timestamps.from_epoch(at) is None or timestamps.from_epoch(due) is None:
            raise DecodeError("retry tells no times", raw)
        texts = (_text(document.get(key)) for key in ("id", "worker", "exception", "error"))
        return cls(
            at,  # type: ignore[arg-type]  # a number, as it gave a time
            due,  # type: ignore[arg-type]
            _text(document.get("job")),
            _text(document.get("queue")),
            _count(document.get("attempt")),
            _count(document.get("most")),
            *texts,
        )


def _sent(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value[:_TEXT].encode(errors="backslashreplace").decode()


def _text(value: Any) -> str:
    return printable(value, _TEXT) if isinstance(value, str) else ""


def _count(value: Any) -> int:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return value if is_count and 1 <= value <= _MOST_ATTEMPTS else 1
