"""The database that tests run on: SQLite, or the one named by RESQUE_TEST_DB."""

from __future__ import annotations

import os
from typing import Any


def database(sqlite: str = ":memory:") -> dict[str, Any]:
    """Return a value for ``DATABASES["default"]``; ``sqlite`` is the file if it is SQLite."""
    kind = os.environ.get("RESQUE_TEST_DB", "sqlite")
    if kind == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": sqlite}
    engine, port, user = _SERVERS[kind]
    return {
        "ENGINE": engine,
        "HOST": os.environ.get("RESQUE_TEST_DB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("RESQUE_TEST_DB_PORT", port),
        "USER": os.environ.get("RESQUE_TEST_DB_USER", user),
        "PASSWORD": os.environ.get("RESQUE_TEST_DB_PASSWORD", ""),
        "NAME": os.environ.get("RESQUE_TEST_DB_NAME", "resque"),
    }


_SERVERS = {
    "postgres": ("django.db.backends.postgresql", "5432", "postgres"),
    "mariadb": ("django.db.backends.mysql", "3306", "root"),
}
