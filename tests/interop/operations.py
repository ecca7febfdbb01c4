"""What operators do with queues, failures and workers, under the names of Ruby's methods."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from django.core.management import call_command

from django_resque import dequeue, wiring
from django_resque.monitor.queues import queues
from django_resque.wire.codec import loads
from django_resque.wire.failure import digest

if TYPE_CHECKING:
    import redis


class Operations:
    """What operators do, under the names of Ruby's methods, by our API and commands."""

    def __init__(self, client: redis.Redis) -> None:
        """Look for what we have no name for through ``client``."""
        self._client = client

    def pause(self) -> None:
        """Pause all workers."""
        call("resque_pause", "--all")

    def unpause(self) -> None:
        """Resume all workers."""
        call("resque_resume", "--all")

    def dequeue(self, name: str, queue: str, args: str = "[]") -> int:
        """Remove a job where it waits with these arguments, or with any."""
        return dequeue(name, *json.loads(args), queue=queue)

    def peek(self, queue: str, start: str, count: str) -> list[Any]:
        """Return payloads that wait."""
        return [loads(raw) for raw in wiring.store().queues.peek(queue, int(start), int(count))]

    def queue_sizes(self) -> dict[str, int]:
        """Return the size of each queue."""
        return {row.name: row.size for row in queues(wiring.store())}

    def sample_queues(self) -> None:
        """Change nothing."""

    def remove_queue(self, queue: str) -> None:
        """Remove a queue with all that waits in it."""
        wiring.store().queues.remove(queue)

    def pop(self, queue: str) -> None:
        """Take what waits first, as another client: our workers alone take jobs."""
        self._client.lpop(f"resque:queue:{queue}")

    def workers(self) -> list[str]:
        """List the workers with their states."""
        return call("resque_list")

    def requeue(self, index: str, name: str = "failed") -> None:
        """Retry one failure."""
        call("resque_failed", "retry", self._digest(index, name))

    def remove(self, index: str, name: str = "failed") -> None:
        """Remove one failure."""
        call("resque_failed", "remove", self._digest(index, name))

    def requeue_queue(self, queue: str) -> None:
        """Retry the failures of one queue."""
        call("resque_failed", "retry", "--all", "--from-queue", queue)

    def requeue_all(self) -> None:
        """Retry all failures."""
        call("resque_failed", "retry", "--all")

    def clear(self, name: str = "failed") -> None:
        """Remove all failures."""
        call("resque_failed", "clear")

    def clear_retried(self) -> None:
        """Remove those that were retried."""
        call("resque_failed", "clear", "--retried")

    def fail_remove_queue(self, queue: str) -> None:
        """Remove the failures of one queue."""
        (line,) = call("resque_failed", "list", "--queue", queue, "--json", lines=False)
        for row in json.loads(line):
            call("resque_failed", "remove", row["digest"])

    def _digest(self, index: str, name: str) -> str:
        return digest(wiring.store().failures.page(name, int(index), 1)[0])


def call(name: str, *arguments: str, lines: bool = True) -> list[str]:
    """Run a command and return what it prints, line by line or in one."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().splitlines() if lines else [out.getvalue()]
