"""A Django project whose jobs do all that a worker must survive."""
