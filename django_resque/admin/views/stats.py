"""To be written."""

from __future__ import annotations

from django.http import Http404


def show(visit, **_):
    raise Http404


def show_keys(visit, **_):
    raise Http404


def show_key(visit, **_):
    raise Http404


def show_text(visit, **_):
    raise Http404
