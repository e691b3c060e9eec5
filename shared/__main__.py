"""`python -m shared`: the command line. This file must parse on every Python 3."""

import sys


def main() -> int:
    if sys.version_info < (3, 13):  # noqa: UP036 -- the message is for those who run an older one
        sys.stderr.write("Python 3.13 or newer is required; this is %d.%d.\n" % sys.version_info[:2])  # noqa: UP031 -- likewise
        return 2
    try:
        from shared.cli.main import main as run  # noqa: PLC0415 -- it needs requirements-cli.txt
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        sys.stderr.write(f"{package} is missing: {sys.orig_argv[0]} -m pip install -r requirements-cli.txt\n")
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
