"""Why a job failed, told in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from django_resque.reading.causes import Cause

_BADGES = {
    "exit": gettext_lazy("exit %s"),
    "timeout": gettext_lazy("timeout"),
    "memory": gettext_lazy("memory"),
    "lost": gettext_lazy("lost"),
    "killed": gettext_lazy("killed"),
    "unknown_job": gettext_lazy("unknown job"),
    "invalid_payload": gettext_lazy("unreadable job"),
}

_WORDS = {
    "signal": gettext_lazy("Its process was ended by the signal %s."),
    "exit": gettext_lazy("Its process exited with status %s before the job ended."),
    "timeout": gettext_lazy("It ran longer than its timeout (%s) and was stopped."),
    "memory": gettext_lazy("It used more memory than its limit (%s) and was stopped."),
    "lost": gettext_lazy("Its worker (%s) died or was removed while the job was at work."),
    "killed": gettext_lazy("It was stopped, for its worker was told to (%s)."),
    "unknown_job": gettext_lazy(
        "It was never begun, for no job of this name is registered where its worker runs."
    ),
    "invalid_payload": gettext_lazy("It was never begun, for its payload could not be read."),
}

_HINTS = {
    "SIGKILL": gettext_lazy("Often it is the system that had no more memory."),
    "SIGSEGV": gettext_lazy("It crashed in native code, such as an extension module."),
    "SIGBUS": gettext_lazy("It crashed in native code, such as an extension module."),
    "SIGILL": gettext_lazy("It crashed in native code, such as an extension module."),
    "SIGABRT": gettext_lazy("Native code, such as an extension module, gave up."),
    "SIGTERM": gettext_lazy("Somebody told it to stop, such as a deployment."),
    "SIGXCPU": gettext_lazy("It used up the processor time that the system allows it."),
}


def badge(cause: Cause) -> str:
    """Return a word or two for a job that was ended from outside; nothing for an exception."""
    if cause.kind == "signal":
        return _signal(cause)
    text = str(_BADGES.get(cause.kind, ""))
    return text % printable(cause.detail, 20) if "%s" in text else text


def in_words(cause: Cause) -> str:
    """Return why a job was ended from outside, as sentences; nothing for an exception."""
    text = str(_WORDS.get(cause.kind, ""))
    if "%s" in text:
        text %= printable(cause.detail, 100) or "?"
    hint = _HINTS.get(_signal(cause)) if cause.kind == "signal" else None
    return f"{text} {hint}" if hint else text


def usage(cause: Cause) -> str:
    """Return what the process had used, if its end was measured."""
    told = [(_("Peak memory %s."), cause.peak_memory), (_("CPU %s."), cause.cpu)]
    return " ".join(phrase % printable(value, 30) for phrase, value in told if value)


def _signal(cause: Cause) -> str:
    return printable(cause.detail.partition(" ")[0], 20)
