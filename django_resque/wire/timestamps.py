"""Ruby Resque's date formats, each written in UTC and read leniently."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

_LATEST = 1e11  # in the year 5138: what is larger counts no seconds


def now() -> datetime:
    """Return the present as an aware UTC datetime."""
    return datetime.now(timezone.utc)


def failed_at(moment: datetime) -> str:
    """Format for ``failed_at`` and ``retried_at`` of a failure record."""
    return moment.astimezone(timezone.utc).strftime("%Y/%m/%d %H:%M:%S UTC")


def run_at(moment: datetime) -> str:
    """Format for ``run_at`` of a claim."""
    # Far from now a float cannot hold the microseconds, and would be rounded up.
    return _run_at(int(moment.replace(microsecond=0).timestamp()))


def started(moment: datetime) -> str:
    """Format for ``worker:<id>:started``: that of Ruby's ``Time#to_s``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S +0000")


def heartbeat(epoch: int) -> str:
    """Format for ``workers:heartbeat``, from the seconds of Redis' ``TIME``.

    Text and never a number: a number stops every Ruby worker at its start.
    """
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def epoch(moment: datetime) -> float:
    """Format for ``queue_time`` of a payload: seconds since 1970, to the microsecond."""
    return round(moment.timestamp(), 6)


def from_epoch(value: object) -> datetime | None:
    """Read seconds since 1970; None for what is no number of them."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, timezone.utc)


def parse(text: str) -> datetime | None:
    """Read a date in any of the formats Resque's clients write; None for anything else.

    A date without a zone is taken as UTC; one whose zone is only letters, as in ``EST``, names
    no moment unless they are ``UTC``.
    """
    candidate = text.strip()
    try:
        if candidate.isdecimal():
            return datetime.fromtimestamp(int(candidate), timezone.utc)  # node-resque, pyres
        if candidate[:3].isalpha():
            # "Sat Nov 21 2026 04:48:58 GMT+0000 (...)" of node-resque; older php-resque likewise
            moment = parsedate_to_datetime(candidate.replace("GMT", "", 1))
        else:
            moment = datetime.fromisoformat(_iso(candidate))
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


@lru_cache(maxsize=1)  # many claims are made in one second
def _run_at(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _iso(text: str) -> str:
    text = text.replace("/", "-")
    if text.endswith(" UTC"):
        return f"{text[:-4]}+00:00"
    if text.endswith("Z"):
        return f"{text[:-1]}+00:00"
    if text[-6:-4] in (" +", " -"):
        # Ruby's "2026-11-21 04:48:58 +0000"
        return f"{text[:-6]}{text[-5:-2]}:{text[-2:]}"
    return text
