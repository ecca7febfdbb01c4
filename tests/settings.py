"""Django settings for the tests."""

from __future__ import annotations

import os

from tests.databases import database

if os.environ.get("RESQUE_TEST_DB") == "mariadb":
    # Pure Python, so that no compiler is needed to run the tests.
    import pymysql

    pymysql.install_as_MySQLdb()

SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_resque",
]
# A test that needs Redis asks for the fixture resque_settings: by themselves, settings lead to a
# socket that does not exist, so that no test ever speaks to somebody else's server.
RESQUE = {"URL": "unix:///nonexistent/redis.sock"}
