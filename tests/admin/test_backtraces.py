"""Backtraces of every language are cut into parts, and lose nothing that can be shown."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING

import pytest

from django_resque.admin.backtraces import parts

if TYPE_CHECKING:
    from collections.abc import Callable

CAUSED = "The above exception was the direct cause of the following exception:"


def raised(call: Callable[[], object]) -> list[str]:
    """Return the lines in which Python tells what a call raised."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 whatever it is
        return "".join(traceback.format_exception(error)).rstrip("\n").split("\n")
    raise AssertionError("nothing was raised")


def kinds(lines: list[str]) -> list[tuple[str, str]]:
    """Return the kind of each part with the first word or two of its text."""
    return [(part.kind, " ".join(part.text.split()[:2])) for part in parts(lines)]


def test_own_code_stands_out() -> None:
    """Frames of the application are told from those of libraries, source lines go with theirs."""
    found = parts(raised(lambda: json.loads("{")))

    assert ["other", "frame", "source", "frame", "source", "frame-elsewhere", "error"] == [
        part.kind for part in found
    ]
    assert found[4].text.lstrip().startswith("found = parts(")
    assert 3 <= found[5].text.count("json/")
    assert found[6].text.startswith("json.decoder.JSONDecodeError: Expecting")


def test_chained() -> None:
    """Each exception of a chain is marked, and so is what stands between them."""

    def chained() -> None:
        try:
            dict[str, int]()["first"]
        except KeyError as error:
            raise ValueError("second,\nin two lines") from error

    found = parts(raised(chained))

    assert ["KeyError: 'first'\n\n", "ValueError: second,\nin two lines\n"] == [
        part.text for part in found if part.kind == "error"
    ]
    assert [f"{CAUSED}\n\n"] == [part.text for part in found if part.kind == "chain"]


def test_exception_group() -> None:
    """The rail at the side of a group's frames hides none of them."""
    lines = [
        "  + Exception Group Traceback (most recent call last):",
        '  |   File "/srv/shop/jobs.py", line 7, in send',
        "  |     await gather()",
        '  |   File "/usr/lib/python3.11/asyncio/taskgroups.py", line 1, in run',
        "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
        "  +-+---------------- 1 ----------------",
        "    | Traceback (most recent call last):",
        '    |   File "/srv/shop/mail.py", line 9, in post',
        "    | ValueError: no address",
        "    +------------------------------------",
    ]

    assert [
        ("other", "+ Exception"),
        ("frame", "| File"),
        ("source", "| await"),
        ("frame-elsewhere", "| File"),
        ("error", "| ExceptionGroup:"),
        ("other", "| Traceback"),
        ("frame", "| File"),
        ("error", "| ValueError:"),
    ] == kinds(lines)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/srv/shop/jobs/mail.rb:12:in `perform'", "frame"),
        ("/srv/shop/jobs/mail.rb:12", "frame"),
        ("C:/shop/mail.rb:12:in 'Mail.perform'", "frame"),
        ("/var/lib/gems/3.1.0/gems/resque-2.7.0/job.rb:156:in `perform'", "frame-elsewhere"),
        ("/usr/lib/ruby/3.1.0/net/http.rb:987:in `open'", "frame-elsewhere"),
        ("<internal:kernel>:187:in `loop'", "frame-elsewhere"),
        ("#0 /srv/shop/Mail.php(12): Mail->send()", "frame"),
        ("#1 /srv/shop/vendor/resque/lib/Job.php(5): perform()", "frame-elsewhere"),
        ("#2 [internal function]: call_user_func()", "frame-elsewhere"),
        ("#3 {main}", "frame-elsewhere"),
        ("    at send (/srv/shop/mail.js:7:3)", "frame"),
        ("    at perform (/srv/shop/node_modules/node-resque/worker.js:1:1)", "frame-elsewhere"),
        ("    at process.processTicks (node:internal/process:95:5)", "frame-elsewhere"),
        ('  File "C:\\Python311\\Lib\\json\\decoder.py", line 3, in decode', "frame-elsewhere"),
        ('  File "/srv/.venv/lib/python3.13/site-packages/x.py", line 3, in y', "frame-elsewhere"),
        ('  File "<frozen importlib._bootstrap>", line 3, in _load', "frame-elsewhere"),
        ("  [Previous line repeated 963 more times]", "other"),
        ("anything else", "other"),
        ("", "other"),
    ],
)  # fmt: skip
def test_lines_of_every_language(line: str, kind: str) -> None:
    """Ruby's, PHP's, Node's and Python's frames are known by their form."""
    assert [kind] == [part.kind for part in parts([line])]


def test_an_error_that_looks_like_frames() -> None:
    """The message of a Python error may hold what is a frame elsewhere."""
    lines = ["Traceback (most recent call last):", "ValueError: see", "/srv/shop/mail.rb:12"]

    assert ["other", "error"] == [part.kind for part in parts(lines)]


def test_hostile_text() -> None:
    """Markup stays text, controls are spelt out, and one string of many lines is many lines."""
    (part,) = parts(["<script>\x1b[2J\u202e\ud800\tx\r\nnext", "last"])

    assert "<script>\\x1b[2J\\u202e\\ud800  x\nnext\nlast\n" == part.text


def test_bounded() -> None:
    """Of endless backtraces beginning and end are kept, of endless lines the beginning."""
    (part,) = parts([f"line {number}" for number in range(5000)] + ["y" * 10_000_000])

    shown = part.text.splitlines()
    assert (1001, "line 0", "  … 4001 …") == (len(shown), shown[0], shown[500])
    assert ("line 4999", 1000, "y…") == (shown[-2], len(shown[-1]), shown[-1][-2:])


@pytest.mark.parametrize("text", ["1:" * 500, ":" * 1000, "| " * 500, "+-" * 500, "a:" + "1" * 998])
def test_no_line_takes_long(text: str) -> None:
    """What is made to mislead a regular expression is one line like any other."""
    assert 1000 == len(parts([text] * 1000)[0].text.splitlines())


def test_nothing() -> None:
    """A process that died leaves no backtrace."""
    assert [] == parts([])
