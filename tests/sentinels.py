"""Real Sentinels, of a test's own, that watch a primary as ``main``."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import redis

from tests.polling import eventually
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django_resque.embedded import EmbeddedServer

SERVICE = "main"


@contextmanager
def watching(
    server: EmbeddedServer,
    port: int,
    folder: Path,
    count: int = 1,
    *,
    silence: float = 30.0,
) -> Iterator[list[tuple[str, int]]]:
    """Run so many Sentinels, of which a majority promotes a replica, and give their addresses.

    The server's own program is what they run. They take a server for dead after so many seconds
    of ``silence``.
    """
    quorum = count // 2 + 1
    addresses = [("127.0.0.1", free_port()) for _ in range(count)]
    with ExitStack() as stack:
        for number, (host, own_port) in enumerate(addresses):
            place = folder / f"sentinel-{number}"
            place.mkdir()
            configuration = place / "sentinel.conf"
            configuration.write_text(
                f"bind {host}\nport {own_port}\ndir {place}\n"
                f"sentinel monitor {SERVICE} 127.0.0.1 {port} {quorum}\n"
                f"sentinel down-after-milliseconds {SERVICE} {silence * 1000:.0f}\n"
                f"sentinel failover-timeout {SERVICE} 5000\n"
            )
            process = stack.enter_context(
                subprocess.Popen(
                    [f"/proc/{server.pid}/exe", str(configuration), "--sentinel"],
                    stdout=subprocess.DEVNULL,
                )
            )
            stack.callback(process.terminate)
        for _, own_port in addresses:
            eventually(lambda: ask(own_port, "PING"), 20, "an answer from each Sentinel")  # noqa: B023 asked at once
        yield addresses


def ask(port: int, *command: str) -> object:
    """Return a Sentinel's answer, or None when it refuses or there is none."""
    with redis.Redis(port=port, decode_responses=True) as client:
        try:
            return client.execute_command(*command)
        except redis.RedisError:
            return None
