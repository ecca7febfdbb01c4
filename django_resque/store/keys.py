"""The name of every key in Redis."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names under one namespace, such as ``resque`` or ``shop:staging``."""

    namespace: str
    queues: str = field(init=False)
    """Set: names of the known queues."""
    workers: str = field(init=False)
    """Set: ids of the registered workers."""
    heartbeats: str = field(init=False)
    """Hash: worker id to its last sign of life."""
    vitals: str = field(init=False)
    """Hash: worker id to how the worker says it is (ours; other clients do not read it)."""
    failed: str = field(init=False)
    """List: failure records."""
    failed_queues: str = field(init=False)
    """Set: names of the failed lists per queue (``redis_multi_queue``)."""
    finished: str = field(init=False)
    """Hash: queue to the number of its jobs that ended (ours)."""
    history_minutes: str = field(init=False)
    """List: a sample of the counters for each minute (ours)."""
    history_quarters: str = field(init=False)
    """List: a sample of the counters for each quarter of an hour (ours)."""
    history_queues: str = field(init=False)
    """List: snapshots of the queues (ours)."""
    pause_all: str = field(init=False)
    """String: ``true`` while all workers are to pause."""
    paused_queues: str = field(init=False)
    """Set: names of the paused queues (ours; other clients do not read it)."""
    retried: str = field(init=False)
    """List: the latest retries (ours)."""
    waiting: str = field(init=False)
    """Sorted set: ids of the jobs that wait for others, by their last change (ours; it expires)."""
    parked_limits: str = field(init=False)
    """Sorted set: limits that jobs wait for, by when somebody is to look (ours)."""
    delayed_schedule: str = field(init=False)
    """Sorted set: the timestamps that have delayed items, each its own score."""
    schedules: str = field(init=False)
    """Hash: name of a dynamic schedule to its document."""
    schedules_changed: str = field(init=False)
    """Set: names of the dynamic schedules that changed since the master read them."""
    schedules_off: str = field(init=False)
    """Set: names of the schedules that are switched off (ours; other clients do not read it)."""
    last_enqueued: str = field(init=False)
    """Hash: name of a schedule to when it was enqueued last."""
    scheduler_lock: str = field(init=False)
    """String: which scheduler is the master."""

    def __post_init__(self) -> None:
        """Spell out the keys that depend on the namespace alone."""
        for attribute, name in (
            ("queues", "queues"),
            ("workers", "workers"),
            ("heartbeats", "workers:heartbeat"),
            ("vitals", "workers:vitals"),
            ("failed", "failed"),
            ("failed_queues", "failed_queues"),
            ("finished", "stat:finished"),
            ("history_minutes", "history:minutes"),
            ("history_quarters", "history:quarters"),
            ("history_queues", "history:queues"),
            ("pause_all", "pause-all-workers"),
            ("paused_queues", "queues:paused"),
            ("retried", "retried"),
            ("waiting", "waiting"),
            ("parked_limits", "parked"),
            ("delayed_schedule", "delayed_queue_schedule"),
            ("schedules", "persistent_schedules"),
            ("schedules_changed", "schedules_changed"),
            ("schedules_off", "schedules:off"),
            ("last_enqueued", "delayed:last_enqueued_at"),
            # resque-scheduler puts the namespace before it twice.
            ("scheduler_lock", f"{self.namespace}:resque_scheduler_master_lock"),
        ):
            object.__setattr__(self, attribute, f"{self.namespace}:{name}")

    def queue(self, name: str) -> str:
        """Return the key of a queue's list."""
        return f"{self.namespace}:queue:{name}"

    def worker(self, worker: str) -> str:
        """Return the key of a worker's claim."""
        return f"{self.namespace}:worker:{worker}"

    def started(self, worker: str) -> str:
        """Return the key of a worker's start time."""
        return f"{self.namespace}:worker:{worker}:started"

    def settled(self, worker: str) -> str:
        """Return the key of the claim that a worker settled last (ours; it expires)."""
        return f"{self.namespace}:worker:{worker}:settled"

    def orders(self, worker: str) -> str:
        """Return the key of the list of what a worker is told (ours; it expires)."""
        return f"{self.namespace}:worker:{worker}:orders"

    def delayed(self, timestamp: int | str) -> str:
        """Return the key of the list of items that are due at a timestamp."""
        return f"{self.namespace}:delayed:{timestamp}"

    def timestamps(self, item: bytes) -> bytes:
        """Return the key of the set of timestamps at which a delayed item, by its bytes, lies."""
        return b"%b:timestamps:%b" % (self.namespace.encode(), item)

    def schedule_state(self, name: str) -> str:
        """Return the key of how far a schedule has come (ours; it expires)."""
        return f"{self.namespace}:schedule:{name}:state"

    def schedule_runs(self, name: str) -> str:
        """Return the key of the list of a schedule's last runs (ours; it expires)."""
        return f"{self.namespace}:schedule:{name}:runs"

    def failed_list(self, name: str) -> str:
        """Return the key of a failed list by its name: ``failed`` or ``<queue>_failed``."""
        return f"{self.namespace}:{name}"

    def result(self, job: str) -> str:
        """Return the key of what came of a job, by its id (ours; it expires)."""
        return f"{self.namespace}:result:{job}"

    def progress(self, job: str) -> str:
        """Return the key of how far a job is, by its id (ours; it expires)."""
        return f"{self.namespace}:result:{job}:progress"

    def recoveries(self, digest: str) -> str:
        """Return the key of how often a payload was recovered, by its digest (ours; it expires)."""
        return f"{self.namespace}:recoveries:{digest}"

    def waiting_job(self, job: str) -> str:
        """Return the key of a job that waits for others, by its id (ours; it expires)."""
        return f"{self.namespace}:waiting:{job}"

    def waiting_open(self, job: str) -> str:
        """Return the key of the set of those a job still waits for (ours; it expires)."""
        return f"{self.namespace}:waiting:{job}:open"

    def dependents(self, job: str) -> str:
        """Return the key of the set of the jobs that wait for one (ours; it expires)."""
        return f"{self.namespace}:dependents:{job}"

    def lock(self, name: str) -> str:
        """Return the key of which job has a lock of unique jobs (ours; it expires)."""
        return f"{self.namespace}:unique:{name}"

    def running(self, limit: str) -> str:
        """Return the key of the hash of who is at work within a limit (ours; it expires)."""
        return f"{self.namespace}:running:{limit}"

    def rate(self, limit: str) -> str:
        """Return the key of the sorted set of who began lately (ours; it expires)."""
        return f"{self.namespace}:rate:{limit}"

    def parked(self, limit: str) -> str:
        """Return the key of the list of the jobs that wait for a limit (ours)."""
        return f"{self.namespace}:parked:{limit}"

    def claimed(self, limit: str) -> str:
        """Return the key of when jobs parked lately were claimed (ours; it expires)."""
        return f"{self.namespace}:claimed:{limit}"

    def status(self, job: str) -> str:
        """Return the key of php-resque's status packet of a job."""
        return f"{self.namespace}:job:{job}:status"

    def stat(self, name: str, worker: str = "") -> str:
        """Return the key of a counter: the total, or one worker's own."""
        total = f"{self.namespace}:stat:{name}"
        return f"{total}:{worker}" if worker else total
