#!/bin/sh
# Installs what the status page tests need besides Python: chromium, and axe-core, which checks accessibility.
# If an installation is not possible, prints what is missing; the tests that need it are skipped.
set -u
mkdir -p build
axe_version=4.14.1
axe=build/axe/node_modules/axe-core/axe.min.js

if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing chromium from Debian's packages"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >build/chromium.log 2>&1 || tail -n 3 build/chromium.log
fi
command -v chromium >/dev/null || echo "chromium not found: install it to run the browser tests of the status page"

if ! grep -qs "axe v$axe_version$" "$axe" && command -v npm >/dev/null; then
    echo "installing axe-core $axe_version with npm"
    npm install --prefix build/axe --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --silent \
        "axe-core@$axe_version" >build/axe.log 2>&1 || tail -n 3 build/axe.log
fi
[ -f "$axe" ] || echo "axe-core not found: install npm to run the accessibility tests of the status page"
exit 0
