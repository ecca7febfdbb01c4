"""Django settings for the tests."""

from __future__ import annotations

from forge.databases import database

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
