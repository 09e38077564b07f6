#!/bin/sh
# Installs what the tests need and a bare Debian machine with Go, git and make
# lacks. When it may not, it says in one line what to install. Arguments name
# further programs that are needed.
set -eu

missing=""
/usr/bin/python3 -c 'import cryptography, nacl, zstandard, cbor2' 2>/dev/null ||
	missing="python3 python3-cryptography python3-nacl python3-zstandard python3-cbor2"
# A browser of that family; its packages bring the fonts that pages need.
browser=""
for program in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
	! command -v "$program" >/dev/null || browser=$program
done
[ -n "$browser" ] || missing="$missing chromium fonts-dejavu-core"
command -v node >/dev/null && command -v npm >/dev/null || missing="$missing nodejs npm"
for program in "$@"; do
	command -v "$program" >/dev/null || missing="$missing $program"
	case "$program" in
	gcc) echo '#include <stdlib.h>' | gcc -E - >/dev/null 2>&1 || missing="$missing libc6-dev" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "install these first: apt-get install $missing" >&2
	exit 1
fi
echo "installing $missing"
log=$(mktemp)
if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
rm -f "$log"
