"""The forge's addresses."""

from __future__ import annotations

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import path

from forge import views

urlpatterns = [
    path("", views.home, name="home"),
    path("enqueue/<slug:name>/", views.enqueue, name="enqueue"),
    path("status.json", views.status, name="status"),
    path("admin/", admin.site.urls),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
