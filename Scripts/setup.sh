#!/bin/sh
# Installs the system libraries that Likeness links against, where they are missing.
# As root or through a sudo that asks nothing; otherwise prints the exact line and stops.
set -eu

if ! command -v swift >/dev/null 2>&1; then
  echo "setup: no Swift toolchain on the PATH: install Swift 6.1 or newer from https://www.swift.org/install/" >&2
  exit 1
fi

if [ "$(uname -s)" = "Darwin" ]; then
  missing=""
  for pair in "jpeg-turbo:libturbojpeg" "libpng:libpng"; do
    pkg-config --exists "${pair#*:}" 2>/dev/null || missing="$missing ${pair%%:*}"
  done
  if [ -n "$missing" ]; then
    echo "setup: missing libraries: run: brew install pkg-config$missing" >&2
    exit 1
  fi
  exit 0
fi

# package: a header that it brings, looked up through the compiler's own search path
missing=""
need() {
  printf '#include <%s>\n' "$2" | cc -E -x c - >/dev/null 2>&1 ||
    printf '#include <%s>\n' "$2" | clang -E -x c - >/dev/null 2>&1 ||
    missing="$missing $1"
}
need libsqlite3-dev sqlite3.h
# cblas.h alone could be the reference BLAS
need libopenblas-dev openblas_config.h
need libturbojpeg0-dev turbojpeg.h
# png.h includes stdio, so the compiler test covers the whole chain
need libpng-dev png.h
# the tests and the demo inspect the gallery by hand, as a user would
command -v sqlite3 >/dev/null 2>&1 || missing="$missing sqlite3"

[ -z "$missing" ] && exit 0

install="apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: missing:$missing (named as on Debian): install them with this system's package manager" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "setup: missing libraries: run: sudo apt-get update && sudo $install" >&2
  exit 1
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # words are packages
$as_root $install >/dev/null 2>&1 || { $as_root apt-get update -qq && $as_root $install >/dev/null; }
