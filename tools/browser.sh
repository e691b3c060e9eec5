#!/bin/sh
# What the tests of the page need besides Python: a chromium, and axe-core, which judges how accessible a page is.
# Gets what is missing where that is possible, and says what is not; the tests that need it are skipped then.
set -u
mkdir -p build
axe_version=4.14.1
axe=build/axe/node_modules/axe-core/axe.min.js

if ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "getting chromium from Debian's packages"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >build/chromium.log 2>&1 || tail -n 3 build/chromium.log
fi
command -v chromium >/dev/null || echo "no chromium: install it to try the page in a browser"

if ! grep -qs "axe v$axe_version$" "$axe" && command -v npm >/dev/null; then
    echo "getting axe-core $axe_version with npm"
    npm install --prefix build/axe --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --silent \
        "axe-core@$axe_version" >build/axe.log 2>&1 || tail -n 3 build/axe.log
fi
[ -f "$axe" ] || echo "no axe-core: install npm to have the page's accessibility checked"
exit 0
