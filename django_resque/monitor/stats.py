"""What there is to see of the figures: Resque's own, those of Redis, and the keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from django_resque.exceptions import StoreError, StoreUnavailable
from django_resque.wire import timestamps
from django_resque.wire.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django_resque.store import Store
    from django_resque.store.server import KeyFacts

KEYS_AT_ONCE = 1000
"""Keys of the database that one page of keys looks at."""
ENTRIES = 20
"""Entries of one key that are shown."""
MOST_BYTES = 65536
"""Bytes of one string that are read, and of the items of a list unless one alone is larger."""

_CURSORS = 2**64  # what Redis takes for a cursor is below
_DIGITS = len(str(_CURSORS))


@dataclass(frozen=True, slots=True)
class Totals:
    """Resque's figures, as Ruby's ``Resque.info`` and ``stats.txt`` give them."""

    queues: dict[str, int]
    """The known queues with the number of jobs in each."""
    failed_lists: dict[str, int]
    """The failed lists with the number of records in each."""
    workers: int
    working: int
    processed: int
    """Jobs that ended, failed ones included."""
    failures_counted: int
    """Failures since counting began, whether or not their records are still kept."""

    @property
    def pending(self) -> int:
        """Jobs waiting in all queues."""
        return sum(self.queues.values())

    @property
    def failed(self) -> int:
        """Failure records kept, in all lists."""
        return sum(self.failed_lists.values())


@dataclass(frozen=True, slots=True)
class ServerState:
    """What Redis tells of itself; what it does not tell is empty or None."""

    product: Literal["Redis", "Valkey"]
    version: str
    mode: str
    """``standalone``, ``cluster`` or ``sentinel``."""
    uptime: int | None
    """Seconds."""
    memory: int | None
    memory_peak: int | None
    memory_limit: int | None
    """``maxmemory``; 0 where there is no limit but the machine's."""
    eviction: str
    """What Redis does when its memory is full: ``maxmemory_policy``."""
    evicted: int | None
    """Keys thrown away so far because memory was full."""
    snapshots: bool | None
    """Whether it saves snapshots (RDB) by itself; None if it does not tell its configuration."""
    snapshot_at: datetime | None
    """When the last one was saved: when Redis started if there was none."""
    snapshot_status: str
    unsaved: int | None
    """Changes since the last snapshot."""
    append_only: bool | None
    """Whether it writes every change to a file (AOF)."""
    append_status: str
    clients: int | None
    clients_limit: int | None
    blocked: int | None
    """Clients that wait in a blocking command."""
    operations: int | None
    """Commands a second just now."""
    role: str
    """``master`` or ``slave``: Redis' own words."""
    replicas: int | None
    primary: str
    """Where the primary of a replica is."""
    primary_link: str
    """Whether a replica reaches it: ``up`` or ``down``."""

    @classmethod
    def read(cls, info: Mapping[str, str]) -> ServerState:
        """Read what ``INFO`` gave, with any part of it missing."""
        text = partial(_text, info)
        valkey = text("valkey_version")
        primary = filter(None, (text("master_host"), text("master_port")))
        return cls(
            product="Valkey" if valkey or info.get("server_name") == "valkey" else "Redis",
            version=valkey or text("redis_version"),
            mode=text("server_mode") or text("redis_mode"),
            uptime=_number(info, "uptime_in_seconds"),
            memory=_number(info, "used_memory"),
            memory_peak=_number(info, "used_memory_peak"),
            memory_limit=_number(info, "maxmemory"),
            eviction=text("maxmemory_policy"),
            evicted=_number(info, "evicted_keys"),
            snapshots=bool(info["save"].strip()) if "save" in info else None,
            snapshot_at=timestamps.parse(text("rdb_last_save_time")),
            snapshot_status=text("rdb_last_bgsave_status"),
            unsaved=_number(info, "rdb_changes_since_last_save"),
            append_only={"0": False, "1": True}.get(info.get("aof_enabled", "")),
            append_status=text("aof_last_write_status"),
            clients=_number(info, "connected_clients"),
            clients_limit=_number(info, "maxclients"),
            blocked=_number(info, "blocked_clients"),
            operations=_number(info, "instantaneous_ops_per_sec"),
            role=text("role"),
            replicas=_number(info, "connected_slaves"),
            primary=":".join(primary),
            primary_link=text("master_link_status"),
        )

    @property
    def memory_share(self) -> float | None:
        """How much of its limit the memory takes, from 0 to 1; None where there is no limit."""
        if self.memory is None or not self.memory_limit:
            return None
        return self.memory / self.memory_limit

    @property
    def evicts(self) -> Literal["", "expiring", "any"]:
        """What Redis throws away when its memory is full: keys that expire, any key, or nothing.

        Queues do not expire, so only ``any`` loses jobs.
        """
        if self.eviction in ("", "noeviction"):
            return ""
        return "expiring" if self.eviction.startswith("volatile-") else "any"

    @property
    def forgets(self) -> bool:
        """Whether a restart of Redis certainly loses everything, since nothing is saved."""
        return self.snapshots is False and self.append_only is False

    @property
    def cannot_save(self) -> bool:
        """Whether the last attempt to save to disk failed."""
        return "err" in (self.snapshot_status, self.append_status)


@dataclass(frozen=True, slots=True)
class Stats:
    """The figures of Resque and of the Redis below it."""

    totals: Totals
    server: ServerState | None
    """None if this Redis tells nothing of itself."""
    denied: str
    """Why it does not."""


@dataclass(frozen=True, slots=True)
class KeysPage:
    """Those keys of the namespace that one look at part of the database found."""

    keys: list[KeyFacts]
    next: str
    """The cursor to go on from; empty at the end."""
    denied: str = ""
    """Why Redis does not list its keys."""


@dataclass(frozen=True, slots=True)
class KeyContent:
    """One key with its first entries."""

    facts: KeyFacts
    entries: list[tuple[str, bytes]]
    """Each with its index, field or score before it, as far as its type gives one."""


def totals(store: Store) -> Totals:
    """Return Resque's figures, in seven round trips."""
    names, lists, workers = store.queues.names(), store.failures.lists(), store.workers.ids()
    processed, failed = store.stats.get("processed", "failed")
    return Totals(
        queues=dict(zip(names, store.queues.sizes(names), strict=True)),
        failed_lists=dict(zip(lists, store.failures.counts(lists), strict=True)),
        workers=len(workers),
        working=sum(store.workers.holding(workers)),
        processed=processed,
        failures_counted=failed,
    )


def stats(store: Store) -> Stats:
    """Return the figures of Resque and Redis, in eight round trips."""
    figures = totals(store)
    try:
        server = ServerState.read(store.server.info())
    except StoreUnavailable:
        raise
    except StoreError as error:  # a managed Redis may keep this to itself
        return Stats(figures, None, str(error))
    return Stats(figures, server, "")


def keys(store: Store, cursor: str = "") -> KeysPage:
    """Return the keys that one look from ``cursor`` finds, in three round trips."""
    try:
        after, found = store.server.scan(_cursor(cursor), KEYS_AT_ONCE)
    except StoreUnavailable:
        raise
    except StoreError as error:
        return KeysPage([], "", str(error))
    return KeysPage(store.server.facts(found), "" if after == "0" else after)


def key(store: Store, name: str) -> KeyContent | None:
    """Return a key with its first entries, in three round trips.

    None if it is not there (any more) or lies outside the namespace.
    """
    if not store.server.owns(name):
        return None
    (facts,) = store.server.facts([name])
    if facts.type == "none":
        return None
    return KeyContent(facts, store.server.head(name, facts.type, ENTRIES, MOST_BYTES))


def _cursor(text: str) -> str:
    number = _whole(text)
    return "0" if number is None or number >= _CURSORS else str(number)


def _number(info: Mapping[str, str], name: str) -> int | None:
    return _whole(info.get(name, ""))


def _text(info: Mapping[str, str], name: str) -> str:
    return printable(info.get(name, ""))


def _whole(text: str) -> int | None:
    known = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if known else None
