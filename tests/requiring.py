"""What a test needs of the machine: skipped at home where it is missing, a failure on CI."""

from __future__ import annotations

import os

import pytest

REQUIRE_ALL = "RESQUE_REQUIRE_ALL"


def require(present: object, what: str, *, variable: str = REQUIRE_ALL) -> None:
    """Skip the test unless ``present``; fail it if the environment says all must run."""
    if present:
        return
    if os.environ.get(variable):
        pytest.fail(f"{what} is missing, and {variable} is set", pytrace=False)
    pytest.skip(f"{what} is missing")
