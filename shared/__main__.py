"""`python -m shared`: the pass, its explanations and the preflight, by hand."""

import sys


def main() -> int:
    try:
        from shared.cli.main import main as run  # noqa: PLC0415 -- it needs more than the function app does
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"{(error.name or '').partition('.')[0]} is missing: pip install -r requirements-cli.txt\n"
        )
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
