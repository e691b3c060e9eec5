#!/bin/sh
# Prints the path of a Python 3.13 or newer: $PYTHON, on PATH, of pyenv or of uv.
# If there is none, prints how to install one and exits with code 1.
set -u

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1
}

print_if_usable() {
    usable "$1" || return 0
    "$1" -c 'import sys; print(sys.executable)'
    exit 0
}

[ -n "${PYTHON:-}" ] && print_if_usable "$PYTHON"
for name in python3.13 python3.14 python3 python; do
    command -v "$name" >/dev/null 2>&1 && print_if_usable "$name"
done
if command -v pyenv >/dev/null 2>&1; then
    for folder in "$(pyenv root)"/versions/3.1[3-9]*; do
        [ -x "$folder/bin/python" ] && print_if_usable "$folder/bin/python"
    done
fi
if command -v uv >/dev/null 2>&1; then
    found=$(uv python find '>=3.13' 2>/dev/null) && print_if_usable "$found"
fi

cat >&2 <<'TEXT'
No Python 3.13 or newer was found on PATH, through pyenv or through uv.
Install one of these, then run make again:
  uv:      uv python install 3.13
  pyenv:   pyenv install 3.13
  macOS:   brew install python@3.13
  Debian:  apt install python3.13 python3.13-venv
  Windows: winget install Python.Python.3.13
Or set the path: make PYTHON=/path/to/python3.13
TEXT
exit 1
