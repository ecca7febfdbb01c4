"""A worker's own connection: carries its steps and hears Redis announce a push by anybody."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import redis
from redis._parsers import _RESP3Parser

from django_resque.exceptions import AccessDenied, StoreUnavailable
from django_resque.store.commander import Commander, exchange_over, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redis.connection import AbstractConnection, ConnectionPool

    from django_resque.store.commander import Command

logger = logging.getLogger(__name__)

ARM: Command = ("CLIENT", "CACHING", "YES")
"""Sent before a script, makes Redis announce the next change of the keys that the script reads."""

_TRACK: Command = ("CLIENT", "TRACKING", "ON", "OPTIN", "NOLOOP")


class Link(Commander):
    """One RESP3 connection with client-side tracking, opened at the first command.

    A broken connection is opened, and tracking switched on, anew by the next command. redis-py's
    own reconnect would come back without tracking, so the connection never retries by itself.
    """

    def __init__(self, make_pool: Callable[..., ConnectionPool]) -> None:
        """Take the connection from ``make_pool``, which passes its arguments on to redis-py."""
        # The pure parser: with hiredis, redis-py 5 hands a push message out as a reply.
        self._pool = make_pool(protocol=3, parser_class=_RESP3Parser)
        self._connection: AbstractConnection | None = None
        self.tracking = False

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Send all commands in one round trip; return their replies, errors among them."""
        return exchange_over(self._connected(), commands)

    def fileno(self) -> int | None:
        """Return the descriptor to wait on for an announcement; None while unconnected."""
        if self._connection is None or self._connection._sock is None:  # noqa: SLF001 redis-py has no public name for it
            return None
        return int(self._connection._sock.fileno())  # noqa: SLF001

    def heard(self) -> bool:
        """Tell whether something already arrived that waiting on the descriptor would miss."""
        if self._connection is None or self.fileno() is None:
            return True  # asked now, redis-py would connect, and without tracking
        try:
            return bool(self._connection.can_read(timeout=0))
        except (redis.RedisError, OSError):
            return True

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.disconnect()

    def _connected(self) -> AbstractConnection:
        connection = self._connection or cast("AbstractConnection", self._pool.make_connection())
        self._connection = connection
        if connection._sock is None:  # noqa: SLF001
            try:
                connection.connect()
            except (redis.RedisError, OSError) as error:
                connection.disconnect()
                raise translate(error) from error
            self._track(connection)
        return connection

    def _track(self, connection: AbstractConnection) -> None:
        reply = exchange_over(connection, [_TRACK])[0]
        self.tracking = not isinstance(reply, redis.ResponseError)
        if not self.tracking:
            refusal = translate(reply)
            if isinstance(refusal, StoreUnavailable):
                connection.disconnect()
                raise refusal
            logger.warning(
                "Redis does not announce pushes (%s); looking for jobs once a second instead",
                refusal if isinstance(refusal, AccessDenied) else reply,
                extra={"event": "link.untracked"},
            )
