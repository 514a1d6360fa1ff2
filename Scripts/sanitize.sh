#!/bin/sh
# Runs tests under AddressSanitizer and under ThreadSanitizer, Swift and C, each built in a folder of its own.
#   Scripts/sanitize.sh                          both, the tests named below
#   Scripts/sanitize.sh --all                    both, every test: hours
#   Scripts/sanitize.sh thread HNSWTests         one, and the tests whose names match
#
# Left out, for the time they take:
# - Under AddressSanitizer the trainings of whole models (TrainingTests, EmbeddersTests, LikenessCLITests): minutes of the
#   same few loops of Networks, which has tests of its own. All readers of foreign bytes, the index and the store are in.
# - Under ThreadSanitizer, which is some twenty times as slow, everything but the tests in which threads meet: searches
#   beside writers, building on several threads, slots used again; and of the store callers that commit together, bulk
#   enrolment, snapshots saved and rows compared in the background. What one thread does alone has no races.
set -eu
cd "$(dirname "$0")/.."

all=""
if [ "${1:-}" = --all ]; then
  all=1
  shift
fi
which=${1:-address thread}
filter=${2:-}
threads='HNSWTests\.(ConcurrencyTests|ThreadsTests|ReclamationTests|WriterTests|BatchTests|UsualEffortTests)'
threads="$threads|LikenessTests\.(ConcurrencyTests|GroupedCommitTests|BulkTests|MovedFilesTests|SnapshotTests|UntracedChangesTests)"
# A sanitizer's own report is what is wanted, not a backtrace beside it.
export SWIFT_BACKTRACE=enable=no
# Swift keeps metadata for the life of a process, which a search for leaks reports; memory that grows is what the soak
# looks for.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
export TSAN_OPTIONS="suppressions=$PWD/Scripts/thread-sanitizer.txt:${TSAN_OPTIONS:-}"

for sanitizer in $which; do
  echo "== $sanitizer"
  set -- -c release --disable-testable-imports --sanitize "$sanitizer" --scratch-path ".build-$sanitizer"
  # It keeps what was freed for a while, so that memory grows which otherwise does not.
  if [ "$sanitizer" = address ]; then set -- "$@" --skip 'ReadingTests/bounded'; fi
  if [ -n "$filter" ]; then
    set -- "$@" --filter "$filter"
  elif [ -z "$all" ] && [ "$sanitizer" = thread ]; then
    set -- "$@" --filter "$threads"
  elif [ -z "$all" ]; then
    set -- "$@" --skip 'TrainingTests|EmbeddersTests|LikenessCLITests'
  fi
  swift test "$@"
done
