#!/bin/sh
# Prints the path of a Python of at least 3.13: $PYTHON, one on PATH, one of pyenv's, one of uv's.
# Exits 1 with a plain word on what to install where there is none.
set -u

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1
}

offer() {
    usable "$1" || return 0
    "$1" -c 'import sys; print(sys.executable)'
    exit 0
}

[ -n "${PYTHON:-}" ] && offer "$PYTHON"
for name in python3.13 python3.14 python3 python; do
    command -v "$name" >/dev/null 2>&1 && offer "$name"
done
if command -v pyenv >/dev/null 2>&1; then
    for folder in "$(pyenv root)"/versions/3.1[3-9]*; do
        [ -x "$folder/bin/python" ] && offer "$folder/bin/python"
    done
fi
if command -v uv >/dev/null 2>&1; then
    found=$(uv python find '>=3.13' 2>/dev/null) && offer "$found"
fi

cat >&2 <<'TEXT'
No Python 3.13 or newer was found on PATH, through pyenv or through uv.
Install one of these, then run make again:
  uv:      uv python install 3.13
  pyenv:   pyenv install 3.13
  macOS:   brew install python@3.13
  Debian:  apt install python3.13 python3.13-venv
  Windows: winget install Python.Python.3.13
Or name one yourself: make PYTHON=/path/to/python3.13
TEXT
exit 1
