"""Jobs that use the ORM, and receivers that use it in the worker, as projects have them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from django_resque import job, signals, wiring
from tests.e2e.databases.models import Note

if TYPE_CHECKING:
    from django_resque import JobHandle

_SESSION = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}


class Rollback(Exception):
    """Raised to leave an atomic block by rolling back."""


@job(queue="q")
def note(number: int) -> None:
    """Write in a transaction and read it back."""
    with transaction.atomic():
        written = Note.objects.create(number=number, pid=os.getpid(), session=_session())
    assert Note.objects.get(pk=written.pk).number == number


@job(queue="q")
def leave_open(number: int) -> None:
    """Begin a transaction and leave it open."""
    connection.set_autocommit(False)
    Note.objects.create(number=-number, pid=os.getpid(), session=_session())


@job(queue="q")
def break_transaction(number: int) -> None:
    """Leave a transaction open that the server has given up."""
    connection.set_autocommit(False)
    with suppress(Exception), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nowhere")


@job(queue="q")
def enqueue_in_transactions(number: int) -> None:
    """Enqueue in transactions on two databases, and note in the second queue what happened when."""
    sizes = [_waiting()]
    with transaction.atomic("default"):
        with transaction.atomic("other"):
            _enqueue(number)
            sizes.append(_waiting())
        sizes.append(_waiting())
    sizes.append(_waiting())
    for outer, inner in (("default", "other"), ("other", "default")):
        with suppress(Rollback), transaction.atomic(outer):
            with transaction.atomic(inner):
                _enqueue(number)
            raise Rollback
        with transaction.atomic(outer), suppress(Rollback), transaction.atomic(inner):
            _enqueue(number)
            raise Rollback
    sizes.append(_waiting())
    expected = [0, 0, 0, 1, 1]
    assert expected == sizes


def _enqueue(number: int) -> JobHandle:
    return note.using(queue="later").enqueue(number)


def _waiting() -> int:
    return wiring.store().queues.size("later")


def _session() -> int | None:
    sql = _SESSION.get(connection.vendor)
    if sql is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _look(**_: Any) -> None:
    Note.objects.create(number=0, pid=os.getpid(), session=_session())


for _name in os.environ.get("RECEIVERS_OF_PROJECT", "").split():
    if _name == "import":
        _look()
    else:
        getattr(signals, _name).connect(_look)
