"""From a call to bytes in a queue, and back out of it unperformed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_resque import signals, wiring
from django_resque.conf import get_settings
from django_resque.exceptions import DecodeError
from django_resque.jobs.commit import after_commit
from django_resque.jobs.encoding import as_encoded, encode, encode_value
from django_resque.jobs.grouping import canonical
from django_resque.jobs.handles import Fate, JobHandle
from django_resque.jobs.limits import mark_limited
from django_resque.jobs.moments import timestamp
from django_resque.jobs.performing import perform_job
from django_resque.jobs.plugins import lets_pass
from django_resque.jobs.records import remember_result
from django_resque.jobs.registry import registry
from django_resque.jobs.uniqueness import mark, push_unique, waiting_packets
from django_resque.jobs.waiting import let_wait
from django_resque.wire import delayed, timestamps
from django_resque.wire.codec import dumps, loads
from django_resque.wire.payload import Payload
from django_resque.wire.relations import hands_on, next_link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django_resque.jobs.definition import Job
    from django_resque.jobs.plugins import Plugin


def enqueue_payloads(
    job: Job[..., Any], payloads: Sequence[Payload], due: datetime | None = None
) -> list[JobHandle]:
    """Enqueue requests for one job in their order, with its hooks, and return their handles.

    Nothing is enqueued if one of them cannot be encoded. Outside inline mode they are pushed,
    or laid by until they are ``due``, when the transactions that the job waits for have committed.
    """
    settings = get_settings()
    queue = job.queue or settings.default_queue
    names = job.parameters.names
    encoded = [encode(payload, names) for payload in payloads]
    payloads = list(map(as_encoded, payloads, encoded))
    plugins = hooks_of(job)
    waits = bool(job.depends_on)

    def handle(payload: Payload) -> JobHandle:
        vetoed = bool(plugins) and not lets_pass(plugins, "before_enqueue", payload, queue)
        fate = Fate() if job.unique else None
        return JobHandle(queue, payload, vetoed, due, fate=fate, follows=waits)

    handles = [handle(payload) for payload in payloads]
    passed_on = handles
    if plugins:
        passed_on = [each for each in handles if each]
        payloads = [each.payload for each in passed_on]
        # Encoded anew, because a hook may have added to the extras.
        encoded = [encode(payload, names) for payload in payloads]
    if settings.inline:
        perform_inline(job, encoded, payloads, queue)
        return handles
    if job.unique or callable(job.limit_by):
        for payload in payloads:
            mark(job, payload)
            mark_limited(job, payload)
        encoded = [encode(payload, names) for payload in payloads]
    if payloads:

        def push() -> None:
            pushed = _push(job, queue, passed_on, encoded, due)
            tell_enqueued(job, pushed, queue, plugins)

        after_commit(push, job.on_commit)
    return handles


def _push(
    job: Job[..., Any],
    queue: str,
    handles: Sequence[JobHandle],
    encoded: Sequence[bytes],
    due: datetime | None,
) -> list[Payload]:
    """Push or delay what no lock keeps away; return what was pushed or delayed."""
    store = wiring.store()
    payloads = [handle.payload for handle in handles]
    later = due if due is not None and due > timestamps.now() else None
    if job.unique:
        push_unique(store, job, queue, list(zip(handles, encoded, strict=True)), later)
        return [handle.payload for handle in handles if handle]
    begin_statuses(job, payloads)
    if job.depends_on:
        _let_wait(job, payloads, queue)
    elif later is not None:
        items = [(delayed.encode(each, queue), timestamp(later)) for each in payloads]
        store.delayed.push_many(items)
    elif len(encoded) == 1:
        store.queues.push(queue, encoded[0], at_front=job.at_front)
    else:
        store.queues.push_many(queue, encoded, at_front=job.at_front)
    return payloads


def hooks_of(job: Job[..., Any]) -> Sequence[Plugin]:
    """Return the plugins with the hooks of enqueueing for a job, in running order."""
    return (*wiring.plugins(), *job.plugins, *job.hooks_at("enqueue"))


def perform_inline(
    job: Job[..., Any], encoded: Sequence[bytes], payloads: Sequence[Payload], queue: str
) -> None:
    """Perform requests here and now, with all that follows each."""
    plugins = hooks_of(job)
    for raw, payload in zip(encoded, payloads, strict=True):
        _perform_with_followers(job, Payload.decode(raw), queue)
        _after_enqueue(plugins, [payload], queue)


def begin_statuses(job: Job[..., Any], payloads: Sequence[Payload]) -> None:
    """Write the status packets of jobs that are about to be enqueued, if they are to have some."""
    if job.php_status:
        wiring.store().statuses.begin(waiting_packets(payloads))


def tell_enqueued(
    job: Job[..., Any],
    payloads: Sequence[Payload],
    queue: str,
    plugins: Sequence[Plugin] | None = None,
) -> None:
    """Run the ``after_enqueue`` hooks and send the signal for jobs that were enqueued."""
    _after_enqueue(hooks_of(job) if plugins is None else plugins, payloads, queue)
    signals.job_enqueued.send_robust(None, queue=queue, payloads=list(payloads))


def _perform_with_followers(job: Job[..., Any], payload: Payload, queue: str) -> None:
    while True:
        performed = perform_job(job, payload, queue)
        if job.result_ttl is not None and payload.id is not None:
            remember_result(payload, queue, performed)
        if not performed:
            return
        value = loads(encode_value(performed.value)) if hands_on(payload) else None
        link = next_link(payload, value, timestamps.now())
        if link is None:
            return
        job, queue = registry.get(link.payload.name), link.queue
        payload = Payload.decode(link.payload.encode())


def _let_wait(job: Job[..., Any], payloads: Sequence[Payload], queue: str) -> None:
    for payload in payloads:
        let_wait(
            payload,
            queue,
            on_failure=job.on_failure,
            after=job.depends_on,
            at_front=job.at_front,
        )


def _after_enqueue(plugins: Sequence[Plugin], payloads: Sequence[Payload], queue: str) -> None:
    for payload in payloads:
        for plugin in plugins:
            plugin.after_enqueue(payload, queue)


def dequeue_payloads(job: Job[..., Any], args: list[Any] | None) -> int:
    """Remove the job's unperformed requests from its queue; return how many were removed.

    Those with equal ``args``, whichever client wrote them; all of the job if ``args`` is None.
    """
    queues = wiring.store().queues

    def remove(queue: str, wanted: bytes | None) -> int:
        found = [raw for raw in queues.scan(queue) if _matches(raw, job.name, wanted)]
        return queues.remove_items(queue, list(dict.fromkeys(found)))

    return _dequeue(job, args, remove)


def dequeue_delayed_payloads(job: Job[..., Any], args: list[Any] | None) -> int:
    """Remove the job's delayed requests, for whichever queue; return how many were removed.

    Those with equal ``args``, whichever client wrote them; all of the job if ``args`` is None.
    """
    laid = wiring.store().delayed

    def remove(_queue: str, wanted: bytes | None) -> int:
        removed = 0
        found: dict[str, list[bytes]] = {}
        for at, raw in laid.scan():
            if _matches(raw, job.name, wanted):
                found.setdefault(at, []).append(raw)
        for at, items in found.items():
            removed += laid.remove_many(at, items)
        return removed

    return _dequeue(job, args, remove)


def _dequeue(
    job: Job[..., Any], args: list[Any] | None, remove: Callable[[str, bytes | None], int]
) -> int:
    settings = get_settings()
    queue = job.queue or settings.default_queue
    payload = Payload(job.name, args or [])
    wanted = None
    if args is not None:
        wanted = _canonical(Payload.decode(encode(payload, job.parameters.names)).args)
    plugins = (*wiring.plugins(), *job.plugins, *job.hooks_at("dequeue"))
    if not lets_pass(plugins, "before_dequeue", payload, queue):
        return 0
    removed = 0
    if not settings.inline:
        # Workers and schedulers shorten a list while it is read, which hides some of it: read it
        # again until nothing is found.
        while count := remove(queue, wanted):
            removed += count
    for plugin in plugins:
        plugin.after_dequeue(payload, queue)
    return removed


def _matches(raw: bytes, name: str, wanted: bytes | None) -> bool:
    try:
        payload = Payload.decode(raw)
    except DecodeError:
        return False
    return payload.name == name and (wanted is None or wanted == _canonical(payload.args))


def _canonical(args: list[Any]) -> bytes:
    try:
        return dumps(canonical(args))
    except UnicodeEncodeError:
        # Another client's lone surrogate; nothing enqueued here holds one.
        return b""
