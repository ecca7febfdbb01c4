"""One request to one of our pages: who asks, by which site, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme

from django_resque import wiring

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest

    from django_resque.store import Store

_LARGEST = 10**9  # no list in Redis is longer; beyond, Redis would refuse the number


class Visit:
    """A request with what every view needs beside it."""

    def __init__(self, request: HttpRequest, site: AdminSite) -> None:
        """Wrap a request that ``site`` has let in."""
        self.request = request
        self.site = site
        request.current_app = site.name  # read by {% url %}

    @cached_property
    def store(self) -> Store:
        """The store that the settings lead to."""
        return wiring.store()

    @cached_property
    def may(self) -> Permissions:
        """What the user may do: ``visit.may["retry_job"]``, in templates ``may.retry_job``."""
        return Permissions(self.request.user)

    @property
    def confirmed(self) -> bool:
        """Whether the user has confirmed the change that this request asks for."""
        return self.request.POST.get("confirmed") == "1"

    def url(self, name: str, **kwargs: Any) -> str:
        """Return the URL of one of our pages by its name in ``admin/urls.py``."""
        return reverse(f"admin:django_resque_{name}", kwargs=kwargs, current_app=self.site.name)

    def back(self, default: str) -> str:
        """Return the page that a form came from, if it names one here, else ``default``."""
        named = self.request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(
            named, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return named if named and safe else default

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number from the query; ``default`` where there is none."""
        text = self.request.GET.get(name, "")
        if not (text.isascii() and text.isdecimal()):
            return default
        return min(int(text[:10]), _LARGEST)

    def text(self, name: str) -> str:
        """Return a text from the query, without the space around it."""
        return self.request.GET.get(name, "").strip()


class Permissions:
    """The permissions of one user, by their short names."""

    def __init__(self, user: Any) -> None:
        """Ask for the permissions of ``user``."""
        self._user = user

    def __getitem__(self, name: str) -> bool:
        """Tell whether the user has the permission ``django_resque.<name>``."""
        return bool(self._user.has_perm(f"django_resque.{name}"))
