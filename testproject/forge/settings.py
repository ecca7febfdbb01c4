"""Settings of the forge: a small code forge on one machine, run by ``manage.py demo``.

What differs from one run to the next comes from environment variables beginning with FORGE_.
"""

from __future__ import annotations

import os
from pathlib import Path

from forge.databases import database

BASE = Path(__file__).resolve().parent
# Everything the forge writes: database, repositories, media, mail.
VAR = Path(os.environ.get("FORGE_VAR", BASE.parent / "var"))
REPOSITORIES = VAR / "repositories"

DEBUG = True
SECRET_KEY = os.environ.get("FORGE_SECRET_KEY", "good enough for a forge on one's own desk")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
ROOT_URLCONF = "forge.urls"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database(str(VAR / "db.sqlite3"))}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_resque",
    "forge",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "forge.views.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "static/"
MEDIA_URL = "media/"
MEDIA_ROOT = VAR / "media"

REDIS_URL = os.environ.get("FORGE_REDIS_URL", "redis://localhost:6379")
RESQUE = {
    "URL": REDIS_URL,
    "SCHEDULE": {
        "reminder": {
            "every": "30s",
            "job": "forge.jobs.notify",
            "args": ["smith@example.com", "The fire still burns"],
            "description": "Remind the smith of the fire",
        },
    },
}
# Another database of the same server: clearing the cache must not clear the queues.
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": f"{REDIS_URL}?db=1",
    }
}

EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ.get("FORGE_SMTP_PORT", "1025"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = "Forge <forge@example.com>"
