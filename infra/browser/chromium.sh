#!/usr/bin/env bash
# Prints where Chromium is: CHROMIUM, else the first of the usual names on PATH. Where
# there is none it says how to get it and fails; with --install, as root on Debian or
# Ubuntu, it gets it.
set -euo pipefail

find_chromium() {
  if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM" && return
    echo "CHROMIUM names $CHROMIUM, which is no program." >&2
    exit 1
  fi
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

find_chromium && exit
if [ "${1:-}" = --install ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2
  find_chromium && exit
fi
cat >&2 <<'END'
The browser tests need Chromium, and none is here: no chromium, chromium-browser or
google-chrome on PATH. Install it (on Debian: apt-get install chromium), or set
CHROMIUM=/path/to/it, and run the same command again.
END
exit 1
