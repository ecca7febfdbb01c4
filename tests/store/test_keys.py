"""Every key has the name that Ruby, PHP, Perl, node and Python clients give it."""

from __future__ import annotations

from django_resque.store.keys import Keys


def test_names() -> None:
    """The names are those of the protocol, under the namespace."""
    keys = Keys("resque")

    assert keys.queues == "resque:queues"
    assert keys.workers == "resque:workers"
    assert keys.heartbeats == "resque:workers:heartbeat"
    assert keys.failed == "resque:failed"
    assert keys.failed_queues == "resque:failed_queues"
    assert keys.pause_all == "resque:pause-all-workers"
    assert keys.queue("high") == "resque:queue:high"
    assert keys.worker("vm:1:high") == "resque:worker:vm:1:high"
    assert keys.started("vm:1:high") == "resque:worker:vm:1:high:started"
    assert keys.settled("vm:1:high") == "resque:worker:vm:1:high:settled"
    assert keys.failed_list("high_failed") == "resque:high_failed"
    assert keys.stat("processed") == "resque:stat:processed"
    assert keys.stat("failed", "vm:1:high") == "resque:stat:failed:vm:1:high"


def test_our_own_key_is_none_of_resques() -> None:
    """Pausing one queue is ours alone, and no list, worker or counter bears its key."""
    keys = Keys("resque")

    assert keys.paused_queues == "resque:queues:paused"
    assert keys.paused_queues not in {keys.queue("paused"), keys.stat("paused"), keys.queues}


def test_namespaces_may_hold_colons_and_hash_tags() -> None:
    """A namespace is a prefix and nothing else."""
    assert Keys("shop:prod").queue("a") == "shop:prod:queue:a"
    assert Keys("{resque}").queues == "{resque}:queues"
    assert Keys("a") != Keys("b")
    assert Keys("a") == Keys("a")


def test_delayed_and_scheduled() -> None:
    """What is delayed or recurs lies where resque-scheduler has it, the doubled namespace too."""
    keys = Keys("resque")

    assert keys.delayed_schedule == "resque:delayed_queue_schedule"
    assert keys.delayed(1999999999) == keys.delayed("1999999999") == "resque:delayed:1999999999"
    assert keys.timestamps(b'{"a":"\xff"}') == b'resque:timestamps:{"a":"\xff"}'
    assert keys.schedules == "resque:persistent_schedules"
    assert keys.schedules_changed == "resque:schedules_changed"
    assert keys.last_enqueued == "resque:delayed:last_enqueued_at"
    assert keys.scheduler_lock == "resque:resque:resque_scheduler_master_lock"
    assert keys.schedules_off == "resque:schedules:off"
    assert keys.schedule_state("nightly") == "resque:schedule:nightly:state"
    assert keys.schedule_runs("nightly") == "resque:schedule:nightly:runs"
