"""A failure backend needs one method, and none at all to be harmless."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from django_resque.failures.base import FailureBackend, StoredBackend
from django_resque.wire.failure import FailureRecord
from tests.records import record

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/failure-backends.md"


def test_a_backend_may_leave_out_save() -> None:
    """The base tells nobody and raises nothing."""
    FailureBackend().save(FailureRecord.decode(record()))


def test_a_stored_backend_must_say_what_it_writes() -> None:
    """Without ``recording``, failures would be lost silently."""
    with pytest.raises(NotImplementedError):
        StoredBackend().recording(FailureRecord.decode(record()), None)  # type: ignore[arg-type]


def test_the_backend_of_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    """It mails what failed, also if the record could break a mail's header."""
    sent: list[mail.EmailMessage] = []
    # How mail is sent is set up differently from one Django to the next.
    monkeypatch.setattr(mail, "send_mail", lambda *args: sent.append(mail.EmailMessage(*args)))
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    guide: dict[str, Any] = {}
    for block in blocks:
        if "class MailBackend(" in block or "def job_name(" in block:
            exec(block, guide)
    failure = FailureRecord.decode(record("shop.send", exception="Evil\nBcc: x@example.com"))

    guide["MailBackend"]().save(failure)

    (message,) = sent
    assert "Evil Bcc: x@example.com in queue mail" == message.message()["Subject"]
    assert "line two" in message.body
    assert "shop.send" == guide["job_name"](failure)
    assert "(invalid payload)" == guide["job_name"](FailureRecord.decode(record(payload=5)))
