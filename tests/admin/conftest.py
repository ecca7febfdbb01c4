"""Fixtures for the tests of the admin's pages: users, and a visit without a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory

from django_resque.admin.visit import Visit
from django_resque.store.commander import PooledCommander

if TYPE_CHECKING:
    from tests.conftest import Configure

ROOT = "/admin/django_resque/resque/"

MakeUser = Callable[..., User]


@pytest.fixture
def staff(db: None) -> MakeUser:
    """Give what makes a user of the admin with some of our permissions, by their short names."""

    def make(*permissions: str, name: str = "eve") -> User:
        user: User = User.objects.create_user(name, password="secret", is_staff=True)
        found = Permission.objects.filter(
            content_type__app_label="django_resque", codename__in=permissions
        )
        assert len(permissions) == len(found)
        user.user_permissions.set(found)
        return user

    return make


@pytest.fixture
def admin_client(resque_settings: Configure, db: None) -> Client:
    """Give a browser of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="secret"))
    return client


@pytest.fixture
def visit(resque_settings: Configure, db: None) -> Callable[..., Visit]:
    """Give what makes a visit of somebody who may do everything."""

    def make(path: str = ROOT, *, data: dict[str, Any] | None = None, user: Any = None) -> Visit:
        factory = RequestFactory()
        request = factory.get(path) if data is None else factory.post(path, data)
        request.user = user or User(username="root", is_staff=True, is_superuser=True)
        return Visit(request, site)

    return make


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a list that grows by one, the number of commands, for each round trip to Redis."""
    trips: list[int] = []
    exchange = PooledCommander.exchange

    def counted(self: PooledCommander, commands: Any) -> Any:
        trips.append(len(commands))
        return exchange(self, commands)

    monkeypatch.setattr(PooledCommander, "exchange", counted)
    return trips
