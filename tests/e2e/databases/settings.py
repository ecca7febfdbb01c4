"""Settings of processes that are told their databases and their Redis by the environment."""

from __future__ import annotations

import json
import os

import pymysql

# Pure Python, so that no compiler is needed to run the tests.
pymysql.install_as_MySQLdb()

SECRET_KEY = "for tests only"
USE_TZ = True
DATABASES = json.loads(os.environ["DATABASES_OF_PROJECT"])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_resque", "tests.e2e.databases"]
RESQUE = {"URL": os.environ["REDIS_OF_PROJECT"]}
# What receivers raise in the worker is to be seen.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
