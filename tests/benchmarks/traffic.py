"""Counts what django-resque's worker says to Redis while it is busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.benchmarks.contestants import Contestant
    from tests.benchmarks.ground import Ground

_JOBS = 200
# The last look finds nothing and is taken again, armed; the mark at the end is a job as well.
_OTHER_CALLS = 4


def check_traffic(ground: Ground, contestant: Contestant) -> bool:
    """Print and judge the script calls, other calls and new connections per busy job."""
    ground.clear()
    with ground.running(contestant.settings, *contestant.program):
        contestant.mark(ground.redis)
        ground.next_mark()
        before = _counts(ground)
        contestant.fill(ground.redis, _JOBS)
        contestant.mark(ground.redis)
        ground.next_mark()
        after = _counts(ground)
    scripts, connections = (after[key] - before[key] for key in ("scripts", "connections"))
    print(f"\nTraffic of {_JOBS} busy jobs")
    few = _JOBS <= scripts <= _JOBS + _OTHER_CALLS
    print(f"  {'PASS' if few else 'FAIL'}  {scripts} script calls (one a job, and the idle looks)")
    none = connections == 0
    print(f"  {'PASS' if none else 'FAIL'}  {connections} new connections (none)")
    return few and none


def _counts(ground: Ground) -> dict[str, int]:
    commands = ground.redis.info("commandstats")
    return {
        "scripts": sum(
            commands.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("evalsha", "eval")
        ),
        "connections": ground.redis.info("stats")["total_connections_received"],
    }
