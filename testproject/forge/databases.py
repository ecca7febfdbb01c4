"""The database that this project and the tests run on: SQLite, or what RESQUE_TEST_DB names."""

from __future__ import annotations

import os
from typing import Any

KIND = os.environ.get("RESQUE_TEST_DB", "sqlite")
_SERVERS = {
    "postgres": ("django.db.backends.postgresql", "5432", "postgres"),
    "mariadb": ("django.db.backends.mysql", "3306", "root"),
}

if KIND == "mariadb":
    # Pure Python, so that nobody needs a compiler to run the tests.
    import pymysql

    pymysql.install_as_MySQLdb()


def database(sqlite: str = ":memory:") -> dict[str, Any]:
    """Return a value for ``DATABASES["default"]``; ``sqlite`` is the file if it is SQLite."""
    if KIND == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": sqlite, "OPTIONS": _PATIENT}
    engine, port, user = _SERVERS[KIND]
    return {
        "ENGINE": engine,
        "HOST": os.environ.get("RESQUE_TEST_DB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("RESQUE_TEST_DB_PORT", port),
        "USER": os.environ.get("RESQUE_TEST_DB_USER", user),
        "PASSWORD": os.environ.get("RESQUE_TEST_DB_PASSWORD", ""),
        "NAME": os.environ.get("RESQUE_TEST_DB_NAME", "resque"),
    }


# The web server and several workers write at once: let them queue up instead of failing.
_PATIENT = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
