"""Fixtures for comparing what we do with what other clients did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_resque.embedded import EmbeddedServer


@pytest.fixture
def recorder(redis_server: EmbeddedServer) -> Iterator[Recorder]:
    """Record what reaches the private server."""
    recorder = Recorder(redis_server)
    yield recorder
    recorder.close()
