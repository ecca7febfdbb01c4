"""A Django app whose jobs use databases, on whichever server the settings are led to."""
