"""What jobs write."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Note(models.Model):
    """That a job ran: in which process, and on which session of the database server."""

    objects: ClassVar[models.Manager[Note]] = models.Manager()
    number = models.IntegerField()
    pid = models.IntegerField()
    session = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        """Show the job's number."""
        return f"job {self.number}"
