"""What a view answers with, and how that becomes a response."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import django
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _

from django_resque.admin.navigation import tabs
from django_resque.models import Resque
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_resque.admin.visit import Visit


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: ``template`` names ``<template>.html`` and its live part ``_<template>.html``.

    ``data`` is all that the page shows of Redis: ``page`` in the templates, and the whole of the
    page for programs (``?format=json``). So it holds texts that are already fit to be seen.
    """

    template: str
    title: str
    data: Any
    tab: str = ""
    """The tab that is marked as the current one: the name of its page."""
    trail: Sequence[tuple[str, str]] = ()
    """Titles and URLs of the pages above this one."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the template needs beside the data, such as forms."""
    announce: str = ""
    """A short text that screen readers hear when it has changed."""
    entries: Sequence[Entry] = ()
    """Lines for the admin's log, of a change that this page tells of."""
    status: int = 200
    live: bool = True
    """Whether the live part is fetched again and again: not if that costs much."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line for the admin's log: what was changed, under its address there, and how."""

    address: str
    name: str
    message: str
    flag: int = CHANGE


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made, or could not be: a message, and where to go on."""

    message: str
    to: str
    entries: Sequence[Entry] = ()
    level: int = messages.SUCCESS


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question before a change that cannot be undone; the form comes back with ``confirmed``."""

    question: str
    verb: str
    to: str
    """Where it leads not to do it."""


# Django 6.1 made the admin's breadcrumbs a list.
_LISTED = django.VERSION >= (6, 1)

Answer = Shown | Done | Confirm | HttpResponse


def respond(visit: Visit, answer: Answer) -> HttpResponse:
    """Turn an answer into a response: a page, its live part or its data, or a redirection."""
    if isinstance(answer, Shown):
        for entry in answer.entries:
            _log(visit, entry)
        return _show(visit, answer)
    if isinstance(answer, Done):
        for entry in answer.entries:
            _log(visit, entry)
        messages.add_message(visit.request, answer.level, answer.message)
        return HttpResponseRedirect(visit.back(answer.to))
    if isinstance(answer, Confirm):
        return _ask(visit, answer)
    return answer


def unavailable(visit: Visit, reason: str) -> HttpResponse:
    """Return the page that tells that Redis cannot be asked now."""
    title = _("Redis cannot be reached")
    text = printable(reason, 500)
    if visit.request.GET.get("format") == "json":
        return _json({"error": text}, 503)
    answer = Shown("unavailable", title, {"reason": text}, status=503)
    return _show(visit, answer)


def _show(visit: Visit, answer: Shown) -> HttpResponse:
    wanted = visit.request.GET.get("format")
    if wanted == "json":
        return _json(plain(answer.data), answer.status)
    context = {
        "page": answer.data,
        "may": visit.may,
        "announce": answer.announce,
        **answer.extra,
    }
    if wanted == "fragment":
        name = f"django_resque/_{answer.template}.html"
        return _conditional(visit, render_to_string(name, context, visit.request), answer.status)
    context |= {
        **visit.site.each_context(visit.request),
        "opts": Resque._meta,  # noqa: SLF001 its public name in Django
        "title": answer.title,
        "listed_breadcrumbs": _LISTED,
        "tabs": tabs(visit, answer.tab),
        "trail": answer.trail,
        "here": visit.request.get_full_path(),
        "live_url": _live_url(visit) if answer.live else "",
        "live_template": f"django_resque/_{answer.template}.html",
    }
    name = f"django_resque/{answer.template}.html"
    return TemplateResponse(visit.request, name, context, status=answer.status)


def _json(data: Any, status: int) -> HttpResponse:
    response = JsonResponse(data, json_dumps_params={"indent": 2}, status=status, safe=False)
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _live_url(visit: Visit) -> str:
    query = visit.request.GET.copy()
    query["format"] = "fragment"
    return f"{visit.request.path}?{query.urlencode()}"


def _conditional(visit: Visit, body: str, status: int) -> HttpResponse:
    """Answer 304 to a browser that has this very fragment already."""
    response = HttpResponse(body, status=status)
    etag = f'"{hashlib.sha1(body.encode(), usedforsecurity=False).hexdigest()}"'
    response["ETag"] = etag
    # Without a date to compare it answers with the response itself, or with 304 in its place.
    return get_conditional_response(visit.request, etag=etag, response=response) or response


def _ask(visit: Visit, answer: Confirm) -> HttpResponse:
    request = visit.request
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "confirmed")
    ]
    context = {
        **visit.site.each_context(request),
        "opts": Resque._meta,  # noqa: SLF001 its public name in Django
        "title": _("Are you sure?"),
        "listed_breadcrumbs": _LISTED,
        "tabs": tabs(visit, ""),
        "trail": (),
        "answer": answer,
        "kept": kept,
        "cancel": visit.back(answer.to),
    }
    return TemplateResponse(request, "django_resque/confirm.html", context)


def _log(visit: Visit, entry: Entry) -> None:
    LogEntry.objects.create(
        user_id=visit.request.user.pk,
        content_type_id=ContentType.objects.get_for_model(Resque, for_concrete_model=False).pk,
        object_id=entry.address,
        object_repr=printable(entry.name),
        action_flag=entry.flag,
        change_message=entry.message,
    )


def plain(value: Any) -> Any:
    """Return a value made of dataclasses, dates and the like as JSON can carry it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value
