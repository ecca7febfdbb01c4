"""The forge's tables."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Repositories and results."""

    initial = True
    dependencies = ()
    operations = (
        migrations.CreateModel(
            name="Repository",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100, unique=True)),
            ],
            options={"verbose_name_plural": "repositories"},
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("job", models.CharField(max_length=100)),
                ("summary", models.CharField(max_length=300)),
                ("file", models.FileField(blank=True, upload_to="")),
                ("created", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ("-created", "-pk")},
        ),
    )
