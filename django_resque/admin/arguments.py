"""Arguments of jobs as pages show them: masked, cut, and only to those who may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_resque.admin.visit import Visit
    from django_resque.wire.payload import Payload


def in_one_line(visit: Visit, payload: Payload) -> str:  # noqa: ARG001
    """Return a payload's arguments in one line."""
    return _("hidden")
