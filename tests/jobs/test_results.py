"""Results are found by the ids of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque import job, results

if TYPE_CHECKING:
    from django_resque.store import Store


def test_get(resque_store: Store) -> None:
    """An id is all that another process has to know, and the queue for one that waits."""

    @job(name="send", queue="q")
    def send() -> None: ...

    handle = send.enqueue()

    assert "queued" == results.get(str(handle.id), "q").status
    assert handle.id == results.get(str(handle.id)).id
