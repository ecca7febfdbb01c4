"""Arguments as they may be shown: what is named like a secret is masked by Django's own filter."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from functools import lru_cache
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from django.views.debug import get_default_exception_reporter_filter

from django_resque.exceptions import ArgumentError, DecodeError
from django_resque.jobs.arguments import KEYWORDS, unpack
from django_resque.jobs.registry import registry
from django_resque.wire.codec import dumps
from django_resque.wire.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django_resque.wire.failure import FailureRecord

logger = logging.getLogger(__name__)

MASK = "*" * 20
"""What stands for a secret, unless the project's filter has something else."""

_LEAST = 4  # characters of a secret that is looked for in a text; shorter ones are in every word
_MOST_LOOKS = 1_000_000_000  # characters to go through; of a text that needs more, nothing is shown


def masked_args(payload: Payload) -> list[Any]:
    """Return a payload's arguments with the secrets masked, in the same shape.

    The filter is that of ``DEFAULT_EXCEPTION_REPORTER_FILTER``. It is asked about positional
    arguments by the names that the registered job gives them, about keyword arguments and what is
    in objects by their keys. If it raises, everything is masked.
    """
    args, kwargs = unpack(payload.args)
    try:
        cleanse = get_default_exception_reporter_filter().cleanse_setting
        names = _names(payload.name, len(args))
        masked = [_masked(cleanse, *each) for each in zip(names, args, strict=True)]
        masked_kwargs = {key: _masked(cleanse, key, value) for key, value in kwargs.items()}
    except Exception as error:  # noqa: BLE001 a project's own filter may raise anything
        _warn(type(error).__name__)
        masked, masked_kwargs = [MASK] * len(args), dict.fromkeys(kwargs, MASK)
    # An object that only looks like keyword arguments, being empty, stays one.
    return [*masked, {KEYWORDS: masked_kwargs}] if len(args) < len(payload.args) else masked


def masked_text(text: str, payload: Payload) -> str:
    """Return an error or a traceback without what is masked in the payload's arguments.

    Text and numbers of four characters or more are looked for, as they are and as Python and
    JSON write them.
    """
    hidden = {
        form
        for secret in _hidden(payload.args, masked_args(payload))
        if len(secret) >= _LEAST
        for form in (secret, repr(secret)[1:-1], *_in_json(secret))
    }
    if len(text) * len(hidden) > _MOST_LOOKS:
        return MASK
    # A secret may be part of another one.
    for form in sorted(hidden, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def masked_record(record: FailureRecord) -> FailureRecord:
    """Return a failure with the secrets of its payload masked wherever they are."""
    try:
        payload = Payload.decode(record.payload)
    except DecodeError:
        return record
    trace = masked_text("\n".join(record.backtrace), payload)
    return replace(
        record,
        payload=_encoded({"class": payload.name, "args": masked_args(payload), **payload.extras}),
        error=masked_text(record.error, payload),
        backtrace=trace.split("\n") if record.backtrace else [],
    )


def unmasked_args(edited: list[Any], payload: Payload) -> list[Any]:
    """Return edited arguments with the payload's own secrets where they are still masked.

    Raises ArgumentError if a mask stands where it was not: then nobody knows what it stands for.
    """
    masked = masked_args(payload)
    restored = _restored(edited, masked, payload.args)
    masks = set(_texts(masked)).difference(_texts(payload.args))
    if masks.intersection(_texts(restored)):
        raise ArgumentError("A masked value was moved: write what it stands for in its new place")
    return list(restored)


def _names(job_name: str, count: int) -> list[str]:
    job = registry.find(job_name)
    if job is None:
        return [""] * count
    parameters = job.parameters.signature.parameters.values()
    rest = [each.name for each in parameters if each.kind is Parameter.VAR_POSITIONAL] or [""]
    names = [*job.parameters.names, *rest * count]
    return names[:count]


def _masked(cleanse: Callable[[str, Any], Any], name: str, value: Any) -> Any:
    # Of a container the filter is asked with an empty one: it would go through all that is in
    # it, and that again at each level.
    empty_or_leaf = type(value)() if isinstance(value, (dict, list)) else value
    cleansed = cleanse(name, empty_or_leaf)
    if empty_or_leaf is value or cleansed != empty_or_leaf:
        is_plain = cleansed is None or isinstance(cleansed, (str, int, float))
        return cleansed if is_plain else str(cleansed)
    if isinstance(value, dict):
        return {key: _masked(cleanse, key, each) for key, each in value.items()}
    return [_masked(cleanse, "", each) for each in value]


@lru_cache(maxsize=16)  # said once, not with every argument of every job
def _warn(kind: str) -> None:
    logger.warning("The exception reporter filter raised %s: all arguments are masked", kind)


def _hidden(value: Any, masked: Any) -> Iterator[str]:
    """Iterate over the texts that masking has taken away."""
    if isinstance(value, dict) and isinstance(masked, dict):
        for key, each in value.items():
            yield from _hidden(each, masked.get(key))
    elif isinstance(value, list) and isinstance(masked, list):
        for each, shown in zip(value, masked, strict=False):
            yield from _hidden(each, shown)
    elif value != masked:
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    """Iterate over all texts and whole numbers in a value, as texts."""
    if isinstance(value, dict):
        yield from value
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)


def _encoded(document: dict[str, Any]) -> bytes:
    try:
        return dumps(document)
    except UnicodeEncodeError:
        return json.dumps(document).encode()  # a lone surrogate, which only its escape can carry


def _in_json(text: str) -> tuple[str, str]:
    return json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]


def _restored(edited: Any, masked: Any, value: Any) -> Any:
    if all(isinstance(each, dict) for each in (edited, masked, value)):
        return {
            key: _restored(each, masked[key], value[key]) if key in masked else each
            for key, each in edited.items()
        }
    if all(isinstance(each, list) for each in (edited, masked, value)):
        known = min(len(edited), len(masked))
        pairs = zip(edited[:known], masked, value, strict=False)
        return [*(_restored(*each) for each in pairs), *edited[known:]]
    is_mask = type(edited) is type(masked) and edited == masked
    return value if is_mask else edited
