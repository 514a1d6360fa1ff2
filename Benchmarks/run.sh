#!/bin/sh
# Measures the index beside hnswlib and faiss, and the kernels beside hnswlib's; writes a table to results/.
#   Benchmarks/run.sh [quick]        quick: the smallest set only, one round
#   SETS="easy20k128 hard40k256" Benchmarks/run.sh        some of the sets
set -eu
here=$(cd "$(dirname "$0")" && pwd)
likeness=${LIKENESS:-}
if [ -z "$likeness" ]; then
  swift build -c release --package-path "$here/.." --product likeness
  likeness=$(swift build -c release --package-path "$here/.." --show-bin-path)/likeness
fi

venv=$here/.venv
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet numpy hnswlib==0.8.0 faiss-cpu setuptools wheel pybind11
fi
python=$venv/bin/python

headers=$venv/hnswlib-0.8.0
if [ ! -d "$headers" ]; then
  "$venv/bin/pip" download --quiet --no-binary :all: --no-deps --no-build-isolation -d "$venv" hnswlib==0.8.0
  tar xzf "$venv/hnswlib-0.8.0.tar.gz" -C "$venv"
fi

rounds=3
sets=${SETS:-easy20k128 easy100k128 hard40k256 easy50k768}
if [ "${1:-}" = quick ]; then
  rounds=1
  sets=easy20k128
fi
make_set() {
  [ -f "$here/sets/$1/neighbors.ivecs" ] || "$python" "$here/make_set.py" "$here/sets/$@"
}
for set in $sets; do
  case $set in
  easy20k128) make_set $set --count 20000 --dimension 128 ;;
  easy100k128) make_set $set --count 100000 --dimension 128 ;;
  hard40k256) make_set $set --count 40000 --dimension 256 --intrinsic 48 --spread 0.9 ;;
  easy50k768) make_set $set --count 50000 --dimension 768 ;;
  esac
done

mkdir -p "$here/results"
results=$here/results/$(date +%Y-%m-%d).md
{
  echo "## $(date '+%Y-%m-%d')"
  echo
  echo "$(uname -sm), $( (lscpu 2>/dev/null || sysctl -n machdep.cpu.brand_string) | sed -n 's/^Model name: *//p' | head -1),"
  echo "$(getconf _NPROCESSORS_ONLN) cores, load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown);"
  echo "$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/Swift \1/p' | head -1),"
  "$venv/bin/pip" list 2>/dev/null | awk '/^(hnswlib|faiss-cpu|numpy) /{printf "%s %s%s", sep, $1, " " $2; sep = ","} END {print "."}'
  echo "recall@10, M 16, efConstruction 200, one thread for building and searching; median of $rounds rounds."
  echo
  for set in $sets; do nice "$python" "$here/compare.py" "$here/sets/$set" "$likeness" --rounds $rounds; done
  if command -v g++ >/dev/null && command -v clang >/dev/null; then
    "$here/kernels/build.sh" "$headers" "$venv/kernels"
    echo "### Kernels"
    echo
    echo '```'
    nice "$venv/kernels/kernels"
    echo '```'
  fi
} | tee "$results"
echo "written to $results" >&2
