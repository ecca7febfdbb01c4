"""Tests of how refusals are told to people."""

from __future__ import annotations

import pytest
from django.utils import translation

from django_resque.admin.refusals import in_words
from django_resque.exceptions import (
    ArgumentError,
    FailureNotFound,
    InvalidQueueName,
    JobNotFound,
    ResqueError,
    WorkerElsewhere,
    WorkerNotFound,
)
from django_resque.wire.queue_name import check_queue_name


@pytest.mark.parametrize(
    "error",
    [
        FailureNotFound("No such failure"),
        JobNotFound("Worker w does not have this job any more"),
        WorkerNotFound("No worker w is registered"),
        WorkerElsewhere("Worker w cannot be commanded"),
    ],
)
def test_sentences(error: ResqueError) -> None:
    """What has one reason is told in the reader's language."""
    english = in_words(error)
    with translation.override("de"):
        german = in_words(error)

    assert english.endswith(".")
    assert german.endswith(".")
    assert english != german


def test_names_of_queues() -> None:
    """A name that no queue can have is told, with its controls spelt out, and so are the rules."""
    with pytest.raises(InvalidQueueName) as raised:
        check_queue_name("a\u202e b")

    told = in_words(raised.value)

    assert "“a\\u202e b”" in told
    assert "200 characters" in told
    assert ", * ? [ ] { } ! \\" in told


def test_all_else() -> None:
    """What only Python can tell stays as it is, with controls spelt out and cut."""
    told = in_words(ArgumentError("shop.send: \x1b" + "x" * 1000))

    assert told.startswith("shop.send: \\x1bxxx")
    assert 500 == len(told)
