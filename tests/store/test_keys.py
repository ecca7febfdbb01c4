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
