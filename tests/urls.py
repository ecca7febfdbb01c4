"""The addresses of the tests' project: an admin of the usual kind, and one of its own."""

from __future__ import annotations

from django.contrib.admin import AdminSite, site
from django.urls import path

from django_resque.admin import ResqueAdmin
from django_resque.models import Resque

# Whoever has a site of their own registers there.
operations = AdminSite(name="operations")
operations.register(Resque, ResqueAdmin)

urlpatterns = [path("admin/", site.urls), path("operations/", operations.urls)]
