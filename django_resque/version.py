"""The version of django-resque, known to the package, the build and the process titles."""

__version__ = "0.1.0"


def get_version() -> str:
    """Return the version of django-resque."""
    return __version__
