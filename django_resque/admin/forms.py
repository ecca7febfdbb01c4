"""Forms to enqueue jobs with: a field for each argument, by the job's signature and type hints."""

from __future__ import annotations

from contextlib import suppress
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_resque.admin import refusals
from django_resque.admin.fields import (
    OMITTED,
    ChoiceArgument,
    FlagArgument,
    IntegerArgument,
    JSONArgument,
    NumberArgument,
    RefusedArgument,
    TextArgument,
    Unwritable,
    field_for,
)
from django_resque.admin.hints import UNKNOWN, Hint, in_words, parameters
from django_resque.exceptions import ArgumentError, InvalidQueueName
from django_resque.jobs.arguments import KEYWORDS, unpack
from django_resque.jobs.encoding import encode
from django_resque.jobs.masking import masked_args, unmasked_args
from django_resque.jobs.registry import registry
from django_resque.wire.payload import Payload
from django_resque.wire.queue_name import MAX_LENGTH, check_queue_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_resque.admin.fields import Argument
    from django_resque.jobs.definition import Job

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_VARIADIC: dict[Any, type] = {Parameter.VAR_POSITIONAL: list, Parameter.VAR_KEYWORD: dict}
_STARS: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
# In these nothing secret is shown as long as no value is given.
_OPEN = (FlagArgument, ChoiceArgument, RefusedArgument)
_ALL = "args"
_PROBE = "?"


class EnqueueForm(forms.Form):
    """Where a job is enqueued."""

    queue = forms.CharField(label=gettext_lazy("Queue"), max_length=MAX_LENGTH)
    at_front = forms.BooleanField(
        label=gettext_lazy("At the front, before those that wait already"), required=False
    )

    def clean_queue(self) -> str:
        """Refuse names that Resque's clients cannot share."""
        name: str = self.cleaned_data["queue"]
        try:
            check_queue_name(name)
        except InvalidQueueName as error:
            raise ValidationError(refusals.in_words(error)) from None
        return name


class JobForm(forms.Form):
    """The arguments of a job: none so far, or those of a payload to be edited.

    For a job that is not registered here, and for arguments that do not fit it, there is one
    field for all of them as JSON. What is masked in a field, or not shown at all, stays what it
    was unless something else is filled in.
    """

    def __init__(
        self,
        name: str,
        data: Mapping[str, Any] | None = None,
        *,
        args: list[Any] | None = None,
        prefix: str = "arg",
    ) -> None:
        """Make a form for the job called ``name``; ``args`` are those of a payload to edit."""
        super().__init__(data, prefix=prefix)
        self.name = name
        self.job = registry.find(name)
        given = _by_name(self.job, args)
        self._whole = self.job is None or given is None
        self._given = {_ALL: args or []} if given is None else given
        self._shown = self._masked(self._given)
        if self.job is None or self._whole:
            told = _("All arguments in their order, as a JSON list.")
            field = JSONArgument(kind=list, label=_("Arguments"), help_text=told)
            self.fields[_ALL], self.initial[_ALL] = field, field.written(self._shown[_ALL])
            return
        secret, written = secret_names(self.job), self.job.parameters.signature.parameters
        for key, parameter in parameters(self.job).items():
            hint = in_words(written[key].annotation)
            self.fields[key] = self._field(key, parameter, hint, secret=key in secret)

    def clean(self) -> dict[str, Any]:
        """Put back what was masked, and see whether the whole fits the job and can travel."""
        if self.errors:
            return self.cleaned_data
        try:
            self._unmask()
            packed = self.packed()
            if self.job:
                self.job.parameters.unpack(packed)
            encode(Payload(self.name, packed), self.job.parameters.names if self.job else ())
        except ArgumentError as error:
            self.add_error(None, str(error))
        return self.cleaned_data

    def call(self) -> tuple[list[Any], dict[str, Any]]:
        """Return the positional and the keyword arguments that were filled in.

        Defaults that nobody has touched are left out, where nothing follows them.
        """
        if self.job is None or self._whole:
            return unpack(self.cleaned_data[_ALL])
        positional: list[Any] = []
        rest: list[Any] = []
        kwargs: dict[str, Any] = {}
        needed = 0
        for key, parameter in self.job.parameters.signature.parameters.items():
            value = self.cleaned_data[key]
            left = value is OMITTED or (key not in self._given and key not in self.changed_data)
            if parameter.kind in _POSITIONAL:
                positional.append(parameter.default if value is OMITTED else value)
                needed = needed if left else len(positional)
            elif not left and parameter.kind is Parameter.VAR_POSITIONAL:
                rest = value
            elif not left:
                kwargs |= value if parameter.kind is Parameter.VAR_KEYWORD else {key: value}
        return (positional if rest else positional[:needed]) + rest, kwargs

    def packed(self) -> list[Any]:
        """Return what was filled in as the ``args`` of a payload."""
        args, kwargs = self.call()
        if self.job is None:
            packed: list[Any] = self.cleaned_data[_ALL]
            return packed
        return self.job.parameters.pack(tuple(args), kwargs)

    def _masked(self, given: dict[str, Any]) -> dict[str, Any]:
        if self._whole:
            return {_ALL: masked_args(Payload(self.name, given[_ALL]))}
        masked: dict[str, Any] = masked_args(self._keyed(given))[0][KEYWORDS]
        return masked

    def _unmask(self) -> None:
        """Put back what was masked in fields that were edited, and all of those that were not."""
        cleaned = self.cleaned_data
        unchanged = self._given.keys() - self.changed_data
        if self._whole:
            payload = Payload(self.name, self._given[_ALL])
            cleaned[_ALL] = unmasked_args(cleaned[_ALL], payload)
        else:
            edited = {key: each for key, each in cleaned.items() if each is not OMITTED}
            whole = self._keyed(self._given)
            cleaned |= unmasked_args(self._keyed(edited).args, whole)[0][KEYWORDS]
        cleaned |= {key: self._given[key] for key in unchanged}

    def _keyed(self, arguments: dict[str, Any]) -> Payload:
        """Return a payload with arguments by their names: so they are masked and unmasked alike."""
        return Payload(self.name, [{KEYWORDS: arguments}])

    def _field(self, key: str, parameter: Parameter, hint: str, *, secret: bool) -> Argument:
        shape = _VARIADIC.get(parameter.kind)
        default = parameter.default if shape is None else shape()
        options: dict[str, Any] = {
            "label": f"{_STARS.get(parameter.kind, '')}{key}",
            "has_default": default is not UNKNOWN,
            "help_text": escape(hint),  # Django lets help texts hold markup
        }
        kind = Hint.read(parameter.annotation) if shape is None else Hint(shape)
        field = field_for(kind.with_default(default), **options)
        if secret and (key in self._given or not isinstance(field, _OPEN)):
            return self._secret_field(key, field, options)
        value = self._shown.get(key, default)
        if value is UNKNOWN or (value is None and field.nullable):
            return field
        try:
            self.initial[key] = field.written(value)
        except Unwritable:
            if key in self._given or isinstance(field, FlagArgument):
                field = JSONArgument(**options)
                with suppress(Unwritable):
                    self.initial[key] = field.written(value)
        return field

    def _secret_field(self, key: str, field: Argument, options: dict[str, Any]) -> Argument:
        """Return a field like another, in which nothing is shown."""
        kept = key in self._given
        options["widget"] = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        options["has_default"] |= kept
        if kept:
            options["help_text"] = _("Not shown. Leave it empty to keep it as it is.")
        if isinstance(field, (TextArgument, IntegerArgument, NumberArgument)):
            return type(field)(**options)
        return JSONArgument(kind=getattr(field, "kind", None), **options)


def secret_names(job: Job[..., Any]) -> set[str]:
    """Return the names of the parameters of a job whose values are not to be seen."""
    names = dict.fromkeys(job.parameters.signature.parameters, _PROBE)
    masked = masked_args(Payload(job.name, [{KEYWORDS: names}]))[0][KEYWORDS]
    return {name for name in names if masked[name] != _PROBE}


def _by_name(job: Job[..., Any] | None, args: list[Any] | None) -> dict[str, Any] | None:
    """Return the arguments of a payload by the names of a job's parameters; None if they misfit."""
    if job is None or args is None:
        return None if job is None else {}
    try:
        positional, keywords = job.parameters.unpack(args)
        bound = job.parameters.signature.bind(*positional, **keywords)
    except (ArgumentError, TypeError):
        return None
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in bound.arguments.items()
    }
