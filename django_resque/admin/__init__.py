"""Monitoring and control inside Django admin."""

from __future__ import annotations

from django.contrib import admin

from django_resque.admin.options import ResqueAdmin
from django_resque.models import Resque

admin.site.register(Resque, ResqueAdmin)

__all__ = ["ResqueAdmin"]
