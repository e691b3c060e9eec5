"""What can be asked for on the command line."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from shared.domain.model.ids import BadIdError, Kind, ResourceId
from shared.domain.planning.policy import Policy


class UsageError(Exception):
    """The command cannot be carried out as it was given; nothing was read or changed."""


OK, WRONG, UNUSABLE, CHANGES, INTERRUPTED = 0, 1, 2, 3, 130

EPILOG = """\
Settings are those of the function app (see README.md). They come from the environment and, with
--settings FILE, from the Values of a local.settings.json; the environment goes first. Azure is asked with
any DefaultAzureCredential, such as that of `az login`, and with no more rights than the pass needs.

exit codes:
  0    nothing is wrong
  1    something was not done, is wrong, or is not connected; what is only not known does not count
  2    the command or the settings cannot be used
  3    plan --exit-code: there is something to be done
  130  interrupted; what was done until then stays, and the next pass finishes it

to try it: run `make demo KEEP=1`, set SETTINGS and ENDPOINT as it prints, and in this folder
  python -m shared check --settings $SETTINGS
  python -m shared plan --all --settings $SETTINGS
  python -m shared plan $ENDPOINT --json --settings $SETTINGS
  python -m shared sync $ENDPOINT --settings $SETTINGS
  python -m shared explain $ENDPOINT --settings $SETTINGS
  python -m shared audit --policy report --settings $SETTINGS
"""


def parse(arguments: Sequence[str] | None, version: str) -> argparse.Namespace:
    """What is asked for. Raises SystemExit: 0 after --help and --version, 2 where it cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m shared",
        description="Azure Private Link for ClickHouse Cloud, by hand.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    add = partial(commands.add_parser, allow_abbrev=False)
    _plan(add("plan", help="show what would be done; change nothing"))
    _sync(add("sync", help="do it"))
    _audit(add("audit", help="look at everything, repair what AUDIT_POLICY permits, keep the report"))
    _common(add("check", help="see whether settings, rights and systems are as they must be"))
    _explain(add("explain", help="tell why an endpoint is or is not connected"))
    wanted = parser.parse_args(arguments)
    if "all" in wanted and bool(wanted.endpoints) == wanted.all:
        commands.choices[wanted.command].error("name private endpoints by their ARM ids, or say --all")
    return wanted


def _plan(parser: argparse.ArgumentParser) -> None:
    _targets(parser)
    _common(parser)
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 3 if there is something to be done"
    )


def _sync(parser: argparse.ArgumentParser) -> None:
    _targets(parser)
    _common(parser)


def _audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", type=Policy, choices=list(Policy), help="instead of AUDIT_POLICY")
    _removals(parser)
    _common(parser)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("endpoint", type=_endpoint, help="ARM id of a private endpoint")
    parser.add_argument(
        "--probe",
        action="store_true",
        help="also look its names up and open TLS to them; to be run inside the virtual network",
    )
    _common(parser)


def _targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("endpoints", nargs="*", type=_endpoint, metavar="endpoint", help="ARM ids")
    parser.add_argument("--all", action="store_true", help="everything in scope and everything we own")
    _removals(parser)


def _removals(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-removals",
        type=_count,
        metavar="N",
        help="endpoints that a pass over everything may undo, instead of MAX_REMOVALS",
    )


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--settings", type=Path, metavar="FILE", help="a local.settings.json to take settings from"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _endpoint(text: str) -> ResourceId:
    try:
        return ResourceId.parse(text, Kind.PRIVATE_ENDPOINT)
    except BadIdError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)
