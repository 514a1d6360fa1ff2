#!/bin/sh
# Runs the tests under AddressSanitizer and under ThreadSanitizer, Swift and C, each built in a folder of its own.
#   Scripts/sanitize.sh                          both, every test
#   Scripts/sanitize.sh thread HNSWTests         one, and the tests whose names match
set -eu
cd "$(dirname "$0")/.."

which=${1:-address thread}
filter=${2:-}
# A sanitizer's own report is what is wanted, not a backtrace beside it.
export SWIFT_BACKTRACE=enable=no
# Swift keeps metadata for the life of a process, which a search for leaks reports; memory that grows is what the soak
# looks for.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
export TSAN_OPTIONS="suppressions=$PWD/Scripts/thread-sanitizer.txt:${TSAN_OPTIONS:-}"

for sanitizer in $which; do
  echo "== $sanitizer"
  # shellcheck disable=SC2086 # nothing, or two words
  swift test -c release --disable-testable-imports --sanitize "$sanitizer" --scratch-path ".build-$sanitizer" \
    ${filter:+--filter "$filter"}
done
