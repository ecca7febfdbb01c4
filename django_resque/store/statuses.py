"""php-resque's status packets, kept up to date where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.wire.status import FINAL_TTL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_resque.store.commander import Command, Commander
    from django_resque.store.keys import Keys

WAITING_TTL = 30 * 86_400
"""Seconds after which the packet of a job goes that nobody has performed."""


class Statuses:
    """Reads and writes status packets by the names under which php-resque tracks jobs."""

    def __init__(self, commander: Commander, keys: Keys) -> None:
        """Work through ``commander`` on the keys of one namespace."""
        self._commander = commander
        self._keys = keys

    def get(self, job: str) -> bytes | None:
        """Return the packet of a job; None if it is not tracked."""
        (reply,) = self._commander.exchange([("GET", self._keys.status(job))])
        return reply if isinstance(reply, bytes) else None

    def begin(self, packets: Iterable[tuple[str, bytes]]) -> None:
        """Track jobs that are about to be enqueued."""
        self._commander.pipe(self.beginning(packets))

    def beginning(self, packets: Iterable[tuple[str, bytes]]) -> list[Command]:
        """Return the commands that track jobs from now on."""
        return [("SET", self._keys.status(job), raw, "EX", WAITING_TTL) for job, raw in packets]

    def update(self, job: str, packet: bytes) -> None:
        """Replace the packet of a job, if there is one."""
        self._commander.call("SET", self._keys.status(job), packet, "XX", "KEEPTTL")

    def ending(self, job: str, packet: bytes) -> list[Command]:
        """Return the command that replaces the packet of a job that ends, if there is one."""
        return [("SET", self._keys.status(job), packet, "XX", "EX", FINAL_TTL)]

    def returning(self, job: str, packet: bytes) -> list[Command]:
        """Return the command that replaces the packet of a job that is to run again."""
        return [("SET", self._keys.status(job), packet, "XX", "KEEPTTL")]
