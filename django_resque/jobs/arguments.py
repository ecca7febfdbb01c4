"""How a call travels: positional arguments in ``args``, keyword-only ones in an object after them.

Other clients know positional arguments only, and Ruby's retry keeps nothing but class and args.
So whatever can be positional is made so by the job's signature, and the rest travels as a
trailing ``{"**": {...}}``.
"""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

from django_resque.exceptions import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYWORDS = "**"
"""The one key of the object that carries keyword arguments behind the positional ones."""

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class Parameters:
    """The signature of a job, made ready for checking and packing many calls."""

    __slots__ = ("_least", "_most", "_name", "names", "signature")

    def __init__(self, name: str, signature: Signature) -> None:
        """Read the signature of the job called ``name``."""
        parameters = list(signature.parameters.values())
        positional = [each for each in parameters if each.kind in _POSITIONAL]
        kinds = {each.kind for each in parameters}
        self.signature = signature
        self.names = tuple(each.name for each in positional)
        self._name = name
        # A call with as many positional arguments as this, and no others, needs no binding.
        self._least: float = sum(each.default is Parameter.empty for each in positional)
        self._most: float = len(positional)
        if Parameter.VAR_POSITIONAL in kinds:
            self._most = float("inf")
        if any(
            each.kind is Parameter.KEYWORD_ONLY and each.default is Parameter.empty
            for each in parameters
        ):
            self._least = float("inf")

    def pack(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Return the ``args`` of the payload for a call.

        A parameter left out before one that was given takes its default. Raises ArgumentError
        for a call that the job could not be performed with.
        """
        if kwargs or not self._least <= len(args) <= self._most:
            args, kwargs = self._bind(args, kwargs)
        packed = list(args)
        if kwargs:
            packed.append({KEYWORDS: kwargs})
        elif packed and _is_marked(packed[-1]):
            msg = (
                f"{self._title()}: the last argument is an object with the one key "
                f"{KEYWORDS!r}, which marks keyword arguments; give it another key"
            )
            raise ArgumentError(msg)
        return packed

    def unpack(self, packed: list[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments to perform the job with. Raises ArgumentError if they do not fit."""
        args, kwargs = unpack(packed)
        if kwargs or not self._least <= len(args) <= self._most:
            self._bind(tuple(args), kwargs)
        return args, kwargs

    def values(self, packed: list[Any], names: Sequence[str]) -> list[Any]:
        """Return what a call gives to these parameters, their defaults where it gives nothing.

        Raises ArgumentError if the arguments do not fit.
        """
        args, kwargs = unpack(packed)
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(f"{self._title()}: {error}") from None
        bound.apply_defaults()
        return [bound.arguments[name] for name in names]

    def _bind(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise ArgumentError(f"{self._title()}: {error}") from None
        given = [name for name in self.names if name in bound.arguments]
        if given:
            for name in self.names[: self.names.index(given[-1])]:
                default = self.signature.parameters[name].default
                bound.arguments.setdefault(name, default)
        return bound.args, bound.kwargs

    def _title(self) -> str:
        return f"{self._name}{self.signature.replace(return_annotation=Signature.empty)}"


def unpack(packed: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Split a payload's ``args`` into positional and keyword arguments."""
    if packed and _is_marked(packed[-1]):
        return packed[:-1], packed[-1][KEYWORDS]
    return packed, {}


def _is_marked(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(KEYWORDS), dict)
