"""Whoever is killed and whenever: what follows from an end is enqueued once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from django_resque import chain, group
from tests.e2e.project import jobs
from tests.e2e.running import stats
from tests.e2e.test_kill import finish

if TYPE_CHECKING:
    import redis

    from tests.conftest import Configure
    from tests.e2e.running import Project

_TIMES = 8


@pytest.mark.parametrize("boundary", ["before step", "after step", "performed"])
def test_kills_between_related_jobs(
    project: Project, redis_client: redis.Redis, resque_settings: Configure, boundary: str
) -> None:
    """Chains go on, groups close and dependents come, each job with one end and in its turn."""
    del resque_settings
    survive = jobs.survive.using(queue="q")
    for number in range(0, 100 * _TIMES, 100):
        chained = chain(survive.s(number), survive.s(number + 1)).enqueue()
        members = [survive.s(number + 2), survive.s(number + 3) | survive.s(number + 4)]
        together = group(*members, callback=survive.s(number + 5)).enqueue()
        survive.using(depends_on=[chained, together]).enqueue(number + 6)

    herd = project.start("herd", "--boundary", boundary)
    finish(herd, redis_client, 40)

    effects = [int(line.split()[1]) for line in project.effects()]
    wanted = {number + each for number in range(0, 100 * _TIMES, 100) for each in range(7)}
    assert wanted == set(effects)
    # Each was enqueued once, however often it was begun.
    assert (len(wanted), 0) == stats(redis_client)
    first = {number: effects.index(number) for number in Counter(effects)}
    for number in range(0, 100 * _TIMES, 100):
        places = [first[number + each] for each in range(7)]
        assert places[0] < places[1] < places[6]
        assert max(places[2:5]) < places[5] < places[6]
    assert [] == redis_client.keys("resque:waiting*") + redis_client.keys("resque:dependents*")
    assert "ended with signal 9" in herd.log, "no worker died: the test proves nothing"
