#!/bin/sh
# Installs Debian's headless Chromium for the tests in a browser, where it is absent and this user may install packages.
# Without it those tests are skipped with the reason; in CI they fail. Ends with 0 in either case: tests do the telling.
set -u
for name in chromium-headless-shell chromium; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if ! command -v apt-get >/dev/null; then
    echo 'No browser for the browser tests, and no apt-get to install one: install Chromium to run them.'
    exit 0
fi
as_root=''
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo 'No browser for the browser tests: sudo apt-get install chromium-headless-shell lets them run.'
        exit 0
    fi
    as_root='sudo -n'
fi
echo 'Installing chromium-headless-shell for the tests in a browser ...'
export DEBIAN_FRONTEND=noninteractive
{ $as_root apt-get update -qq && $as_root apt-get install -qq --yes --no-install-recommends chromium-headless-shell fonts-dejavu-core; } >/dev/null 2>&1 ||
    echo 'It could not be installed.'
exit 0
