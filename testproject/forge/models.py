"""What the forge knows: repositories, and what its jobs brought about."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models


class Repository(models.Model):
    """A git repository on this machine's disk."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        """How the admin speaks of it."""

        verbose_name_plural = "repositories"

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def path(self) -> Path:
        """The directory of the repository."""
        return Path(settings.REPOSITORIES) / str(self.pk)


class Result(models.Model):
    """What a job brought about, for the front page."""

    job = models.CharField(max_length=100)
    summary = models.CharField(max_length=300)
    file = models.FileField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        """The latest first."""

        ordering = ("-created", "-pk")

    def __str__(self) -> str:
        """Return the job and what came of it."""
        return f"{self.job}: {self.summary}"

    @property
    def is_image(self) -> bool:
        """Whether the file can be shown as a picture."""
        return Path(self.file.name or "").suffix in (".jpg", ".png")
