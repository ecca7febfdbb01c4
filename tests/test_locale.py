"""Tests of the catalogues: whatever the sources say, each language says too."""

from __future__ import annotations

import gettext
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import django_resque
from tests.requiring import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog, Message

PACKAGE = Path(django_resque.__file__).parent
LOCALES = PACKAGE / "locale"
DJANGO = Path(django.__file__).parent
LANGUAGES = sorted(folder.name for folder in LOCALES.iterdir())
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%s|%%")
_MARKUP = re.compile(r"</?\w+[^>]*>")
_ENDS = (".", "?", ":", "…")

Key = tuple[str | None, str]


def catalogue(file: Path) -> Catalog:
    """Read a catalogue as people write it."""
    with file.open("rb") as read:
        return read_po(read)


def of(language: str) -> Catalog:
    """Return our catalogue of a language."""
    return catalogue(LOCALES / language / "LC_MESSAGES" / "django.po")


def messages(all_of_it: Catalog) -> Iterator[Message]:
    """Give the messages of a catalogue, without its header."""
    return (message for message in all_of_it if message.id)


def forms(words: Any) -> list[str]:
    """Return the forms of a text: one, or one for each number that its language has."""
    return [words] if isinstance(words, str) else list(words)


def key(message: Message) -> Key:
    """Return what tells a message from all others."""
    return message.context, forms(message.id)[0]


@pytest.fixture(scope="session")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> set[Key]:
    """Give what is to be translated in the sources, as makemessages finds it."""
    require(shutil.which("xgettext"), "xgettext")
    copy = tmp_path_factory.mktemp("messages") / "package"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("locale", "__pycache__"))
    (copy / "locale").mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--no-location"]
    subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
    return {key(each) for each in messages(catalogue(copy / "locale/de/LC_MESSAGES/django.po"))}


def test_languages() -> None:
    """There are languages to test."""
    assert ["de", "es"] == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_there(language: str, extracted: set[Key]) -> None:
    """A catalogue has what the sources say and no more: ``tox -e messages`` was run."""
    ours = {key(message) for message in messages(of(language))}

    assert len(extracted) > 100
    assert extracted == ours


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_open(language: str) -> None:
    """Everything is translated, in every form, and nobody has to look at it again."""
    left = [
        key(message)
        for message in messages(of(language))
        if message.fuzzy or not all(form.strip() for form in forms(message.string))
    ]

    assert [] == left
    assert {} == of(language).obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_lost_in_translation(language: str) -> None:
    """Each form has the placeholders, the markup and the end of its original."""
    for message in messages(of(language)):
        for original in forms(message.id):
            for form in forms(message.string):
                for pattern in (_PLACEHOLDER, _MARKUP):
                    assert sorted(pattern.findall(original)) == sorted(pattern.findall(form)), form
                for end in _ENDS[1:]:
                    assert original.endswith(end) == form.endswith(end), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms(language: str) -> None:
    """What counts has as many forms as the catalogue says that the language has.

    Django's own have other numbers of them in other versions, and it keeps such catalogues apart.
    """
    ours = of(language)

    for message in messages(ours):
        if message.pluralizable:
            assert ours.num_plurals == len(forms(message.string)), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled(language: str) -> None:
    """What Django reads is compiled from what people write."""
    compiled = io.BytesIO()
    write_mo(compiled, of(language))
    compiled.seek(0)
    with (LOCALES / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        read = gettext.GNUTranslations(file)

    assert texts(gettext.GNUTranslations(compiled)) == texts(read)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_django_changes(language: str) -> None:
    """What Django says as well it says alike: catalogues of all apps become one.

    Where our word means something else, it gets a context.
    """
    ours = {key(message): message.string for message in messages(of(language))}
    shared: dict[Key, Any] = {}
    for file in DJANGO.rglob(f"locale/{language}/LC_MESSAGES/django.mo"):
        with file.open("rb") as read:
            theirs = texts(gettext.GNUTranslations(read))
        shared |= {
            (None, text): word for text, word in theirs.items() if text and (None, text) in ours
        }

    assert (None, "Home") in shared
    assert shared == {text: ours[text] for text in shared}


def texts(translations: gettext.GNUTranslations) -> dict[Any, str]:
    """Return all texts of a compiled catalogue but its header."""
    return {k: v for k, v in translations._catalog.items() if k}  # type: ignore[attr-defined]
