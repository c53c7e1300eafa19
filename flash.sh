#!/bin/sh
# Puts the client on a board that runs Espruino: ./flash.sh --help

set -eu

fail() {
  printf 'flash: %s\n' "$1" >&2
  exit 1
}

# The folder of this script, also when it was started through a link (npm makes such links).
self=$0
while [ -L "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=$(dirname "$self")/$target ;;
  esac
done
root=$(CDPATH='' cd "$(dirname "$self")" && pwd -P)

command -v node >/dev/null 2>&1 || fail "node was not found: install Node.js 20 or later"
node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)' ||
  fail "this Node.js ($(node --version)) is too old: install Node.js 20 or later"

exec node "$root/tools/flash/main.mjs" "$@"
