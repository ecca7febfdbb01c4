"""Every page speaks the reader's language, and nothing of ours in it stays English."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.contrib.messages import get_messages

from django_resque import job
from django_resque.jobs.registry import registry
from tests.admin.conftest import ROOT
from tests.admin.scenery import OURS, PAGES, fill
from tests.test_locale import LANGUAGES, forms, messages, of

if TYPE_CHECKING:
    import redis
    from django.test import Client
    from pytest_django import Settings

# What people read: the text between tags, and what is told in attributes.
_READ = re.compile(r">([^<>]+)<|(?:aria-label|placeholder|title|data-\w+)=\"([^\"]*)\"")


@pytest.fixture(autouse=True)
def shop(redis_client: redis.Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something to show, and let each browser say which language it wants."""
    monkeypatch.setattr(registry, "_jobs", {})
    job(name="shop.send", queue="mail", timeout=30, max_memory="2M", jobs_per_fork=5)(send)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    fill(redis_client)


def send(user: int, options: dict[str, int], *more: str) -> None:
    """Enviar."""


def untranslated(language: str) -> set[str]:
    """Return the English texts of ours that are no texts of a language as well."""
    english, other = set(), set()
    for message in messages(of(language)):
        english.update(forms(message.id))
        other.update(forms(message.string))
    return {text for text in english - other if "%" not in text}


def read(page: str) -> set[str]:
    """Return the texts of a page."""
    texts = (unescape(text or told).strip() for text, told in _READ.findall(page))
    return {text for text in texts if text}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*PAGES, "job"])
def test_pages(admin_client: Client, name: str, language: str) -> None:
    """A page has no English text of ours, neither by itself nor within another one."""
    url = ROOT + PAGES.get(name, "jobs/shop.send/")

    response = admin_client.get(url, headers={"accept-language": language})

    page = response.content.decode()
    assert 200 == response.status_code
    assert f'<html lang="{language}"' in page
    assert "%missing" not in page
    english, texts = untranslated(language), read(page)
    assert set() == english & texts
    assert [] == [text for text in english if " " in text and text in unescape(page)]


@pytest.mark.parametrize(
    ("language", "told", "asked", "refused"),
    [
        ("de", "Die Warteschlange mail ist angehalten.", "Sind Sie sicher?", "Keine Warteschlange"),
        ("es", "La cola mail está en pausa.", "¿Está seguro?", "Ninguna cola"),
    ],
)
def test_changes(admin_client: Client, language: str, told: str, asked: str, refused: str) -> None:
    """So do messages, questions and refusals."""
    headers = {"accept-language": language}

    done = admin_client.post(f"{ROOT}queues/mail/pause/", headers=headers)
    question = admin_client.post(f"{ROOT}workers/{OURS}/kill/", headers=headers).content.decode()
    wrong = admin_client.post(
        f"{ROOT}jobs/shop.send/enqueue/", {"queue": "a b"}, headers=headers
    ).content.decode()

    assert [told] == [str(message) for message in get_messages(done.wsgi_request)]
    assert asked in question
    assert set() == untranslated(language) & read(question)
    assert refused in wrong
    assert set() == untranslated(language) & read(wrong)


def test_english(admin_client: Client) -> None:
    """Without a catalogue for what the browser wants, in its direction, all is English."""
    page = admin_client.get(ROOT, headers={"accept-language": "ar"}).content.decode()

    assert 'dir="rtl"' in page
    assert {"Overview", "Queues", "Working", "Latest failures"} <= read(page)
