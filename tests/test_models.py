"""The model gives permissions and an entry, and disturbs no command that deals with tables."""

from __future__ import annotations

from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core import serializers
from django.core.management import call_command

from django_resque.models import Resque

pytestmark = pytest.mark.django_db


def test_permissions() -> None:
    """Every permission exists once the database is set up, without any migration of ours."""
    found = Permission.objects.filter(content_type__app_label="django_resque")

    assert {
        "view_resque",
        "view_arguments",
        "enqueue_job",
        "retry_job",
        "delete_job",
        "pause_queue",
        "control_worker",
        "manage_schedule",
    } == {permission.codename for permission in found}


@pytest.mark.parametrize("options", [[], ["--all"], ["django_resque"]])
def test_dumpdata(options: list[str]) -> None:
    """Dumping data does not look for a table."""
    out = StringIO()
    call_command("dumpdata", *options, stdout=out)

    assert "django_resque.resque" not in [
        each.object._meta.label_lower for each in serializers.deserialize("json", out.getvalue())
    ]


def test_no_migrations() -> None:
    """There is nothing to migrate, today and after an upgrade."""
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())

    assert apps.get_app_config("django_resque").models_module is not None


def test_empty() -> None:
    """There are no objects, however they are asked for."""
    assert [] == list(Resque.objects.all())
    assert [] == list(Resque._base_manager.all())
    assert "Resque" == str(Resque())
