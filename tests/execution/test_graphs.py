"""In random graphs of jobs each is performed once, and never before what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from django_resque import chain, group, job
from django_resque.control.failures import retry_failures
from tests.hands import Hands

if TYPE_CHECKING:
    import redis

    from django_resque import ChainHandle, GroupHandle, Job, JobHandle
    from django_resque.store import Store

_POLICIES = st.sampled_from(["wait", "continue", "cancel"])
_NODE = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["job", "chain", "group"]),
        "after": st.sets(st.integers(0, 7), max_size=3),
        "fails": st.booleans(),
        "policy": _POLICIES,
        "performed": st.integers(0, 3),  # jobs between this node and the next
    }
)


@pytest.fixture
def performed() -> list[str]:
    """What was performed so far."""
    return []


@pytest.fixture
def note(performed: list[str]) -> Job[..., Any]:
    """A job that notes its name, and fails the first time if it is to."""

    @job(name="note", queue="q", result_ttl=60)
    def note(name: str, *, fails: bool = False) -> None:
        performed.append(name)
        if fails and performed.count(name) == 1:
            raise ValueError(name)

    return note


def enqueue(
    note: Job[..., Any], number: int, node: dict[str, Any], handles: list[Any]
) -> JobHandle | ChainHandle | GroupHandle:
    """Enqueue a node of the graph; the last of its jobs bears its number alone."""
    last, fails = str(number), node["fails"]
    if node["kind"] == "group":
        members = [note.s(f"{number}a", fails=fails), note.s(f"{number}b") | note.s(f"{number}c")]
        return group(*members, callback=note.s(last), on_failure=node["policy"]).enqueue()
    awaited = [handles[each] for each in sorted(node["after"]) if each < number]
    waits = note.using(depends_on=awaited, on_failure=node["policy"])
    if node["kind"] == "chain":
        return chain(
            waits.s(f"{number}a", fails=fails), note.s(f"{number}b"), note.s(last)
        ).enqueue()
    return waits.enqueue(last, fails=fails)


def expected_end(number: int, node: dict[str, Any], ends: list[str]) -> str:
    """Return what becomes of a node: succeeded, failed, cancelled, or it waits."""
    found = {"failed"} if node["kind"] == "group" and node["fails"] else set()
    if node["kind"] != "group":
        found = {ends[each] for each in node["after"] if each < number}
    if node["policy"] == "cancel" and found & {"failed", "cancelled"}:
        return "cancelled"
    if "waits" in found or (node["policy"] == "wait" and found - {"succeeded"}):
        return "waits"
    return "failed" if node["fails"] and node["kind"] != "group" else "succeeded"


@settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.generate],  # shrinking would take minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(nodes=st.lists(_NODE, min_size=1, max_size=8))
def test_graph(
    note: Job[..., Any],
    performed: list[str],
    resque_store: Store,
    redis_client: redis.Redis,
    nodes: list[dict[str, Any]],
) -> None:
    """Ends before, between and after the enqueueing make no difference; a retry makes good."""
    redis_client.flushall()
    performed.clear()
    hands = Hands(resque_store)
    handles: list[Any] = []
    ends: list[str] = []
    for number, node in enumerate(nodes):
        handles.append(enqueue(note, number, node, handles))
        for _ in range(node["performed"]):
            hands.one()
        ends.append(expected_end(number, node, ends))
    hands.all()

    assert len(performed) == len(set(performed))
    for number, (node, end) in enumerate(zip(nodes, ends, strict=True)):
        is_performed = end in ("succeeded", "failed") and not (
            node["kind"] == "chain" and end == "failed"
        )
        assert is_performed == (str(number) in performed), (number, end, performed)
        if is_performed:
            check_order(number, node, ends, performed)

    # What failed succeeds when it is retried, and in the end nothing waits any more but for what
    # was cancelled.
    while retry_failures(resque_store)[0]:
        hands.all()
    assert len(stuck(nodes, ends)) == resque_store.relations.count()
    failed = {name for name in performed if performed.count(name) > 1}
    assert len(performed) == len(set(performed)) + len(failed)
    assert all(ttl > 0 for ttl in map(redis_client.ttl, redis_client.keys("resque:waiting*")))
    assert all(ttl > 0 for ttl in map(redis_client.ttl, redis_client.keys("resque:dependents*")))


def stuck(nodes: list[dict[str, Any]], ends: list[str]) -> set[int]:
    """Return those that wait in vain: for what was cancelled, or for others that do."""
    found: set[int] = set()
    for number, node in enumerate(nodes):
        awaited = {each for each in node["after"] if each < number}
        cancelled = node["policy"] == "wait" and "cancelled" in {ends[each] for each in awaited}
        if node["kind"] != "group" and ends[number] == "waits" and (cancelled or awaited & found):
            found.add(number)
    return found


def check_order(number: int, node: dict[str, Any], ends: list[str], performed: list[str]) -> None:
    """Check that all it waited for came before it."""
    if node["kind"] == "group":
        before = [f"{number}{each}" for each in "abc"]
        first = performed.index(str(number))
    else:
        before = [
            str(each) for each in node["after"] if each < number and ends[each] == "succeeded"
        ]
        first = performed.index(f"{number}a" if node["kind"] == "chain" else str(number))
    assert all(performed.index(name) < first for name in before), (before, performed)
