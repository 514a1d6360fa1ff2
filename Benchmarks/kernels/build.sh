#!/bin/sh
# Builds the comparison of kernels: ours with clang, as SwiftPM does, hnswlib's with g++ -O3 -march=native.
#   build.sh HNSWLIB_HEADERS OUT
set -eu
headers=$1
out=$2
here=$(cd "$(dirname "$0")" && pwd)
ours=$here/../../Sources/CKernels
mkdir -p "$out"
for source in baseline avx2 avx512 neon dispatch; do
  clang -O2 -I "$ours/include" -I "$ours" -c "$ours/$source.c" -o "$out/$source.o"
done
g++ -O3 -march=native -std=c++17 -w -I "$headers" -I "$ours/include" "$here/kernels.cpp" "$out"/*.o -o "$out/kernels"
