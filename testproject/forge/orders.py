"""What the front page's buttons order: a job and its arguments each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from forge import jobs
from forge.seed import BRANCH, PICTURES, REPOSITORY_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from django_resque import Job


class Order(NamedTuple):
    """One button."""

    job: Job[..., Any]
    title: str
    args: Callable[[HttpRequest], tuple[Any, ...]] = lambda _: ()

    @property
    def description(self) -> str:
        """What the job does; asked here since a template calls what can be called: the job."""
        return self.job.description


def _branch(_: HttpRequest) -> tuple[int, str]:
    return REPOSITORY_ID, BRANCH


def _mail(_: HttpRequest) -> tuple[str, str]:
    return "smith@example.com", "Your archive is ready"


GOOD = {
    "archive": Order(jobs.archive, "Archive", _branch),
    "warm-cache": Order(jobs.warm_cache, "Warm the cache", _branch),
    "notify": Order(jobs.notify, "Notify", _mail),
    "thumbnail": Order(jobs.thumbnail, "Thumbnail", lambda _: (PICTURES[0],)),
    "fetch": Order(jobs.fetch, "Fetch", lambda request: (request.build_absolute_uri("/"),)),
}
BAD = {
    "fail": Order(jobs.fail, "Fail"),
    "stumble": Order(jobs.stumble, "Stumble"),
    "doze": Order(jobs.doze, "Sleep", lambda _: (10,)),
    "leak": Order(jobs.leak, "Leak memory"),
    "leave": Order(jobs.leave, "Exit"),
    "crash": Order(jobs.crash, "Crash"),
}
ORDERS = {**GOOD, **BAD}
