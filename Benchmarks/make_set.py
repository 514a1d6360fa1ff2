#!/usr/bin/env python3
"""A set of vectors like those of embedders: identities on a curved manifold, several noisy members each.

  make_set.py OUT --count 100000 --dimension 128 [--intrinsic 24] [--spread 0.35] [--seed 7]

Writes OUT/base.fvecs, OUT/queries.fvecs (further members) and OUT/neighbors.ivecs (the 100 nearest by exact search).
"""
import argparse
import pathlib

import numpy as np


def write(path, rows):
    """fvecs or ivecs: each row after its length."""
    count, width = rows.shape
    out = np.empty((count, width + 1), "<i4")
    out[:, 0] = width
    out[:, 1:] = np.ascontiguousarray(rows).view("<i4")
    out.tofile(path)


def exact(base, queries, k):
    lengths = (base.astype("f8") ** 2).sum(1)
    answers = []
    for block in np.array_split(queries, max(1, len(queries) // 100)):
        distances = lengths - 2 * (block.astype("f8") @ base.T.astype("f8"))
        nearest = np.argpartition(distances, k, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distances, nearest, 1), axis=1)
        answers.append(np.take_along_axis(nearest, order, 1))
    return np.concatenate(answers).astype("<i4")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--identities", type=int, default=10_000)
    parser.add_argument("--intrinsic", type=int, default=24)
    parser.add_argument("--spread", type=float, default=0.35)
    parser.add_argument("--queries", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    z, hidden = options.intrinsic, 4 * options.intrinsic
    inner = random.standard_normal((z, hidden)) / z**0.5
    outer = random.standard_normal((hidden, options.dimension)) / hidden**0.5
    centres = random.standard_normal((options.identities, z))
    popularity = (1.0 + np.arange(options.identities)) ** -0.5

    def members(count):
        who = random.choice(options.identities, count, p=popularity / popularity.sum())
        place = centres[who] + options.spread * random.standard_normal((count, z))
        x = np.tanh(place @ inner) @ outer + 0.02 * random.standard_normal((count, options.dimension))
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype("<f4")

    base, queries = members(options.count), members(options.queries)
    options.out.mkdir(parents=True, exist_ok=True)
    write(options.out / "base.fvecs", base)
    write(options.out / "queries.fvecs", queries)
    write(options.out / "neighbors.ivecs", exact(base, queries, 100))


main()
