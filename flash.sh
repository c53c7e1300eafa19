#!/bin/sh
# Puts the client on a board that runs Espruino: ./flash.sh --help

set -eu

# What the user called this
command=${FLASH_COMMAND:-./flash.sh}

fail() {
  printf 'flash.sh: %s\n' "$1" >&2
  exit 1
}

usage_error() {
  printf 'flash.sh: %s; see %s --help\n' "$1" "$command" >&2
  exit 2
}

usage() {
  printf 'Usage: %s [options]\n' "$command"
  cat <<'EOF'

Uploads the client to the Storage of a board that runs Espruino, as the module
esp_websocket_client, checks what arrived, and restarts the interpreter.

  -p, --port PORT      serial device (/dev/ttyUSB0, COM3) or tcp://host:port
                       (default: the only serial port there is)
  -b, --baud BAUD      baud rate of a serial port (default: 115200)
      --app FILE       upload this script too, under its file name, and start it
      --boot           save the app so that it starts whenever the board does
      --websocket      upload the browser-style API too, as the module websocket
      --firmware FILE  first flash Espruino itself with esptool
      --list           print the serial ports and end
      --verify         read the stored files back and compare their size and
                       checksum (default)
      --no-verify      leave that out (an upload is still checked before it
                       takes the place of an old file)
      --dry-run        check the files, the board and the room in its Storage,
                       and change nothing
  -h, --help           print this

Environment:
  FLASH_TIMEOUT        seconds that the board may take to answer (default: 10)

Exit status: 0 done, 1 failed, 2 wrong options.
EOF
}

port=
baud=115200
app=
boot=
websocket=
firmware=
list=
verify=yes
dry_run=
timeout=${FLASH_TIMEOUT:-10}

while [ $# -gt 0 ]; do
  # --option=value is --option value
  case $1 in
    --*=*)
      option=${1%%=*}
      value=${1#*=}
      shift
      set -- "$option" "$value" "$@"
      case $option in
        --port | --baud | --app | --firmware) ;;
        *) usage_error "$option takes no value" ;;
      esac
      ;;
  esac
  case $1 in
    -p | --port | -b | --baud | --app | --firmware)
      if [ $# -lt 2 ] || [ -z "$2" ]; then usage_error "$1 needs a value"; fi
      case $2 in
        -*) usage_error "$1 needs a value" ;;
      esac
      ;;
  esac
  case $1 in
    -p | --port)
      port=$2
      shift
      ;;
    -b | --baud)
      baud=$2
      shift
      ;;
    --app)
      app=$2
      shift
      ;;
    --firmware)
      firmware=$2
      shift
      ;;
    --boot) boot=yes ;;
    --websocket) websocket=yes ;;
    --list) list=yes ;;
    --verify) verify=yes ;;
    --no-verify) verify= ;;
    --dry-run) dry_run=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

case $baud in
  0* | *[!0-9]*) usage_error "the baud rate $baud is not a number" ;;
esac
case $timeout in
  '' | 0* | *[!0-9]*) usage_error "FLASH_TIMEOUT=$timeout is not a number of seconds" ;;
esac
if [ -n "$boot" ] && [ -z "$app" ]; then usage_error "--boot needs --app FILE"; fi

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
helper=$root/tools/flash/main.cjs
bundle=$root/dist/esp_websocket_client.min.js
websocket_bundle=$root/dist/websocket.min.js

command -v node >/dev/null 2>&1 || fail "node was not found: install Node.js 20 or later"
node -e 'process.exit(parseInt(process.versions.node, 10) < 20 ? 1 : 0)' ||
  fail "this Node.js ($(node --version)) is too old: install Node.js 20 or later"

if [ -n "$list" ]; then
  exec node "$helper" list
fi

if [ -n "$app" ] && [ ! -f "$app" ]; then fail "there is no file $app: check what was given with --app"; fi
if [ -n "$firmware" ] && [ ! -f "$firmware" ]; then
  fail "there is no file $firmware: check what was given with --firmware"
fi

# A checkout is built when a bundle is missing or older than what it is made of; the npm package comes built.
needs_build() {
  [ -f "$root/rollup.config.mjs" ] || return 1
  [ -f "$bundle" ] && [ -f "$websocket_bundle" ] || return 0
  [ -n "$(find "$root/src" "$root/board" "$root/rollup.config.mjs" "$root/build" \
    "$root/tsconfig.device.json" "$root/package.json" -type f -newer "$bundle" -print 2>/dev/null | head -n 1)" ]
}

if needs_build; then
  if [ -n "$dry_run" ]; then
    echo "Would build the bundles (npm run build)."
  else
    [ -d "$root/node_modules" ] || fail "the bundles are not built: run \`npm ci\` in $root first"
    echo "Building the bundles"
    (cd "$root" && npm run --silent build >&2) ||
      fail "the build failed: see above, or run \`npm run build\` in $root"
  fi
fi

for file in "$bundle" ${websocket:+"$websocket_bundle"}; do
  [ -f "$file" ] && continue
  if [ -f "$root/rollup.config.mjs" ]; then fail "$file is missing: run \`npm run build\` in $root"; fi
  fail "$file is missing: install the package esp-websocket-client again"
done

if [ -n "$firmware" ]; then
  case $port in
    tcp:*) fail "firmware is flashed over a serial port only: connect the board by USB and give its port with -p" ;;
  esac
  offset=$(node "$helper" firmware-offset "$firmware") || exit 1
  esptool=
  for candidate in esptool esptool.py; do
    if command -v "$candidate" >/dev/null 2>&1; then
      esptool=$candidate
      break
    fi
  done
  [ -n "$esptool" ] || fail "--firmware needs esptool: install it with \`pip install esptool\`"
  if [ -z "$port" ]; then port=$(node "$helper" port) || exit 1; fi
  if [ -n "$dry_run" ]; then
    echo "Would flash $firmware at $offset of the board at $port with $esptool."
  else
    echo "Flashing $firmware at $offset of the board at $port"
    "$esptool" --port "$port" --baud "$baud" write_flash "$offset" "$firmware" ||
      fail "$esptool could not flash $firmware: hold the board's BOOT button while it connects, and check the port and the cable"
  fi
fi

set -- flash --baud "$baud" --timeout "$timeout" --file "esp_websocket_client=$bundle"
if [ -n "$websocket" ]; then set -- "$@" --file "websocket=$websocket_bundle"; fi
if [ -n "$port" ]; then set -- "$@" --port "$port"; fi
if [ -n "$app" ]; then set -- "$@" --app "$app"; fi
if [ -n "$boot" ]; then set -- "$@" --boot; fi
if [ -z "$verify" ]; then set -- "$@" --no-verify; fi
if [ -n "$dry_run" ]; then set -- "$@" --dry-run; fi
exec node "$helper" "$@"
