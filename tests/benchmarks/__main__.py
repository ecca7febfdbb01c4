"""``python -m tests.benchmarks [name ...] [--rounds N]``: django-resque beside its peers."""

from __future__ import annotations

import argparse
import os
import sys

import django

from django_resque.embedded import EmbeddedServer
from tests.benchmarks.ground import OUR_PROJECT, Ground
from tests.ports import free_port


def main() -> int:
    """Run the benchmarks asked for; return 0 if all of them passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="default: all of them")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    port = free_port()
    with EmbeddedServer("--port", str(port), "--bind", "127.0.0.1", "-::1") as server:
        # By TCP and a name, as most projects reach their Redis.
        ground = Ground(server, f"redis://localhost:{port}")
        os.environ |= ground.environment
        os.environ["DJANGO_SETTINGS_MODULE"] = OUR_PROJECT
        django.setup()
        # Only now: it imports the project's jobs, which need its settings.
        from tests.benchmarks.suite import suite  # noqa: PLC0415

        benchmarks = suite(ground)
        if unknown := set(options.names) - set(benchmarks):
            parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(benchmarks)}")
        results = [benchmarks[name](options.rounds) for name in options.names or benchmarks]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
