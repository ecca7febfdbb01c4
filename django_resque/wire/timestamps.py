"""Ruby Resque's date formats, each written in UTC and read leniently."""

from __future__ import annotations

from datetime import datetime, timezone


def now() -> datetime:
    """Return the present as an aware UTC datetime."""
    return datetime.now(timezone.utc)


def failed_at(moment: datetime) -> str:
    """Format for ``failed_at`` and ``retried_at`` of a failure record."""
    return moment.astimezone(timezone.utc).strftime("%Y/%m/%d %H:%M:%S UTC")


def run_at(moment: datetime) -> str:
    """Format for ``run_at`` of a claim."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def started(moment: datetime) -> str:
    """Format for ``worker:<id>:started``: that of Ruby's ``Time#to_s``."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S +0000")


def heartbeat(epoch: int) -> str:
    """Format for ``workers:heartbeat``, from the seconds of Redis' ``TIME``.

    Text and never a number: a number stops every Ruby worker at its start.
    """
    return datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def parse(text: str) -> datetime | None:
    """Read a date in any of the formats Resque's clients write; None for anything else.

    A date without a zone is taken as UTC.
    """
    candidate = text.strip()
    if candidate.endswith(" UTC"):
        candidate = candidate[: -len(" UTC")].replace("/", "-") + "+00:00"
    elif candidate.endswith("Z"):
        candidate = candidate[:-1] + "+00:00"
    elif candidate[-5:-4] in ("+", "-") and candidate[-6:-5] == " ":
        # Ruby's "2026-11-21 04:48:58 +0000"
        candidate = f"{candidate[:-6]}{candidate[-5:-2]}:{candidate[-2:]}"
    try:
        moment = datetime.fromisoformat(candidate.replace("/", "-"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
