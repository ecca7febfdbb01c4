"""Which failures are meant: read from a form or a link, carried on by links, told in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from django_resque.reading.failure_filter import FailureFilter
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

    from django_resque.admin.visit import Visit

_LONGEST = 1_000

STATES = (
    ("all", pgettext_lazy("failures", "All")),
    ("waiting", pgettext_lazy("failures", "Not retried")),
    ("retried", pgettext_lazy("failures", "Retried")),
)


def _text(label: Any, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"size": 18})
    return forms.CharField(
        label=label, required=False, max_length=_LONGEST, widget=widget, **options
    )


def _moment(label: Any) -> forms.DateTimeField:
    attrs = {"type": "datetime-local"}
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs=attrs)
    return forms.DateTimeField(label=label, required=False, widget=widget)


class FilterForm(forms.Form):
    """What a reader may ask for; none of it is needed, and all that is given must hold."""

    job = _text(gettext_lazy("Job"))
    queue = _text(gettext_lazy("Queue"))
    exception = _text(gettext_lazy("Exception"))
    text = _text(gettext_lazy("Text"))
    since = _moment(gettext_lazy("Failed since"))
    until = _moment(gettext_lazy("Failed until"))
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=STATES)
    group = forms.CharField(required=False, max_length=_LONGEST, widget=forms.HiddenInput)


def chosen(visit: Visit, given: QueryDict) -> tuple[FilterForm, FailureFilter | None]:
    """Read a filter; None if something of it is wrong, for without that it would mean too much.

    Who may not see arguments cannot search them either.
    """
    form = FilterForm(given)
    if not form.is_valid():
        return form, None
    fields = {name: value for name, value in form.cleaned_data.items() if value}
    return form, FailureFilter(**fields, in_arguments=visit.may["view_arguments"])


def carried(form: FilterForm) -> dict[str, str]:
    """Return what the reader has given, to go into links and hidden fields."""
    given = {name: str(form.data.get(name, "")).strip() for name in form.fields}
    return {name: text for name, text in given.items() if text and (name, text) != ("state", "all")}


def link(url: str, **parameters: str | int | None) -> str:
    """Return a URL with a query; what is None or empty is left out."""
    query = {name: each for name, each in parameters.items() if each not in (None, "")}
    # Names from Redis may hold halves of characters, which no URL can carry.
    return f"{url}?{urlencode(query, errors='replace')}" if query else url


def in_words(given: FailureFilter, group: str = "") -> str:
    """Return what a filter asks for, as part of a sentence; empty if it asks for nothing.

    ``group`` is what its fingerprint stands for, where that is known.
    """
    phrases = [
        # Translators: this and the next ones make a list, after “failures with …” and the like.
        (given.job, _("job %s")),
        (given.queue, _("queue %s")),
        (given.exception, _("exception %s")),
        (given.text, _("text “%s”")),
        (_told(given.since), _("failed since %s")),
        (_told(given.until), _("failed until %s")),
        (given.group and (group or given.group), _("group %s")),
    ]
    words = [phrase % printable(value, 100) for value, phrase in phrases if value]
    if given.state != "all":
        words.append(_("state “%s”") % dict(STATES)[given.state])
    return ", ".join(words)


def _told(moment: datetime | None) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT") if moment else ""
