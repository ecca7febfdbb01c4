"""Settings of the project; the tests say through the environment where its Redis is."""

from __future__ import annotations

import json
import os

SECRET_KEY = "for tests only"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["django_resque", "tests.e2e.project"]
LOGGING = json.loads(os.environ.get("PROJECT_LOGGING", "{}"))
RESQUE = json.loads(os.environ.get("PROJECT_RESQUE", "{}"))
