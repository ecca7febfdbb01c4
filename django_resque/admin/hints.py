"""What the code of a job says of its arguments: its signature with the type hints it names."""

from __future__ import annotations

import inspect
import logging
import sys
from dataclasses import dataclass, replace
from enum import Enum
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from inspect import Parameter

    from django_resque.jobs.definition import Job

logger = logging.getLogger(__name__)

UNKNOWN = inspect.Parameter.empty
"""What stands for a hint that is not there, or cannot be made sense of."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a parameter takes: a type, and whether it may be None instead."""

    kind: Any
    nullable: bool = False

    @classmethod
    def read(cls, annotation: Any) -> Hint:
        """Read an annotation, of which nothing is a string any more."""
        annotation = _plain(annotation)
        if get_origin(annotation) not in (Union, UnionType):
            return cls(annotation, nullable=annotation in (None, NoneType))
        kinds = [each for each in map(_plain, get_args(annotation)) if each is not NoneType]
        nullable = len(kinds) < len(get_args(annotation))
        return cls(kinds[0] if len(kinds) == 1 else UNKNOWN, nullable)

    def with_default(self, default: Any) -> Hint:
        """Return the hint for a parameter with this default: one of None says that it may be."""
        return replace(self, nullable=self.nullable or default is None)


def parameters(job: Job[..., Any]) -> dict[str, Parameter]:
    """Return the parameters of a job by their names, with hints that were strings made types."""
    places = _places(job)
    return {
        name: parameter.replace(annotation=_resolved(parameter.annotation, places))
        for name, parameter in job.parameters.signature.parameters.items()
    }


def in_words(annotation: Any) -> str:
    """Return an annotation as it is written in code; empty if there is none."""
    if annotation is UNKNOWN:
        return ""
    if isinstance(annotation, str):
        return annotation
    # Where Python evaluates hints late, this stands for one that names nothing known.
    forward: str | None = getattr(annotation, "__forward_arg__", None)
    return forward or inspect.formatannotation(annotation)


def signature(job: Job[..., Any], secret: Container[str]) -> str:
    """Return the signature of a job as code, without the defaults of the ``secret`` parameters."""
    shown = [
        parameter.replace(
            annotation=_Verbatim(in_words(parameter.annotation)),
            default=_default(parameter, hidden=name in secret),
        )
        if parameter.annotation is not UNKNOWN
        else parameter.replace(default=_default(parameter, hidden=name in secret))
        for name, parameter in job.parameters.signature.parameters.items()
    ]
    return str(job.parameters.signature.replace(parameters=shown, return_annotation=UNKNOWN))


def _default(parameter: Parameter, *, hidden: bool) -> Any:
    default = parameter.default
    if default is UNKNOWN:
        return UNKNOWN
    if hidden:
        return _Verbatim("…")
    if isinstance(default, Enum):
        return _Verbatim(f"{type(default).__qualname__}.{default.name}")
    return default


def _places(job: Job[..., Any]) -> dict[str, Any]:
    """Return the names that the code of a job knows."""
    code: Callable[..., Any] = inspect.unwrap(
        getattr(job.job_class, "perform", job.func) if job.job_class else job.func
    )
    module = sys.modules.get(getattr(code, "__module__", "") or "")
    places: dict[str, Any] = getattr(code, "__globals__", None) or vars(module or object)
    return dict(places)


def _resolved(annotation: Any, places: dict[str, Any]) -> Any:
    if annotation is UNKNOWN:
        return UNKNOWN

    def holder() -> None:
        """Bear the annotation alone, so that another that cannot be resolved does no harm."""

    holder.__annotations__ = {"it": annotation}
    try:
        return get_type_hints(holder, globalns=places)["it"]
    except Exception:  # a hint is code: it may raise anything
        logger.debug("The hint %r cannot be resolved", annotation, exc_info=True)
        return UNKNOWN


def _plain(annotation: Any) -> Any:
    """Take off what says nothing of the value: ``Annotated``, ``NewType``, ``type X = ...``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation


class _Verbatim:
    """A text that ``inspect`` writes as it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text
