#!/usr/bin/env python3
"""Makes a set of vectors with exact answers, named by what it holds.

  make_set.py FOLDER/NAME [--intrinsic 24] [--spread 0.35] [--identities 10000] [--queries 2000] [--seed 7]

  easy100k128    like the vectors of an embedder: identities on a curved manifold of 24 dimensions, noisy members each
  hard40k256     the same with 48 dimensions and a spread of 0.9
  flat50k256     isotropic Gaussian, length 1: no structure to use
  clusters60k32  100 centres, uniform in -10...10 in every coordinate, and deviation 1 around them
  groups40k128   2,000 centres in random directions, and members around each, not scaled; --identities, --spread (0.02 of
                 the centres' length)
  contrast60k64  a brightness of -100...100 and noise of a deviation from less than .1 to more than 10: not scaled
  digits         the pixels of the IDX files (gzip) in the folder $MNIST, 1,000 of them as queries
  embeddings     the rows of the matrix $EMBEDDINGS, .npy, 1,000 of them as queries

Counts and dimensions are free; without k or m an x is between them: easy500x32. A set that is there already is kept.
"""

import argparse
import gzip
import os
import pathlib
import re

import numpy as np

import vectors

ANSWERS = 100
REAL_QUERIES = 1_000
# The sets that are not made up, and the variables that say what they are made of.
REAL = {"digits": "MNIST", "embeddings": "EMBEDDINGS"}


class LeftOut(Exception):
    """Why a set cannot be made here."""


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("<f4")


def manifold(count, dimension, queries, identities=10_000, intrinsic=24, spread=0.35, seed=7):
    """Popular identities have more members; queries are further members of the same identities."""
    random = np.random.default_rng(seed)
    hidden = 4 * intrinsic
    inner = random.standard_normal((intrinsic, hidden)) / intrinsic**0.5
    outer = random.standard_normal((hidden, dimension)) / hidden**0.5
    centres = random.standard_normal((identities, intrinsic))
    popularity = (1.0 + np.arange(identities)) ** -0.5
    popularity /= popularity.sum()

    def members(count):
        parts = []
        for part in (min(250_000, count - start) for start in range(0, count, 250_000)):
            who = random.choice(identities, part, p=popularity)
            place = centres[who] + spread * random.standard_normal((part, intrinsic))
            parts.append(unit(np.tanh(place @ inner) @ outer + 0.02 * random.standard_normal((part, dimension))))
        return np.concatenate(parts)

    base = members(count)
    return base, members(queries)


def flat(count, dimension, queries, seed=7):
    random = np.random.default_rng(seed)
    return unit(random.standard_normal((count, dimension))), unit(random.standard_normal((queries, dimension)))


def clusters(count, dimension, queries, seed=7, identities=100, spread=1.0):
    random = np.random.default_rng(seed)
    centres = random.uniform(-10, 10, (identities, dimension))
    rows = centres[random.integers(0, identities, count + queries)]
    rows = (rows + spread * random.standard_normal(rows.shape)).astype("<f4")
    return rows[:count], rows[count:]


def groups(count, dimension, queries, seed=7, identities=2_000, spread=0.02):
    random = np.random.default_rng(seed)
    centres = random.standard_normal((identities, dimension)) / dimension**0.5
    rows = centres[random.integers(0, identities, count + queries)]
    rows = (rows + spread / dimension**0.5 * random.standard_normal(rows.shape)).astype("<f4")
    return rows[:count], rows[count:]


def contrast(count, dimension, queries, seed=7):
    random = np.random.default_rng(seed)
    n = count + queries
    noise = np.exp(1.2 * random.standard_normal((n, 1))) * random.standard_normal((n, dimension))
    rows = (random.uniform(-100, 100, (n, 1)) + noise).astype("<f4")
    return rows[:count], rows[count:]


def split(rows, seed=7):
    """Some of the rows as queries, which the base then lacks."""
    if len(rows) < 2 * ANSWERS:
        raise LeftOut(f"has {len(rows)} rows, {2 * ANSWERS} are the least")
    queries = min(REAL_QUERIES, len(rows) // 10)
    order = np.random.default_rng(seed).permutation(len(rows))
    return rows[order[queries:]], rows[order[:queries]]


def digits():
    folder = pathlib.Path(os.environ.get("MNIST") or "/nowhere")
    files = sorted(folder.glob("*images*idx3-ubyte.gz"))
    if not files:
        raise LeftOut("MNIST names no folder with *images-idx3-ubyte.gz")
    images = []
    for file in files:
        raw = gzip.decompress(file.read_bytes())
        magic, count, height, width = np.frombuffer(raw, ">i4", 4)
        if magic != 2051:
            raise LeftOut(f"{file.name} is no IDX file of images")
        images.append(np.frombuffer(raw, np.uint8, offset=16).reshape(count, height * width))
    return split(np.concatenate(images).astype("<f4"))


def embeddings():
    path = os.environ.get("EMBEDDINGS")
    if not path:
        raise LeftOut("EMBEDDINGS names no .npy matrix")
    try:
        rows = np.load(path, mmap_mode="r")
    except (OSError, ValueError) as reason:
        raise LeftOut(f"EMBEDDINGS cannot be read: {reason}") from None
    if rows.ndim != 2:
        raise LeftOut(f"EMBEDDINGS has {rows.ndim} axes, a matrix has two")
    rows = np.ascontiguousarray(rows, "<f4")
    if not np.isfinite(rows).all():
        raise LeftOut("EMBEDDINGS has values that are no numbers")
    return split(rows)


def generate(name, options):
    if name in REAL:
        return digits() if name == "digits" else embeddings()
    match = re.fullmatch(r"(easy|hard|flat|clusters|groups|contrast)(\d+)([km]?)x?(\d+)", name)
    if not match or not match[3] and "x" not in name:
        raise LeftOut("a set is called easy100k128, hard40k256, flat50k256, clusters60k32, groups40k128, contrast60k64, easy500x32, digits or embeddings")
    kind, count, dimension = match[1], int(match[2]) * {"": 1, "k": 1_000, "m": 1_000_000}[match[3]], int(match[4])
    options = {"queries": 2_000, **{k: v for k, v in options.items() if v is not None}}
    if kind == "flat":
        return flat(count, dimension, options["queries"], options.get("seed", 7))
    if kind in ("clusters", "groups"):
        given = {k: v for k, v in options.items() if k in ("seed", "identities", "spread")}
        return (clusters if kind == "clusters" else groups)(count, dimension, options["queries"], **given)
    if kind == "contrast":
        return contrast(count, dimension, options["queries"], options.get("seed", 7))
    if kind == "hard":
        options = {"intrinsic": 48, "spread": 0.9, **options}
    return manifold(count, dimension, **options)


def make(folder, **options):
    """Makes the set unless it is there; says why it cannot with `LeftOut`."""
    folder = pathlib.Path(folder)
    origin = folder / "origin.txt"
    file = os.environ.get(REAL.get(folder.name, ""))
    made_of = f"{os.path.abspath(file)} {os.stat(file).st_mtime_ns}" if file and os.path.exists(file) else ""
    kept = (folder / "neighbors.ivecs").exists()
    if kept and (folder.name not in REAL or made_of and origin.exists() and origin.read_text() == made_of):
        return folder
    base, queries = generate(folder.name, options)
    folder.mkdir(parents=True, exist_ok=True)
    vectors.write(folder / "base.fvecs", base)
    vectors.write(folder / "queries.fvecs", queries)
    vectors.write(folder / "neighbors.ivecs", vectors.exact(base, queries, min(ANSWERS, len(base))))
    origin.write_text(made_of)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--identities", type=int)
    parser.add_argument("--intrinsic", type=int)
    parser.add_argument("--spread", type=float)
    parser.add_argument("--queries", type=int)
    parser.add_argument("--seed", type=int)
    options = vars(parser.parse_args())
    try:
        print(make(options.pop("out"), **options))
    except LeftOut as reason:
        raise SystemExit(f"{reason}")


if __name__ == "__main__":
    main()
