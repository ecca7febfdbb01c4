"""Every page and every action: its URL, its view, and the permissions it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import register_converter

from django_resque.admin.addresses import DigestConverter, NameConverter
from django_resque.admin.views import (
    delayed,
    delayed_changes,
    failure_actions,
    failure_edits,
    failure_sweeps,
    failures,
    overview,
    queue_changes,
    queues,
    registry,
    results,
    schedule_changes,
    schedules,
    stats,
    workers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.answers import Answer

register_converter(NameConverter, "name")
register_converter(DigestConverter, "digest")


@dataclass(frozen=True, slots=True)
class Route:
    """One URL below Resque's entry in the admin."""

    pattern: str
    name: str
    view: Callable[..., Answer]
    permissions: tuple[str, ...] = ("view_resque",)
    methods: tuple[str, ...] = ("GET", "HEAD")


def _page(pattern: str, name: str, view: Callable[..., Answer], *more: str) -> Route:
    return Route(pattern, name, view, ("view_resque", *more))


def _action(pattern: str, name: str, view: Callable[..., Answer], *needs: str) -> Route:
    return Route(pattern, name, view, ("view_resque", *needs), ("POST",))


_QUEUE = "queues/<name:queue>"
_JOB = "jobs/<name:job>"
_WORKER = "workers/<name:worker>"
_LIST = "failed/<name:list_name>"
_TIMESTAMP = "delayed/at/<name:timestamp>"
_SCHEDULE = "recurring/<name:schedule>"
_RESULT = "results/<name:job_id>"

ROUTES: tuple[Route, ...] = (
    _page("", "resque_changelist", overview.show),
    _page("queues/", "queues", queues.show_all),
    _page(f"{_QUEUE}/", "queue", queues.show),
    _page(f"{_QUEUE}/jobs/<digest:digest>/", "queued_job", queues.show_job),
    _action(f"{_QUEUE}/pause/", "pause_queue", queue_changes.pause, "pause_queue"),
    _action(f"{_QUEUE}/resume/", "resume_queue", queue_changes.resume, "pause_queue"),
    _action(f"{_QUEUE}/clear/", "clear_queue", queue_changes.clear, "delete_job"),
    _action(f"{_QUEUE}/delete/", "delete_queue", queue_changes.delete, "delete_job"),
    _action(f"{_QUEUE}/remove/", "remove_jobs", queue_changes.remove_jobs, "delete_job"),
    _action(f"{_QUEUE}/front/", "front_jobs", queue_changes.move_to_front, "enqueue_job"),
    _action(f"{_QUEUE}/move/", "move_jobs", queue_changes.move, "enqueue_job"),
    _action(f"{_QUEUE}/run/", "run_queued", queue_changes.run_now, "enqueue_job"),
    _page("jobs/", "jobs", registry.show_all),
    _page(f"{_JOB}/", "job", registry.show),
    _action(f"{_JOB}/enqueue/", "enqueue_job", registry.enqueue, "enqueue_job"),
    _page("working/", "working", workers.show_working),
    _page("workers/", "workers", workers.show_all),
    _action("workers/pause/", "pause_all", workers.pause_all, "control_worker"),
    _action("workers/resume/", "resume_all", workers.resume_all, "control_worker"),
    _page(f"{_WORKER}/", "worker", workers.show),
    _action(f"{_WORKER}/pause/", "pause_worker", workers.pause, "control_worker"),
    _action(f"{_WORKER}/resume/", "resume_worker", workers.resume, "control_worker"),
    _action(f"{_WORKER}/stop/", "stop_worker", workers.stop, "control_worker"),
    _action(f"{_WORKER}/kill/", "kill_job", workers.kill_job, "control_worker"),
    _action(f"{_WORKER}/remove/", "remove_worker", workers.remove, "control_worker"),
    _page("failed/", "failures", failures.show_all),
    _page("failed/groups/", "failure_groups", failures.show_groups),
    _page(f"{_LIST}/<digest:digest>/", "failure", failures.show),
    _action(
        f"{_LIST}/<digest:digest>/edit/", "retry_edited", failure_edits.retry, *failures.EDITING
    ),
    _action(f"{_LIST}/retry/", "retry_failures", failure_actions.retry, "retry_job"),
    _action(f"{_LIST}/remove/", "remove_failures", failure_actions.remove, "delete_job"),
    _action(f"{_LIST}/retry-all/", "retry_matching", failure_sweeps.retry_matching, "retry_job"),
    _action(
        f"{_LIST}/remove-all/", "remove_matching", failure_sweeps.remove_matching, "delete_job"
    ),
    _action(f"{_LIST}/clear/", "clear_failures", failure_actions.clear, "delete_job"),
    _page("delayed/", "delayed", delayed.show_all),
    _page("delayed/classes/", "delayed_classes", delayed.show_classes),
    _page(f"{_TIMESTAMP}/", "delayed_at", delayed.show),
    _page(f"{_TIMESTAMP}/jobs/<digest:digest>/", "delayed_job", delayed.show_job),
    _action("delayed/run/", "run_delayed", delayed_changes.run, "enqueue_job"),
    _action("delayed/cancel/", "cancel_delayed", delayed_changes.cancel, "manage_schedule"),
    _action("delayed/move/", "move_delayed", delayed_changes.move, "manage_schedule"),
    _page("recurring/", "recurring", schedules.show_all),
    _page(f"{_SCHEDULE}/", "schedule", schedules.show),
    _action(f"{_SCHEDULE}/run/", "run_schedule", schedule_changes.run, "enqueue_job"),
    _action(
        f"{_SCHEDULE}/edit/",
        "run_schedule_edited",
        schedule_changes.run_edited,
        *schedules.EDITING,
    ),
    _action(
        f"{_SCHEDULE}/off/", "switch_schedule_off", schedule_changes.switch_off, "manage_schedule"
    ),
    _action(
        f"{_SCHEDULE}/on/", "switch_schedule_on", schedule_changes.switch_on, "manage_schedule"
    ),
    _action(f"{_SCHEDULE}/remove/", "remove_schedule", schedule_changes.remove, "manage_schedule"),
    _page("results/", "results", results.find),
    _page(f"{_RESULT}/", "result", results.show),
    _action(f"{_RESULT}/cancel/", "cancel_job", results.cancel, "delete_job"),
    _action(f"{_RESULT}/stop/", "stop_job", results.stop, "control_worker"),
    _page("stats/", "stats", stats.show),
    _page("stats/keys/", "keys", stats.show_keys),
    _page("stats/keys/<name:key>/", "key", stats.show_key, "view_arguments"),
    _page("stats.txt", "stats_text", stats.show_text),
)
"""All URLs; a page may be looked at, an action is posted."""
