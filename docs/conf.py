# noqa: INP001 Sphinx reads this file by its path
"""Sphinx: Markdown by MyST, the Furo theme, every reference checked."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.conf import settings  # noqa: TID251 this is where they are made, for the build alone

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# Enough of a Django for the modules that the API page shows to be imported.
if not settings.configured:
    settings.configure(INSTALLED_APPS=["django_resque"])
    django.setup()

from django_resque import __version__  # noqa: E402 it needs the path and the settings above

project = "django-resque"
author = "The django-resque maintainers"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "changelog.d"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
highlight_language = "text"

nitpicky = True
nitpick_ignore_regex = [
    # Type variables, and types that have no page here: Python's, redis-py's, inner ones.
    ("py:.*", r"(.*\.)?(P|R|R_co|P\.args|P\.kwargs|OnCommit|HasPerform|JobDecorator)"),
    ("py:.*", r"(collections|pathlib|redis|types|typing)\..*"),
]

autodoc_member_order = "bysource"
# Types of many arguments say little to a reader; the pages around this say what goes in.
autodoc_typehints = "none"
python_maximum_signature_line_length = 72

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["docs.css"]
html_title = f"django-resque {release}"
html_copy_source = False
html_show_sourcelink = False
