"""The only place that talks to Redis: sends commands, reads replies, translates errors."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from functools import lru_cache, partial
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import redis
from redis.exceptions import (
    AskError,
    ClusterCrossSlotError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)

from django_resque.exceptions import (
    AccessDenied,
    EnqueueUncertain,
    StoreError,
    StoreUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from redis.connection import AbstractConnection, Connection, ConnectionPool

    from django_resque.store.scripts import Script

Word = bytes | str | int | float
Command = tuple[Word, ...]
"""One Redis command with its arguments: a value that can be part of a pipeline or an ending."""

# Refusals that pass by themselves. redis-py takes the code off the text of those that it has a
# class for, unless a script ran into them.
_PASSING_KINDS = (
    redis.ConnectionError, redis.TimeoutError, OSError, ClusterDownError, MasterDownError,
    OutOfMemoryError, ReadOnlyError, TryAgainError,
)  # fmt: skip
_PASSING = (
    "LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "MISCONF", "NOREPLICAS",
    "BUSY ", "OOM", "max number of clients", "You can't write against a read only",
)  # fmt: skip
_DENIED_KINDS = (redis.AuthenticationError, NoPermissionError)
_DENIED = (
    "NOAUTH", "WRONGPASS", "NOPERM", "invalid password", "Authentication required",
    "The user executing the script can't",
)  # fmt: skip
_CLUSTERED_KINDS = (AskError, ClusterCrossSlotError, MovedError)
_CROSS_SLOT = "CROSSSLOT"  # for which redis-py before 6 has no class
_CLUSTERED = (
    'this Redis is a Cluster: put RESQUE["NAMESPACE"] into braces, such as "{resque}", and lead to '
    "the node that serves it"
)
# How redis-py names each Sentinel that did not help, in some hundred letters.
_SENTINEL = re.compile(r"<redis\.client\..*?\bhost=([^,)]*),port=(\d+).*?\)>\)>\)>")


class Commander(ABC):
    """Carries out commands on some connection to Redis.

    Every method raises StoreUnavailable when Redis cannot be reached or cannot serve for now,
    AccessDenied when it refuses the credentials, StoreError when it refuses the command.
    """

    @abstractmethod
    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Send all commands in one round trip; return their replies, errors among them."""

    @abstractmethod
    def close(self) -> None:
        """Close what is open and not in use; the next command opens it again."""

    def listening(self, channel: str) -> AbstractContextManager[Callable[[float], bool]]:
        """Listen to what is published on a channel while the block runs.

        The block is given a function that waits for a message, at most so many seconds, and
        tells whether one came.
        """
        raise NotImplementedError

    def call(self, *command: Word) -> Any:
        """Carry out one command and return its reply."""
        return self.pipe([command])[0]

    def pipe(self, commands: Sequence[Command]) -> list[Any]:
        """Carry out commands in one round trip and return their replies; not atomic."""
        replies = self.exchange(commands)
        for reply in replies:
            if isinstance(reply, redis.ResponseError):
                raise translate(reply)
        return replies

    def script(
        self,
        script: Script,
        keys: Sequence[Word],
        args: Iterable[Word] = (),
        *,
        before: Sequence[Command] = (),
    ) -> Any:
        """Run a script as one atomic step and return its reply.

        The commands ``before`` go ahead of it in the same round trip.
        """
        tail = (len(keys), *keys, *args)
        try:
            return self.pipe([*before, ("EVALSHA", script.sha, *tail)])[-1]
        except StoreError as error:
            if not isinstance(error.__cause__, redis.exceptions.NoScriptError):
                raise
        # Redis was restarted or its scripts flushed: EVAL loads the script again as well.
        return self.pipe([*before, ("EVAL", script.source, *tail)])[-1]


class PooledCommander(Commander):
    """Commands over a pool's connections: for every process but a worker's own loop."""

    def __init__(self, pool: ConnectionPool) -> None:
        """Use the connections of ``pool``, which must not retry by itself."""
        self.pool = pool
        self._take: Callable[[], Connection] = pool.get_connection
        if signature(pool.get_connection).parameters["command_name"].default is Parameter.empty:
            # redis-py before 5.3 wants the name of a command, and makes no use of it.
            self._take = partial(pool.get_connection, "")

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """Send all commands in one round trip; return their replies, errors among them."""
        try:
            connection = self._take()
        except (redis.RedisError, OSError) as error:
            raise translate(error) from error
        try:
            return exchange_over(connection, commands)
        finally:
            self.pool.release(connection)

    @contextmanager
    def listening(self, channel: str) -> Iterator[Callable[[float], bool]]:
        """Listen to what is published on a channel, on a connection of its own."""
        try:
            connection = self._take()
        except (redis.RedisError, OSError) as error:
            raise translate(error) from error

        def wait(seconds: float) -> bool:
            try:
                if not connection.can_read(timeout=max(0.0, seconds)):
                    return False
                connection.read_response()
            except (redis.RedisError, OSError) as error:
                raise translate(error) from error
            return True

        try:
            (reply,) = exchange_over(connection, [("SUBSCRIBE", channel)])
            if isinstance(reply, redis.ResponseError):
                raise translate(reply)
            yield wait
        finally:
            # It is subscribed, so nobody could use it for anything else.
            connection.disconnect()
            self.pool.release(connection)

    def close(self) -> None:
        """Close the connections that are not in use; the next command opens new ones."""
        self.pool.disconnect(inuse_connections=False)


def exchange_over(connection: AbstractConnection, commands: Sequence[Command]) -> list[Any]:
    """Send commands over one connection in one round trip and read a reply for each.

    Raises StoreUnavailable, ``uncertain``, when the connection breaks. A connection that is
    left in the middle of a reply, whatever the reason, is disconnected.
    """
    try:
        connection.send_packed_command([pack(commands)], check_health=False)
        return [_reply(connection) for _ in commands]
    except (redis.RedisError, OSError) as error:
        connection.disconnect()
        # While it loads its data, Redis carries out no command at all.
        sent = not isinstance(error, redis.BusyLoadingError)
        raise translate(error, sent=sent) from error
    except BaseException:
        connection.disconnect()
        raise


def pack(commands: Sequence[Command]) -> bytes:
    """Return the bytes that send commands to Redis; faster than redis-py's, with hiredis too."""
    parts = []
    for command in commands:
        parts.append(b"*%d\r\n" % len(command))
        parts += [
            b"$%d\r\n%b\r\n" % (len(word), word) if type(word) is bytes else _packed(word)
            for word in command
        ]
    return b"".join(parts)


@lru_cache(maxsize=1024, typed=True)  # names of commands and keys, which come again and again
def _packed(word: str | float) -> bytes:
    # surrogateescape: a name that is no UTF-8, as others may write, leads to its own key.
    data = str(word).encode(errors="surrogateescape")
    return b"$%d\r\n%b\r\n" % (len(data), data)


def translate(error: Exception, *, sent: bool = False) -> StoreError:
    """Return django-resque's exception for one of redis-py or the socket below it."""
    text = _SENTINEL.sub(r"Sentinel \1:\2", str(error)) or type(error).__name__
    translated: StoreError
    if isinstance(error, _DENIED_KINDS) or any(mark in text for mark in _DENIED):
        translated = AccessDenied(f"Redis denies access: {text}")
    elif isinstance(error, _PASSING_KINDS) or any(mark in text for mark in _PASSING):
        translated = StoreUnavailable(f"Redis is unavailable: {text}", uncertain=sent)
    else:
        if isinstance(error, _CLUSTERED_KINDS) or text.startswith(_CROSS_SLOT):
            text = f"{text}; {_CLUSTERED}"
        translated = StoreError(f"Redis refuses the command: {text}")
    translated.__cause__ = error
    return translated


def or_nothing(reply: Any) -> Any:
    """Return a reply; None for that about a key of a wrong type, which holds nothing.

    Raises whatever else Redis refused.
    """
    if isinstance(reply, redis.ResponseError):
        if str(reply).startswith("WRONGTYPE"):
            return None
        raise translate(reply)
    return reply


class TellingUncertainty:
    """Raises EnqueueUncertain where the connection breaks before Redis answered to a push.

    Likewise where a push fails after some of the jobs have been queued.
    """

    # Not a generator's context manager, whose cost every enqueueing would feel.

    def __init__(self, queued: int = 0) -> None:
        """Begin with so many of the jobs queued."""
        self._queued = queued

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Raise it."""
        if not isinstance(error, StoreError) or isinstance(error, EnqueueUncertain):
            return
        many = f"{self._queued} of the jobs are queued" if self._queued else ""
        if isinstance(error, StoreUnavailable) and error.uncertain:
            one = "the next may or may not be" if many else "the job may or may not be queued"
            text = "; ".join(filter(None, (str(error), many, one)))
            raise EnqueueUncertain(text, uncertain=True) from error
        if many:
            raise EnqueueUncertain(f"{error}; {many}", uncertain=True) from error


def _reply(connection: AbstractConnection) -> Any:
    try:
        return connection.read_response()
    except redis.AuthenticationError:
        raise
    except redis.ResponseError as error:
        return error
