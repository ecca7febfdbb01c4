"""Why something was refused, told in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_resque.exceptions import (
    FailureNotFound,
    InvalidQueueName,
    JobNotFound,
    WorkerElsewhere,
    WorkerNotFound,
)
from django_resque.wire.printable import printable
from django_resque.wire.queue_name import MAX_LENGTH, RESERVED

if TYPE_CHECKING:
    from django_resque.exceptions import ResqueError

_LONGEST = 500

_WORDS: dict[type[ResqueError], Any] = {
    FailureNotFound: gettext_lazy("The failure was retried or removed meanwhile."),
    JobNotFound: gettext_lazy("The worker does not have this job any more."),
    WorkerNotFound: gettext_lazy("This worker is not registered any more."),
    WorkerElsewhere: gettext_lazy(
        "This worker takes no orders from here. Send its process a signal where it runs."
    ),
}


def in_words(error: ResqueError) -> str:
    """Return why something was refused as a sentence; what only Python can tell, in its words."""
    if isinstance(error, InvalidQueueName):
        told = _(
            "No queue can be called “%(name)s”: such a name has at most %(limit)s characters, and "
            "must not contain a space, a control character or any of %(signs)s."
        )
        name = printable(str(error.name), 60)
        return told % {"name": name, "limit": MAX_LENGTH, "signs": " ".join(RESERVED)}
    words = _WORDS.get(type(error))
    return printable(str(error), _LONGEST) if words is None else str(words)
