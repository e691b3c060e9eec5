"""`python -m simulator`: prints one JSON line with its URL when it is ready."""

import argparse
import json
import sys
from pathlib import Path

from simulator.server import make_settings, serve
from simulator.worldfile import DEMO, read_world


def main() -> int:
    arguments = _arguments()
    try:
        seed = read_world(arguments.seed)
        settings = make_settings(seed, arguments.rate_limit, arguments.latency_ms)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        serve(settings, arguments.port, _announce)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        sys.stderr.write(f"port {arguments.port}: {error}\n")
        return 2
    return 0


def _announce(url: str) -> None:
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Azure private endpoints, Private DNS, Event Grid and ClickHouse Cloud on one loopback port.",
    )
    parser.add_argument("--port", type=int, default=0, help="loopback port (default 0: any free one)")
    parser.add_argument("--seed", type=Path, default=DEMO, metavar="FILE", help="world file to start from")
    parser.add_argument(
        "--rate-limit",
        default="10/10",
        metavar="N/S",
        help="ClickHouse requests per seconds and key, or 'off'",
    )
    parser.add_argument(
        "--latency-ms", type=int, default=0, metavar="N", help="added to every simulated answer"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
