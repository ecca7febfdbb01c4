"""To be written."""

from __future__ import annotations

from django.http import Http404


def show_working(visit, **_):
    raise Http404


def show_all(visit, **_):
    raise Http404


def pause_all(visit, **_):
    raise Http404


def resume_all(visit, **_):
    raise Http404


def show(visit, **_):
    raise Http404


def pause(visit, **_):
    raise Http404


def resume(visit, **_):
    raise Http404


def stop(visit, **_):
    raise Http404


def kill_job(visit, **_):
    raise Http404


def remove(visit, **_):
    raise Http404
