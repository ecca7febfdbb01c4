"""Progress is shown as a part of a hundred, with the words of the job for some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.admin.progress import ProgressShown
from django_resque.wire import timestamps
from django_resque.wire.result import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser


def test_progress(visit: Callable[..., Visit]) -> None:
    """The part that is done, the message fit to be seen, and when that was told."""
    shown = ProgressShown.of(visit(), Progress(1, 3, "row\x1b[2J", 1.5))

    assert ProgressShown(1, 3, 33, "row\\x1b[2J", timestamps.from_epoch(1.5)) == shown
    assert ProgressShown(7, None, None, "", None) == ProgressShown.of(visit(), Progress(7))
    assert ProgressShown.of(visit(), None) is None


def test_message_is_for_some(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """A message may tell of arguments, so whoever may not see these does not see it."""
    shown = ProgressShown.of(visit(user=staff("view_resque")), Progress(1, 2, "canary"))

    assert ProgressShown(1, 2, 50, "", None) == shown
