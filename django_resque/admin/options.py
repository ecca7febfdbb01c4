"""The entry of Resque in an admin site: its URLs, and who may open them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path

from django_resque.admin.addresses import locate
from django_resque.admin.answers import Done, respond, unavailable
from django_resque.admin.refusals import in_words
from django_resque.admin.urls import ROUTES
from django_resque.admin.visit import Visit
from django_resque.exceptions import ConfigurationError, ResqueError, StoreError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from django_resque.admin.urls import Route
    from django_resque.models import Resque

    _Base = ModelAdmin[Resque]
else:
    _Base = ModelAdmin


class ResqueAdmin(_Base):
    """Shows queues, workers and failures in a site: ``site.register(Resque, ResqueAdmin)``."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user finds Resque in the admin's index."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, _obj: Any = None) -> bool:
        """Tell whether the user may look."""
        return request.user.has_perm("django_resque.view_resque")

    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """There is nothing to add."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """There is no form to change it; each page asks for the permission of its own."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """There is nothing to delete."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs of all our pages; that of the list of objects is the overview."""
        pages = [
            path(
                route.pattern,
                self.admin_site.admin_view(partial(self._serve, route)),
                name=f"django_resque_{route.name}",
            )
            for route in ROUTES
        ]
        change = self.admin_site.admin_view(self.change_view)
        name = "django_resque_resque_change"
        return [*pages, path("<path:object_id>/change/", change, name=name)]

    def change_view(
        self, request: HttpRequest, object_id: str, *_args: Any, **_kwargs: Any
    ) -> HttpResponse:
        """Lead from a line of the admin's log to the page of what was changed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(locate(Visit(request, self.admin_site), unquote(object_id)))

    def _serve(self, route: Route, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        visit = Visit(request, self.admin_site)
        if not all(visit.may[permission] for permission in route.permissions):
            raise PermissionDenied
        if request.method not in route.methods:
            return HttpResponseNotAllowed(route.methods)
        try:
            return respond(visit, route.view(visit, **kwargs))
        except (StoreError, ConfigurationError) as error:
            return unavailable(visit, str(error))
        except ResqueError as error:
            if request.method != "POST":
                raise
            start = visit.url("resque_changelist")
            return respond(visit, Done(in_words(error), start, level=messages.ERROR))
