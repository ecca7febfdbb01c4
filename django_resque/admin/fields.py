"""Form fields for the arguments of jobs: what a type hint allows, and JSON for all else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, is_typeddict

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from django_resque.admin.hints import UNKNOWN
from django_resque.exceptions import DecodeError
from django_resque.jobs.encoding import MAX_ARGUMENT_DEPTH, instead_of
from django_resque.wire.codec import loads, too_deep

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.hints import Hint

    _Base = forms.Field
else:
    _Base = object

OMITTED = object()
"""What a field gives that was left empty where the job has a default."""

_MOST_ROWS = 20
_SCALARS = (str, int, float, bool)
# A one-line input drops line breaks, and Django refuses NUL; UTF-8 cannot carry surrogates.
_ONE_LINE = re.compile("[^\r\n\x00\ud800-\udfff]*")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unwritable(ValueError):
    """Raised for a value that a field cannot show so that it comes back unchanged."""


def alike(one: Any, other: Any) -> bool:
    """Tell whether two values are the same JSON: ``True`` is not ``1`` there."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


class Argument(_Base):
    """What all these fields share: what it means when nothing is filled in."""

    def __init__(
        self, *, nullable: bool = False, has_default: bool = False, **options: Any
    ) -> None:
        """Make a field that gives None or OMITTED when it is empty, if it may."""
        self.nullable = nullable
        self.has_default = has_default
        super().__init__(required=not (nullable or has_default), **options)

    def clean(self, value: Any) -> Any:
        """Return what was filled in, None or OMITTED."""
        if value not in (None, ""):
            return super().clean(value)
        if self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return self.nothing()

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether something else is filled in than was shown."""
        try:
            return not alike(self.clean(data), self.clean(initial))
        except ValidationError:
            return True

    def nothing(self) -> Any:
        """Return what an empty field stands for."""
        return None if self.nullable else OMITTED

    def written(self, value: Any) -> Any:
        """Return what the field shows for a value. Raises Unwritable for one it is not for."""
        raise NotImplementedError


class TextArgument(Argument, forms.CharField):
    """A text in one line, as it is: also the space around it, and an empty one."""

    wiped = False
    """Whether an empty field is a text that was there and wiped out."""

    def __init__(self, **options: Any) -> None:
        """Make a field."""
        super().__init__(strip=False, **options)

    def nothing(self) -> Any:
        """Return None or OMITTED; an empty text if there was one before."""
        return "" if self.wiped else super().nothing()

    def written(self, value: Any) -> Any:
        """Return the text."""
        if not isinstance(value, str) or isinstance(value, Enum) or not _ONE_LINE.fullmatch(value):
            raise Unwritable
        if self.nullable:
            if not value:
                raise Unwritable
            return value
        self.required, self.wiped = False, True
        return value


class IntegerArgument(Argument, forms.IntegerField):
    """A whole number."""

    def written(self, value: Any) -> Any:
        """Return the number."""
        if type(value) is not int:
            raise Unwritable
        return value


class NumberArgument(Argument, forms.FloatField):
    """Any number that JSON can carry."""

    def written(self, value: Any) -> Any:
        """Return the number."""
        if type(value) not in (int, float) or float(value) != value:
            raise Unwritable
        return value


class FlagArgument(Argument, forms.BooleanField):
    """Yes or no: a box is never empty."""

    def __init__(self, **options: Any) -> None:
        """Make a field that may stay unticked."""
        super().__init__(**options)
        self.required = False

    def clean(self, value: Any) -> Any:
        """Return whether the box is ticked."""
        return self.to_python(value)

    def written(self, value: Any) -> Any:
        """Return whether to tick the box."""
        if type(value) is not bool:
            raise Unwritable
        return value


class ChoiceArgument(Argument, forms.ChoiceField):
    """One of a few values, each of which JSON can carry."""

    def __init__(self, *, values: Sequence[Any], **options: Any) -> None:
        """Make a field to choose from ``values``."""
        self.values = {_compact(value): value for value in values}
        super().__init__(**options)
        # Translators: the value None of Python, among the values to choose from.
        empty = pgettext("value", "None") if self.nullable else "—"
        self.choices = [("", empty), *((key, str(each)) for key, each in self.values.items())]

    def to_python(self, value: Any) -> Any:
        """Return the value that was chosen."""
        try:
            return self.values[value]
        except KeyError:
            raise ValidationError(
                self.error_messages["invalid_choice"], params={"value": value}
            ) from None

    def validate(self, value: Any) -> None:
        """Let all values pass: there are no others."""

    def written(self, value: Any) -> Any:
        """Return the key of the value."""
        key = _compact(value.value if isinstance(value, Enum) else value)
        if key not in self.values:
            raise Unwritable
        return key


class JSONArgument(Argument, forms.CharField):
    """Anything, written as JSON."""

    def __init__(self, *, kind: type | None = None, **options: Any) -> None:
        """Make a field that takes anything, or lists or objects only: ``kind`` is list or dict."""
        self.kind = kind
        widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
        super().__init__(**{"widget": widget, **options})

    def to_python(self, value: Any) -> Any:
        """Read the text."""
        try:
            read = loads(str(value).encode(), "the text")
        except DecodeError as error:
            # Translators: the reason is in English, such as “the text is not JSON: …”.
            told = _("It cannot be read (%s). Text goes in double quotes.")
            raise ValidationError(told % error) from None
        if too_deep(read, MAX_ARGUMENT_DEPTH):
            told = ngettext(
                "Nested deeper than %s level.", "Nested deeper than %s levels.", MAX_ARGUMENT_DEPTH
            )
            raise ValidationError(told % MAX_ARGUMENT_DEPTH)
        if _SURROGATE.search(_compact(read)):
            raise ValidationError(
                _("Holds half a character (a lone surrogate), which UTF-8 cannot carry.")
            )
        if self.kind and not isinstance(read, self.kind) and not (read is None and self.nullable):
            wanted = _("Give a list: %s") if self.kind is list else _("Give an object: %s")
            raise ValidationError(wanted % _EXAMPLES[self.kind])
        return read

    def validate(self, value: Any) -> None:
        """Let all values pass, also empty ones: they were written out."""

    def clean(self, value: Any) -> Any:
        """Return what was written, None or OMITTED."""
        return super().clean(str(value or "").strip())

    def written(self, value: Any) -> Any:
        """Return the value as JSON, a line for each item."""
        try:
            text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise Unwritable from error
        self.widget.attrs["rows"] = min(text.count("\n") + 2, _MOST_ROWS)
        return json.dumps(value, indent=2) if _SURROGATE.search(text) else text


class RefusedArgument(Argument, forms.CharField):
    """An argument that cannot be given, for JSON carries nothing like it; only left out."""

    def __init__(self, **options: Any) -> None:
        """Make a field in which nothing can be filled in."""
        super().__init__(disabled=True, **options)

    def clean(self, value: Any) -> Any:  # noqa: ARG002 whatever a forged form may hold
        """Return None or OMITTED, if it may be left out."""
        return super().clean(None)

    def written(self, value: Any) -> Any:
        """Show nothing."""
        raise Unwritable(value)


_EXAMPLES: dict[type, str] = {list: "[1, 2]", dict: '{"key": 1}'}
_SIMPLE: dict[Any, type[Argument]] = {
    str: TextArgument, int: IntegerArgument, float: NumberArgument, bool: FlagArgument,
}  # fmt: skip


def field_for(hint: Hint, **options: Any) -> Argument:
    """Return an empty field for what a parameter takes."""
    kind = hint.kind
    options |= {"nullable": hint.nullable}
    values = _choices(kind)
    if kind is bool and hint.nullable:
        values = (True, False)
    if values is not None:
        return _choosing(values, options)
    if kind in _SIMPLE:
        return _SIMPLE[kind](**options)
    shape = _shape(kind)
    if shape is None and isinstance(kind, type) and (advice := instead_of(kind)):
        # Translators: the advice is one of those that begin with “pass”.
        told = _("JSON carries no %(kind)s, so nothing can be passed here. In code: %(advice)s.")
        told %= {"kind": kind.__name__, "advice": _(advice)}
        options |= {"help_text": escape(told), "error_messages": {"required": told}}
        return RefusedArgument(**options)
    return JSONArgument(kind=shape, **options)


def _choosing(values: Sequence[Any], options: dict[str, Any]) -> Argument:
    if None in values:
        options["nullable"] = True
        values = [value for value in values if value is not None]
    return ChoiceArgument(values=values, **options)


def _choices(kind: Any) -> Sequence[Any] | None:
    """Return the few values that a hint allows; None if they are many."""
    if get_origin(kind) is Literal:
        values = [each.value if isinstance(each, Enum) else each for each in get_args(kind)]
    elif isinstance(kind, type) and issubclass(kind, Enum):
        values = [member.value for member in kind]
    else:
        return None
    simple = all(value is None or type(value) in _SCALARS for value in values)
    return values if simple and values else None


def _shape(kind: Any) -> type | None:
    """Return list or dict for a hint that only such a value can meet."""
    if kind is UNKNOWN:
        return None
    origin = get_origin(kind) or kind
    if not isinstance(origin, type) or issubclass(origin, (str, bytes)):
        return None
    if is_typeddict(origin) or issubclass(origin, Mapping):
        return dict
    return list if issubclass(origin, (Sequence, set, frozenset)) else None


_compact: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
