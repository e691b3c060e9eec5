"""The command line: reconciliation, audit, preflight and explanation for people. Requires requirements-cli.txt.

May import everything but `shared.__main__`. Start with `commands.py`.
"""

VERSION = "0.1.0"
