"""What breaks Ruby: its measured behaviour towards documents of other clients, and the rules in it.

``transcripts/ruby*-gotchas.txt`` tells for many documents whether Ruby's web pages showed them and
its workers survived them. The rules here say the same of any document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import DecodeError
from django_resque.wire.codec import dumps, loads
from tests.interop.transcript import FOLDER

if TYPE_CHECKING:
    from tests.interop.transcript import Sent

BROKEN_UTF8 = b'{"class":"Mailer","args":["caf\xe9"]}'
"""The payload whose broken byte the findings show as a question mark."""

_DATE = re.compile(r"\d{1,4}[-/]\d\d[-/]\d{1,4}|[A-Z][a-z]{2} \d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Finding:
    """What Ruby did with one document: its title, the lines about it, and whether it broke."""

    section: str
    title: str
    lines: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """Whether a page or a worker of Ruby's broke, or the job got lost without a word."""
        text = "\n".join(self.lines)
        lost = "performed=no failed_list=[] " in text and self.section == "A"
        return "WEB BREAKS" in text or "Failed to start worker" in text or lost


def findings(version: str, section: str) -> list[Finding]:
    """Return what was found in one section: A payloads, B failures, C workers, D the rest."""
    text = (FOLDER / f"ruby{version}-gotchas.txt").read_text("utf-8")
    found: list[Finding] = []
    for line in text.split("\n"):
        if line.startswith(f"{section}. "):
            found.append(Finding(section, line[3:], ()))
        elif line.startswith("    ") and found and not line.startswith("#"):
            last = found[-1]
            found[-1] = Finding(section, last.title, (*last.lines, line.strip()))
        elif line.startswith("### ") and found:
            break
    return found


def payload_of(finding: Finding) -> bytes:
    """Return the payload that a finding of section A is about."""
    if "invalid UTF-8" in finding.title:
        return BROKEN_UTF8
    title, _, text = finding.title.partition(": ")
    if "): " in text and title.count("(") > title.count(")"):  # the title has a colon of its own
        text = text.partition("): ")[2]
    return text.encode()


def payload_breaks(raw: bytes) -> str:
    """Say why a payload stops Ruby's workers or pages; empty if it does not."""
    try:
        document = loads(raw)
    except DecodeError as error:
        return str(error)
    if document is None or isinstance(document, list):
        return "neither an object nor a string"
    if _escaped_surrogate(raw):
        return "a lone surrogate"
    if isinstance(document, dict) and str(document.get("class")).startswith("ActiveJob::"):
        return "" if document.get("args") else "a wrapper of nothing"
    return ""


def failure_breaks(raw: bytes) -> str:
    """Say why a failure record breaks Ruby's failed page; empty if it does not."""
    try:
        document: Any = loads(raw)
    except DecodeError as error:
        return str(error)
    if not isinstance(document, dict):
        return "not an object"
    if _escaped_surrogate(raw):
        return "a lone surrogate"
    if not isinstance(document.get("worker"), str):
        return "worker is missing"
    if isinstance(document.get("backtrace"), str):
        return "backtrace is text"
    return _date_breaks(document, "failed_at", required=True) or _date_breaks(
        document, "retried_at", required=False
    )


def worker_breaks(worker: str) -> str:
    """Say why the id of a worker breaks Ruby's workers or pages; empty if it does not."""
    parts = worker.split(":", 2)
    if len(parts) < 3 or not [each for each in parts[2].split(",") if each and each[0] != "!"]:
        return "the id names no queue"
    return "the worker's page is not found" if "/" in worker else ""


def heartbeat_breaks(heartbeat: str) -> str:
    """Say why a heartbeat breaks Ruby's workers; empty if it does not."""
    return "" if _MOMENT.match(heartbeat) else "the heartbeat is no moment"


def claim_breaks(claim: bytes) -> str:
    """Say why a claim breaks Ruby's pages; empty if it does not."""
    try:
        document = loads(claim)
    except DecodeError as error:
        return str(error)
    return "the claim has no payload" if document and not document.get("payload") else ""


def command_breaks(sent: Sent) -> str:
    """Say why what a command leaves breaks Ruby; empty if it does not."""
    key, last = sent.key, sent.words[-1]
    problem = ""
    if sent.name in ("rpush", "lpush") and key.startswith("queue:"):
        problem = next(filter(None, map(payload_breaks, sent.words[2:])), "")
    elif sent.name in ("rpush", "lset") and key.endswith("failed") and last.startswith(b"{"):
        problem = failure_breaks(last)
    elif sent.name == "sadd" and key == "workers":
        problem = worker_breaks(last.decode())
    elif sent.name == "hset" and key == "workers:heartbeat":
        problem = worker_breaks(sent.words[2].decode()) or heartbeat_breaks(last.decode())
    elif (
        sent.name == "set"
        and key.startswith("worker:")
        and not key.endswith((":started", ":settled"))
    ):
        problem = worker_breaks(key.removeprefix("worker:")) or claim_breaks(sent.words[2])
    return f"{problem}: {sent.words!r}" if problem else ""


def _date_breaks(document: dict[str, Any], name: str, *, required: bool) -> str:
    text = document.get(name)
    if text is None and not required:
        return ""
    return "" if isinstance(text, str) and _DATE.search(text) else f"{name} is no date"


def _escaped_surrogate(raw: bytes) -> bool:
    # Python joins a pair of escapes to one character and leaves a lone one as it is.
    try:
        dumps(loads(raw))
    except UnicodeEncodeError:
        return True
    return False
