"""The options of the command line, and its exit codes."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from shared.domain.model.ids import BadIdError, Kind, ResourceId
from shared.domain.planning.policy import Policy


class UsageError(Exception):
    """The command is invalid; nothing was read or changed."""


OK, FAILED, INVALID, CHANGES, UNKNOWN, INTERRUPTED = 0, 1, 2, 3, 4, 130

EPILOG = """\
Settings are those of the function app (docs/settings.md). They come from the environment and, with
--settings FILE, from the Values of a local.settings.json; the environment has precedence. Azure is called
with DefaultAzureCredential, for example the identity of `az login`.

exit codes:
  0    no problem was found
  1    something failed, is missing or is not connected
  2    the command or the settings are invalid
  3    plan --exit-code: there are changes to make
  4    it could not be determined whether there is a problem
  130  interrupted; completed changes remain, and the next run makes the others

to try it: run `make demo KEEP=1`, set SETTINGS and ENDPOINT as it prints, and in this folder run
  {shared} check --settings $SETTINGS
  {shared} plan --all --settings $SETTINGS
  {shared} plan $ENDPOINT --json --settings $SETTINGS
  {shared} sync $ENDPOINT --settings $SETTINGS
  {shared} explain $ENDPOINT --settings $SETTINGS
  {shared} audit --policy report --settings $SETTINGS
"""


def command_line(*arguments: str, settings: Path | None = None) -> str:
    """A command as it can be typed in the same shell: the same interpreter and the same settings."""
    kept = ["--settings", str(settings)] if settings else []
    return shlex.join([sys.orig_argv[0], "-m", "shared", *arguments, *kept])


def parse(arguments: Sequence[str], version: str) -> argparse.Namespace:
    """The options. Raises SystemExit: 0 after --help and --version, 2 where they are invalid."""
    parser = argparse.ArgumentParser(
        prog=command_line(),
        description="Azure Private Link for ClickHouse Cloud, from the command line.",
        epilog=EPILOG.format(shared=command_line()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    add = partial(commands.add_parser, allow_abbrev=False)
    plan = add("plan", help="show the changes that sync would make; change nothing")
    sync = add("sync", help="make the changes")
    audit = add("audit", help="check everything, repair what AUDIT_POLICY permits, store the report")
    check = add("check", help="check settings, permissions and systems")
    explain = add("explain", help="explain why an endpoint is or is not connected")
    for command, seconds in ((plan, 60), (sync, 1800), (audit, 1800), (check, 0), (explain, 60)):
        _common(command, seconds)
    for command in (plan, sync):
        command.add_argument("endpoints", nargs="*", type=_endpoint, metavar="endpoint", help="ARM ids")
        command.add_argument("--all", action="store_true", help="everything in scope and everything owned")
    for command in (plan, sync, audit):
        limit = "how many endpoints --all may release, instead of MAX_REMOVALS"
        command.add_argument("--allow-removals", type=_count, metavar="N", help=limit)
    plan.add_argument("--exit-code", action="store_true", help="exit with 3 if there are changes to make")
    audit.add_argument("--policy", type=Policy, choices=list(Policy), help="instead of AUDIT_POLICY")
    explain.add_argument("endpoint", type=_name_or_id, help="ARM id of a private endpoint, or its unique name")
    probe = "also resolve its host names and open TLS connections; run this inside the virtual network"
    explain.add_argument("--probe", action="store_true", help=probe)
    if not arguments:
        parser.print_help(sys.stderr)
        raise SystemExit(INVALID)
    options = parser.parse_args(arguments)
    if "all" in options and bool(options.endpoints) == options.all:
        commands.choices[options.command].error("name private endpoints by their ARM ids, or use --all")
    return options


def _common(parser: argparse.ArgumentParser, seconds: int) -> None:
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a local.settings.json")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    if seconds:
        limit = f"give up after this time (default: {seconds})"
        parser.add_argument("--timeout", type=_seconds, default=seconds, metavar="SECONDS", help=limit)


def _endpoint(text: str) -> ResourceId:
    try:
        return ResourceId.parse(text, Kind.PRIVATE_ENDPOINT)
    except BadIdError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _name_or_id(text: str) -> ResourceId | str:
    return _endpoint(text) if "/" in text else text


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _seconds(text: str) -> int:
    if not (seconds := _count(text)):
        raise argparse.ArgumentTypeError("the timeout must be at least 1 second")
    return seconds
