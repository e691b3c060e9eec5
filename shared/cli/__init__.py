"""The command line: the same pass as the function app's, for people. It needs requirements-cli.txt."""

VERSION = "0.1.0"
