"""The forge's tables in Django's admin."""

from __future__ import annotations

from django.contrib import admin

from forge.models import Repository, Result

admin.site.register(Repository)


@admin.register(Result)
class ResultAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # only a stub has the argument
    """Results are written by jobs."""

    list_display = ("created", "job", "summary", "file")
    list_filter = ("job",)
