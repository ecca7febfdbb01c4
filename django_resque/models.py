"""A model without a table: it gives the admin an entry and its users their permissions."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NothingManager(models.Manager["Resque"]):
    """Finds nothing, so that ``dumpdata`` and the like do not look for a table."""

    def get_queryset(self) -> models.QuerySet[Resque]:
        """Return an empty queryset."""
        nothing: models.QuerySet[Resque] = super().get_queryset().none()
        return nothing


class Resque(models.Model):
    """What the admin and its permissions are about; all that it shows lies in Redis."""

    objects = NothingManager()

    class Meta:
        """No table, no migration, and a permission for each kind of change."""

        managed = False
        base_manager_name = "objects"
        default_permissions = ("view",)
        permissions = (
            ("view_arguments", "Can view arguments of jobs"),
            ("enqueue_job", "Can enqueue jobs"),
            ("retry_job", "Can retry failed jobs"),
            ("delete_job", "Can delete jobs, queues and failures"),
            ("pause_queue", "Can pause and resume queues"),
            ("control_worker", "Can control workers"),
            ("manage_schedule", "Can move and cancel delayed jobs, and switch recurring ones"),
        )
        verbose_name = _("Resque")
        verbose_name_plural = _("Queues, workers and failures")

    def __str__(self) -> str:
        """Return the name of the whole."""
        return "Resque"
