"""A fresh database on each server that is there, and what only its server can tell of it."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql

from tests.polling import eventually

if TYPE_CHECKING:
    from pathlib import Path

_NAME = f"resque_e2e_{os.getpid()}"
_HOST = "127.0.0.1"


class Server:
    """A server on this machine, with a database of its own for the tests."""

    engine = ""
    list_sessions = ""
    """Selects the sessions that others have in the database."""
    end_session = ""
    """Ends one of them."""
    migrated = False
    """Whether the tables are there."""
    drop = f"DROP DATABASE IF EXISTS {_NAME}"
    impatient: tuple[str, str] = ("", "")
    """The option by which the server ends a session that has been idle for a second."""

    def __init__(self) -> None:
        """Create the database."""
        self.query(f"CREATE DATABASE {_NAME}", "")
        self.settings = {"ENGINE": self.engine, "NAME": _NAME, "HOST": _HOST, **self.login}

    @property
    def login(self) -> dict[str, Any]:
        """The settings by which Django logs in."""
        raise NotImplementedError

    def query(self, sql: str, name: str = _NAME) -> list[Any]:
        """Carry out one statement."""
        raise NotImplementedError

    def sessions(self) -> list[int]:
        """Return the sessions that others have in the database."""
        return [row[0] for row in self.query(self.list_sessions, "")]

    def kill_sessions(self) -> int:
        """End all sessions that others have in the database; return how many there were."""
        killed = self.sessions()
        for session in killed:
            self.query(self.end_session.format(session), "")
        eventually(lambda: not set(killed) & set(self.sessions()))
        return len(killed)

    def notes(self) -> list[tuple[int, int, int | None]]:
        """Return the number, pid and session of each job that ran; receivers have the number 0."""
        rows = self.query("SELECT number, pid, session FROM databases_note ORDER BY id")
        return [(row[0], row[1], row[2]) for row in rows]

    def close(self) -> None:
        """Remove the database."""
        self.kill_sessions()
        self.query(self.drop, "")


class Postgres(Server):
    """PostgreSQL."""

    engine = "django.db.backends.postgresql"
    list_sessions = (
        "SELECT pid FROM pg_stat_activity "
        f"WHERE datname = '{_NAME}' AND backend_type = 'client backend'"
    )
    end_session = "SELECT pg_terminate_backend({})"
    impatient = ("options", "-c idle_session_timeout=1000")

    @property
    def login(self) -> dict[str, Any]:
        """The settings by which Django logs in."""
        return {"PORT": "5432", "USER": "postgres"}

    def query(self, sql: str, name: str = _NAME) -> list[Any]:
        """Carry out one statement."""
        with psycopg.connect(
            host=_HOST, port=5432, user="postgres", dbname=name or "postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


class MariaDB(Server):
    """MariaDB, or MySQL."""

    engine = "django.db.backends.mysql"
    list_sessions = f"SELECT id FROM information_schema.processlist WHERE db = '{_NAME}'"
    end_session = "KILL {}"
    impatient = ("init_command", "SET SESSION wait_timeout=1")

    @property
    def login(self) -> dict[str, Any]:
        """The settings by which Django logs in."""
        return {"PORT": "3306", "USER": "root"}

    def query(self, sql: str, name: str = _NAME) -> list[Any]:
        """Carry out one statement."""
        with (
            pymysql.connect(
                host=_HOST, port=3306, user="root", database=name or None, autocommit=True
            ) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
            return list(cursor.fetchall())


class SQLite(Server):
    """SQLite, whose database is a file and knows no sessions."""

    engine = "django.db.backends.sqlite3"

    def __init__(self, folder: Path) -> None:
        """Keep the database in ``folder``."""
        self._path = folder / "database"
        self.settings = {"ENGINE": self.engine, "NAME": str(self._path)}

    def query(self, sql: str, name: str = _NAME) -> list[Any]:
        """Carry out one statement."""
        connection = sqlite3.connect(self._path, timeout=20)
        try:
            with connection:
                return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def close(self) -> None:
        """Leave the file to its folder."""
