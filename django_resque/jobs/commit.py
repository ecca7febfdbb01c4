"""Waits with an action until open database transactions have committed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from django.db import connections, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

OnCommit = bool | str | Sequence[str]
"""True: wait for every database in a transaction; False: for none; otherwise for those named."""


def after_commit(action: Callable[[], None], on_commit: OnCommit) -> None:
    """Run ``action`` when the transactions have all committed, at once if none is open.

    It never runs if any of them, or a savepoint around this call, is rolled back. What it
    raises is raised where the last transaction commits.
    """
    waiting = _aliases(on_commit)
    if not waiting:
        action()
        return

    def committed(alias: str) -> None:
        waiting.discard(alias)
        if not waiting:
            action()

    for alias in sorted(waiting):
        transaction.on_commit(partial(committed, alias), using=alias)


def _aliases(on_commit: OnCommit) -> set[str]:
    if on_commit is True:
        # A database not used so far is not in a transaction; do not even make its wrapper.
        opened = connections.all(initialized_only=True)
        return {connection.alias for connection in opened if connection.in_atomic_block}
    if on_commit is False:
        return set()
    return {on_commit} if isinstance(on_commit, str) else set(on_commit)
