"""To be written."""

from __future__ import annotations

from django.http import Http404


def show_all(visit, **_):
    raise Http404


def show(visit, **_):
    raise Http404


def enqueue(visit, **_):
    raise Http404
