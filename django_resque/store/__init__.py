"""The door to Redis: ``store.queues.push(...)``, ``store.workers.beat(...)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_resque.store.delayed import Delayed
from django_resque.store.failures import Failures
from django_resque.store.history import History
from django_resque.store.keys import Keys
from django_resque.store.limits import Limits
from django_resque.store.locks import Locks
from django_resque.store.queues import Queues
from django_resque.store.recoveries import Recoveries
from django_resque.store.relations import Relations
from django_resque.store.results import Results
from django_resque.store.retries import Retries
from django_resque.store.schedules import Schedules
from django_resque.store.server import Server
from django_resque.store.stats import Stats
from django_resque.store.statuses import Statuses
from django_resque.store.workers import Workers

if TYPE_CHECKING:
    from django_resque.store.commander import Commander


class Store:
    """All that lies in one namespace of one Redis, a noun each."""

    def __init__(self, commander: Commander, namespace: str) -> None:
        """Reach the keys under ``namespace`` through ``commander``."""
        self.commander = commander
        self.keys = Keys(namespace)
        self.queues = Queues(commander, self.keys)
        self.workers = Workers(commander, self.keys)
        self.delayed = Delayed(commander, self.keys)
        self.failures = Failures(commander, self.keys)
        self.results = Results(commander, self.keys)
        self.limits = Limits(commander, self.keys)
        self.locks = Locks(commander, self.keys)
        self.retries = Retries(commander, self.keys)
        self.recoveries = Recoveries(commander, self.keys)
        self.relations = Relations(commander, self.keys)
        self.statuses = Statuses(commander, self.keys)
        self.schedules = Schedules(commander, self.keys)
        self.stats = Stats(commander, self.keys)
        self.server = Server(commander, self.keys)
        self.history = History(commander, self.keys)
