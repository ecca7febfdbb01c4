"""Which calls of a job belong together: by some of its parameters, or by a function of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import ArgumentError, ConfigurationError
from django_resque.jobs.arguments import unpack
from django_resque.jobs.encoding import encode_value

if TYPE_CHECKING:
    from django_resque.jobs.arguments import Parameters

By = str | Sequence[str] | Callable[..., Any]
"""The name of a parameter, or several, or a function that is given the arguments of a call."""


def checked_by(option: str, value: Any) -> tuple[str, ...] | Callable[..., Any]:
    """Return an option's value in its final form. Raises ConfigurationError if it is none."""
    names: Any = (value,) if isinstance(value, str) else value
    if isinstance(names, (list, tuple)) and names and all(map(_is_name, names)):
        return tuple(names)
    if callable(value):
        function: Callable[..., Any] = value
        return function
    raise ConfigurationError(
        f"@job({option}={value!r}): give it the name of a parameter, a tuple of names, "
        "or a function."
    )


def check_names(option: str, by: Any, parameters: Parameters) -> None:
    """Raise ConfigurationError for names that are no parameters of the job."""
    known = list(parameters.signature.parameters)
    for name in by if isinstance(by, tuple) else ():
        if name not in known:
            msg = f"@job({option}=...): {name!r} is no parameter; there are {', '.join(known)}."
            raise ConfigurationError(msg)


def group(option: str, by: Any, parameters: Parameters, packed: list[Any]) -> bytes:
    """Return the canonical JSON of what stands for the calls that belong together.

    Raises ArgumentError if the arguments do not fit, or the function returns what is no JSON.
    """
    if isinstance(by, tuple):
        values = parameters.values(packed, by)
        return encode_value(canonical(values[0] if len(values) == 1 else values))
    args, kwargs = unpack(packed)
    try:
        return encode_value(canonical(by(*args, **kwargs)))
    except ArgumentError as error:
        raise ArgumentError(f"{option} returns what cannot stand for a call: {error}") from None


def canonical(value: Any) -> Any:
    """Sort the keys of all objects, which mean the same in any order."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    return value


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isidentifier()
