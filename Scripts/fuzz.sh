#!/bin/sh
# Lets libFuzzer at the readers, AddressSanitizer beside it.
#   Scripts/fuzz.sh                     every reader, a minute each
#   Scripts/fuzz.sh 600 model picture   ten minutes each of these
# What it learns is kept in .build-fuzz/corpora, what it breaks in .build-fuzz/found.
set -eu
cd "$(dirname "$0")/.."

seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=${*:-$(ls Tests/FuzzTargets/Corpora)}
here=$PWD
# The fuzzer wants its own report; the backtracer would hold on to the dead process.
export LIKENESS_FUZZ=1 SWIFT_BACKTRACE=enable=no
swift build -c release --package-path Fuzz --scratch-path .build-fuzz --product Fuzz \
  -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library -Xcc -fsanitize=fuzzer-no-link,address >&2
mkdir -p .build-fuzz/found
failed=0
for target in $targets; do
  learned=.build-fuzz/corpora/$target
  mkdir -p "$learned"
  echo "== $target"
  LIKENESS_FUZZ_TARGET=$target ASAN_OPTIONS=detect_leaks=0 .build-fuzz/release/Fuzz \
    -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="$here/.build-fuzz/found/$target-" \
    "$learned" "Tests/FuzzTargets/Corpora/$target" || failed=1
done
exit $failed
