"""The forge's front page: one button for each job, and what became of those enqueued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from django_resque.exceptions import StoreError
from django_resque.wire.failure import FailureRecord
from django_resque.wire.payload import Payload
from django_resque.wiring import store
from forge.models import Result
from forge.orders import BAD, GOOD, ORDERS
from forge.seed import REPOSITORY_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_RESULTS = 12
_FAILURES = 6


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the buttons, the queues, and the latest results and failures."""
    context: dict[str, Any] = {
        "real": GOOD,
        "misfortunes": BAD,
        "live": "live" in request.GET,
        "results": Result.objects.all()[:_RESULTS],
    }
    try:
        context |= {"redis": _redis(), "lines": cache.get(f"lines:{REPOSITORY_ID}")}
    except StoreError as error:
        context["trouble"] = str(error)
    return render(request, "forge/home.html", context)


@require_safe
def status(_request: HttpRequest) -> JsonResponse:
    """Tell programs how far the jobs are."""
    results = list(Result.objects.values_list("job", flat=True))
    return JsonResponse({"results": results, **_redis()})


@require_POST
def enqueue(request: HttpRequest, name: str) -> HttpResponse:
    """Enqueue the job of one button."""
    if name not in ORDERS:
        raise Http404
    order = ORDERS[name]
    try:
        handle = order.job.enqueue(*order.args(request))
    except StoreError as error:
        messages.error(request, f"{order.title} could not be enqueued: {error}")
    else:
        messages.success(request, f"{order.title} is on queue {handle.queue}, id {handle.id}")
    return redirect("home")


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Allow pages nothing but what comes from this server; there is no script of our own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = (
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        )
        return response

    return middleware


def _redis() -> dict[str, Any]:
    """Return what stands in Redis: queues and their sizes, counters, the latest failures."""
    known = store()
    names = known.queues.names()
    processed, failed = known.stats.get("processed", "failed")
    (count,) = known.failures.counts(["failed"])
    records = known.failures.page("failed", max(0, count - _FAILURES), _FAILURES)
    return {
        "queues": dict(zip(names, known.queues.sizes(names), strict=True)),
        "processed": processed,
        "failed": failed,
        "failures": [_failure(FailureRecord.decode(raw)) for raw in reversed(records)],
    }


def _failure(record: FailureRecord) -> dict[str, str]:
    name = Payload.decode(record.payload).name
    return {"job": name, "exception": record.exception, "error": record.error}
