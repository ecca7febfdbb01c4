"""Django settings of a project whose admin wears the theme django-unfold."""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any

from tests import settings
from tests.settings import *  # noqa: F403 all but what the theme changes

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["unfold", *settings.INSTALLED_APPS]
RESQUE = {"URL": os.environ["RESQUE_TEST_URL"]}
# The theme's own templates ask for names that nobody gives.
TEMPLATES = deepcopy(settings.TEMPLATES)
OPTIONS: Any = TEMPLATES[0]["OPTIONS"]
del OPTIONS["string_if_invalid"]
