#!/bin/sh
# Hurts galleries in every way the crash laboratory knows, and prints the table: case, runs, lost, wrong, crashed.
#   Scripts/crash-laboratory.sh                 some minutes: every operation of the disk, 360 kills
#   Scripts/crash-laboratory.sh --short         some seconds, as in make test
#   Scripts/crash-laboratory.sh --only "kill"   the cases with these words in their names
#   Scripts/crash-laboratory.sh --seed N        other operations, other moments
set -eu
cd "$(dirname "$0")/.."

long=--long
if [ "${1:-}" = --short ]; then
  long=""
  shift
fi
swift build -c release --product CrashLaboratory >&2
# shellcheck disable=SC2086 # nothing, or one word
SWIFT_BACKTRACE=enable=no exec .build/release/CrashLaboratory $long "$@"
