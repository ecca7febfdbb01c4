"""The reader of transcripts misses nothing."""

from __future__ import annotations

import re

from tests.interop.transcript import FOLDER, Sent, Step, all_transcripts, transcript


def test_every_command_is_read() -> None:
    """Each line that MONITOR printed becomes one command."""
    printed = 0
    for path in FOLDER.glob("*.txt"):
        text = path.read_text("utf-8")
        if "=== FINAL KEYS ===" in text:
            printed += len(re.findall(r"^ *[\d.]+ +(?:c\d+|lua|harness) ", text, re.MULTILINE))
    read = sum(len(list(each.sent)) for each in all_transcripts())
    assert printed == read > 3000


def test_every_client_is_there() -> None:
    """Ruby in two versions, PHP, Perl, Node and pyres each have transcripts."""
    clients = {each.client for each in all_transcripts()}
    expected = {"ruby2.7.0", "ruby3.0.0", "scheduler5.0.0", "php", "perl", "node", "pyres"}
    assert expected == clients


def test_quoting_is_undone() -> None:
    """Words come back as the bytes that were sent, escapes and raw UTF-8 alike."""
    steps = transcript("ruby2.7.0", "enqueue").events
    pushed = [each for each in steps if isinstance(each, Sent) and each.name == "rpush"]
    payload = '{"class":"shop.tasks.send_mail","args":["héllo / <b> \u2028 😀"]}'.encode()
    expected = Sent("c2", (b"rpush", b"resque:queue:low", payload))
    assert expected == pushed[1]


def test_steps_and_keys_are_read() -> None:
    """Steps know whether they ran in the background, and the keys at the end have their values."""
    read = transcript("ruby3.0.0", "quit")
    steps = [each for each in read.events if isinstance(each, Step)]
    expected = [
        Step("ruby $D/ruby_enqueue.rb 'Mailer' high '[1]'", background=False),
        Step("ruby $D/ruby_enqueue.rb 'Mailer' high '[2]'", background=False),
        Step("env WORK_INTERVAL=1 ruby $D/ruby_work.rb high Mailer=sleep:2", background=True),
        Step("kill -QUIT <w>", background=False),
    ]
    assert expected == steps
    waiting = ("list", ['{"class":"Mailer","args":[2]}'])
    assert waiting == read.final["resque:queue:high"]
