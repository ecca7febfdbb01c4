"""The forge's front page: one button for each job, and what became of those enqueued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from django_resque.exceptions import StoreError
from django_resque.monitor.failures import failures
from django_resque.monitor.overview import overview
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
        context |= {"status": _status(), "lines": cache.get(f"lines:{REPOSITORY_ID}")}
    except StoreError as error:
        context["trouble"] = str(error)
    return render(request, "forge/home.html", context)


@require_safe
def status(_request: HttpRequest) -> JsonResponse:
    """Tell programs how far the jobs are."""
    results = list(Result.objects.values_list("job", flat=True))
    return JsonResponse({"results": results, **_status()})


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


def _status() -> dict[str, Any]:
    """Return what stands in Redis, in plain values for the page and for programs."""
    known = store()
    state = overview(known)
    return {
        "queues": {row.name: row.size for row in state.queues},
        "workers": [
            {
                "pid": row.identity.pid if row.identity else "",
                "state": row.state,
                "job": row.job.payload.name if row.job and row.job.payload else "",
            }
            for row in state.workers
        ],
        "processed": state.processed,
        "failed": state.failures_counted,
        "failures": [
            {
                "job": row.job,
                "exception": row.record.exception if row.record else "",
                "error": row.record.error if row.record else row.error,
            }
            for row in failures(known, "failed", 0, _FAILURES)
        ],
    }
