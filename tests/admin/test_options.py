"""The entry in the admin offers looking alone, and leads from the log to what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin import site
from django.test import Client

from django_resque.models import Resque
from tests.admin.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_resque.admin.visit import Visit
    from tests.admin.conftest import MakeUser


def test_only_looking(visit: Callable[..., Visit], staff: MakeUser) -> None:
    """There is nothing to add, change or delete by the admin's own forms, for nobody."""
    options = site._registry[Resque]
    root = visit().request

    assert {"add": False, "change": False, "delete": False, "view": True} == (
        options.get_model_perms(root)
    )
    assert not options.has_view_permission(visit(user=staff()).request)
    assert options.has_module_permission(visit(user=staff("view_resque", name="u")).request)


def test_own_forms_are_not_there(admin_client: Client) -> None:
    """The admin's forms for objects do not exist here."""
    for path in ("add/", "1/delete/", "1/history/"):
        assert 404 == admin_client.get(ROOT + path).status_code


def test_log_leads_to_the_page(admin_client: Client, staff: MakeUser) -> None:
    """A line of the log leads to the page of its thing, for those who may look."""
    url = f"{ROOT}queue_2Fmail/change/"
    stranger = Client()
    stranger.force_login(staff())

    assert f"{ROOT}queues/mail/" == admin_client.get(url)["Location"]
    assert 403 == stranger.get(url).status_code
