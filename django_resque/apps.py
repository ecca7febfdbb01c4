"""The Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from django_resque import checks, receivers


class ResqueConfig(AppConfig):
    """Registers the system checks and receivers, and finds the jobs; does not touch Redis."""

    name = "django_resque"
    verbose_name = _("Resque")
    # There is no table to have it; said here, lest Django warn of a project that says nothing.
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import ``jobs`` and ``tasks`` of every app, so that the jobs in them register."""
        checks.register()
        receivers.connect()
        autodiscover_modules("jobs", "tasks")
