"""A field for a moment, in the time zone of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.timezone import get_default_timezone, is_naive, make_aware
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from datetime import datetime


class MomentForm(forms.Form):
    """When jobs are to be due."""

    moment = forms.DateTimeField(
        label=gettext_lazy("Date and time"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def clean_moment(self) -> datetime:
        """Return an aware moment, also in a project that works without time zones."""
        moment: datetime = self.cleaned_data["moment"]
        return make_aware(moment, get_default_timezone()) if is_naive(moment) else moment
