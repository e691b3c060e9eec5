"""`python -m simulator`: runs the simulator, and prints its URL as one JSON line when it is ready."""

import argparse
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from simulator.azure_cli import as_shell
from simulator.server import Addresses, Https, make_settings, serve
from simulator.simulation import Settings
from simulator.tls import make_certificate
from simulator.worldfile import DEMO, read_world


def main() -> int:
    arguments = _arguments()
    try:
        seed = read_world(arguments.seed)
        settings = make_settings(seed, arguments.rate_limit, arguments.latency_ms)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    signal.signal(signal.SIGTERM, _terminated)  # also removes the folder of the certificate
    try:
        _serve(settings, arguments.port, arguments.tls)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        sys.stderr.write(f"{error.strerror or error}\n")
        return 2
    return 0


def _serve(settings: Settings, port: int, https_port: int | None) -> None:
    if https_port is None:
        serve(settings, port, lambda addresses: _print_json({"url": addresses.url}))
        return
    with TemporaryDirectory(prefix="simulator-") as name:
        folder = Path(name)
        certificate = make_certificate(folder)

        def print_addresses(addresses: Addresses) -> None:
            https_url = str(addresses.https_url)
            _print_json({"url": addresses.url, "httpsUrl": https_url, "certificate": str(certificate.authority)})
            sys.stdout.write(f"{as_shell(https_url, certificate.authority, folder / 'azure')}\n")
            sys.stdout.flush()

        serve(settings, port, print_addresses, Https(certificate, https_port))


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)


def _print_json(document: Mapping[str, str]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Azure private endpoints, Private DNS, Event Grid and ClickHouse Cloud on one loopback port.",
    )
    parser.add_argument("--port", type=int, default=0, help="loopback port (default: 0, any free port)")
    parser.add_argument(
        "--seed", type=Path, default=DEMO, metavar="FILE", help="world file to start from and to reset to"
    )
    parser.add_argument(
        "--rate-limit",
        default="10/10",
        metavar="N/S",
        help="ClickHouse requests per seconds and API key, or 'off' (default: 10/10)",
    )
    parser.add_argument("--latency-ms", type=int, default=0, metavar="N", help="added to every simulated response")
    parser.add_argument(
        "--tls",
        type=int,
        nargs="?",
        const=0,
        metavar="PORT",
        help="also serve https, and print the commands to use an Azure CLI with it (default port: any free port)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
