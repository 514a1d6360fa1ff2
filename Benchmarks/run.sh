#!/bin/sh
# Measures the index beside its peers and writes tables and pictures to results/; README.md says what and how long.
#   Benchmarks/run.sh              every set, three rounds, and the kernels
#   Benchmarks/run.sh quick        the smallest set, one round
#   Benchmarks/run.sh scale        10 thousand, 100 thousand and 1 million vectors
#   Benchmarks/run.sh filters      searches of which few vectors are allowed
# Variables, all optional:
#   LIKENESS       a command that is built already
#   SETS           which sets, "easy100k128 digits"
#   ROUNDS         how often each takes its turn
#   SIZES          of scale, "10k 100k 1m"
#   PEERS          which of them, "hnswlib,SymphonyQG"
#   BUILD_THREADS  to build with (2)
#   OURS           ways of ours to measure, "likeness=;compact=--compact"
#   NAME, RESULTS  of the files (the date) and their folder (results/)
#   MNIST          a folder with the IDX files of MNIST, for the set digits
#   EMBEDDINGS     a matrix, .npy, for the set embeddings
#   GLASS          the source of pyglass, to build it as a peer
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mode=${1:-all}
case $mode in
all | quick | scale | filters) ;;
*)
  echo "usage: Benchmarks/run.sh [quick | scale | filters]" >&2
  exit 64
  ;;
esac

likeness=${LIKENESS:-}
if [ -z "$likeness" ]; then
  swift build -c release --package-path "$here/.." --product likeness
  likeness=$(swift build -c release --package-path "$here/.." --show-bin-path)/likeness
fi

venv=$here/.venv
python=$venv/bin/python
[ -x "$python" ] || python3 -m venv "$venv"
# Once each; a peer that does not install here is left out of the report. Remove the venv to try again.
install() {
  mark=$venv/tried-$1
  shift
  [ -e "$mark" ] && return
  "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" || echo "does not install here: $*" >&2
  touch "$mark"
}
install numpy numpy setuptools wheel pybind11
"$python" -c 'import numpy'
install hnswlib hnswlib==0.8.0
install faiss faiss-cpu
install rabitqlib rabitqlib
install svs scalable-vs
if [ -n "${GLASS:-}" ]; then
  glass=$GLASS
  if [ -d "$glass/python" ]; then glass=$glass/python; fi
  install glass --no-build-isolation "$glass"
fi

# hnswlib's headers, for what is measured without Python around it.
headers=$venv/hnswlib-0.8.0
native=$venv/native
compiled() {
  command -v g++ >/dev/null || return 1
  if [ ! -d "$headers" ]; then
    "$venv/bin/pip" download --quiet --disable-pip-version-check --no-binary :all: --no-deps --no-build-isolation \
      -d "$venv" hnswlib==0.8.0 || return 1
    tar xzf "$venv/hnswlib-0.8.0.tar.gz" -C "$venv"
  fi
  mkdir -p "$native"
}

name=${NAME:-$(date +%Y-%m-%d)}
results=${RESULTS:-$here/results}
rounds=${ROUNDS:-3}
sets=${SETS:-easy100k128 easy200k256 hard40k256 hard80k384 easy50k768 flat50k256 digits embeddings}
if [ "$mode" = quick ]; then
  rounds=${ROUNDS:-1}
  sets=${SETS:-easy20k128}
  name=${NAME:-$name-quick}
fi
set -- "$likeness" --results "$results" --build-threads "${BUILD_THREADS:-2}" --ours "${OURS:-}"
case $mode in
scale)
  nice "$python" "$here/scale.py" "$@" --rounds "${ROUNDS:-1}" --name "$name-scale" ${SIZES:+--sizes "$SIZES"}
  ;;
filters)
  filtered=$native/hnswlib-filtered
  if compiled && g++ -O3 -march=native -std=c++17 -w -I "$headers" "$here/filters/hnswlib.cpp" -o "$filtered"; then
    set -- "$@" --hnswlib "$filtered"
  fi
  nice "$python" "$here/filters.py" "$@" --rounds "$rounds" --name "$name-filters" --sets "${SETS:-easy100k128}"
  ;;
*)
  nice "$python" "$here/compare.py" "$@" ${PEERS:+--only "$PEERS"} --rounds "$rounds" --name "$name" --sets "$sets"
  if command -v clang >/dev/null && compiled && "$here/kernels/build.sh" "$headers" "$native"; then
    {
      echo "## Kernels"
      echo
      echo '```'
      nice "$native/kernels"
      echo '```'
    } | tee -a "$results/$name.md"
  fi
  ;;
esac
