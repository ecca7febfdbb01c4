"""To be written."""

from __future__ import annotations

from django.http import Http404


def show_all(visit, **_):
    raise Http404


def show_groups(visit, **_):
    raise Http404


def show(visit, **_):
    raise Http404


def retry_edited(visit, **_):
    raise Http404


def retry(visit, **_):
    raise Http404


def remove(visit, **_):
    raise Http404


def retry_matching(visit, **_):
    raise Http404


def remove_matching(visit, **_):
    raise Http404


def clear(visit, **_):
    raise Http404
