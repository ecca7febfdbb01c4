"""How our pages show times, sizes and text of other people."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from django import template
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

register = template.Library()

_FINE = 10  # below, a tenth tells something
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@register.filter
def shown(value: Any, limit: int = 300) -> str:
    """Return a text of other people in one line, controls spelt out, cut to ``limit``."""
    return printable("" if value is None else str(value), limit)


@register.filter
def duration(seconds: float | None) -> str:
    """Return a span of time in one unit: ``40 s``, ``12 min``, ``3 h``, ``5 d``."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    if whole < 2 * _MINUTE:
        return _("%(count)s s") % {"count": whole}
    if whole < 2 * _HOUR:
        return _("%(count)s min") % {"count": whole // _MINUTE}
    if whole < 2 * _DAY:
        return _("%(count)s h") % {"count": whole // _HOUR}
    return _("%(count)s d") % {"count": whole // _DAY}


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """Return how long ago a moment was, with the moment itself for programs and on hovering."""
    if moment is None:
        return ""
    seconds = (datetime.now(timezone.utc) - moment).total_seconds()
    local = localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(local, "DATETIME_FORMAT"),
        duration(seconds),
    )


@register.filter
def until(moment: datetime | None) -> SafeString | str:
    """Return in how long a moment comes, or how long ago it was, as :func:`ago` does."""
    if moment is None:
        return ""
    seconds = (moment - datetime.now(timezone.utc)).total_seconds()
    said = _("in %s") if seconds > 0 else _("%s overdue")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        date_format(localtime(moment), "DATETIME_FORMAT"),
        said % duration(abs(seconds)),
    )


@register.filter
def size(count: int | None) -> str:
    """Return a number of bytes in its largest fitting unit."""
    return "" if count is None else filesizeformat(count)


@register.filter
def rate(per_minute: float | None) -> str:
    """Return how many come or go in a minute; nothing where that is not known."""
    if per_minute is None:
        return ""
    digits = 1 if 0 < per_minute < _FINE else 0
    text = number_format(round(per_minute, digits), digits)  # which itself only cuts digits off
    return _("%(count)s / min") % {"count": text}
