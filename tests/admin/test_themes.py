"""Every page is whole in a theme that replaces the admin's templates and style sheets."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.staticfiles import finders

from tests.admin.conftest import ROOT
from tests.admin.scenery import PAGES, fill
from tests.requiring import require

if TYPE_CHECKING:
    import redis

    from django_resque.embedded import EmbeddedServer

Pages = dict[str, tuple[int, str]]

CHECKOUT = Path(__file__).parents[2]
_WITHOUT = sys.version_info < (3, 11)  # where there is no release of the theme any more


@pytest.fixture
def unfolded(redis_server: EmbeddedServer, redis_client: redis.Redis) -> Pages:
    """Give the status and text of each page with django-unfold."""
    if _WITHOUT:
        pytest.skip("django-unfold is not for this Python")
    require(find_spec("unfold"), "django-unfold")
    fill(redis_client)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.admin.unfold_settings",
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "testproject")]),
        "RESQUE_TEST_URL": redis_server.url,
    }
    paths = [ROOT + path for path in PAGES.values()]
    command = [sys.executable, "-m", "tests.admin.rendering", *paths]
    rendered = subprocess.run(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, check=True
    )
    pages = [(status, text) for status, text in json.loads(rendered.stdout)]
    return dict(zip(PAGES, pages, strict=True))


def test_unfold(unfolded: Pages) -> None:
    """Each page stands in the theme, with a title, tabs, our style sheet and our content."""
    assert dict.fromkeys(PAGES, 200) == {name: status for name, (status, _) in unfolded.items()}
    for name, (_, text) in unfolded.items():
        assert "unfold/css/styles.css" in text, name
        assert text.count("django_resque/resque.css") == 1, name
        assert text.count("<h1>") == 1, name
        assert text.count('<div class="resque">') == 1, name
        assert text.count('aria-current="page"') >= 1, name
        assert text.count('<div id="live"') == 1, name
    assert "<h1>Queue mail</h1>" in unfolded["queue"][1]
    assert "SIGKILL" in unfolded["failure 2"][1]


def test_colours_have_fallbacks() -> None:
    """Where a theme does not define a variable of the admin, there is a colour all the same."""
    path = finders.find("django_resque/resque.css")
    assert isinstance(path, str)
    css = Path(path).read_text()

    ours = set(re.findall(r"^  (--r-[a-z-]+):", css, re.MULTILINE))
    bare = {name for name in re.findall(r"var\((--[a-z-]+)\)", css) if name not in ours}

    assert "--r-fg" in ours
    assert set() == bare


def test_both_directions() -> None:
    """The style sheet speaks of starts and ends; of left and right only for code."""
    path = finders.find("django_resque/resque.css")
    assert isinstance(path, str)
    css = re.sub(r"/\*.*?\*/", "", Path(path).read_text(), flags=re.DOTALL)
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", css)

    physical = [
        (selector.strip(), line.strip())
        for selector, body in rules
        for line in body.split(";")
        if re.search(r"\b(left|right)\b", line)
    ]

    assert [
        ('html[dir="rtl"] .resque-args', "text-align: right"),
        (".resque pre", "text-align: left"),
    ] == physical
