"""Sets of vectors on disk, and exact answers to their queries.

A set is a folder with base.fvecs, queries.fvecs and neighbors.ivecs (rows of the base, nearest first). In these
formats each row follows its length, a 32-bit integer.
"""

import numpy as np


def read(path, kind="<f4"):
    raw = np.fromfile(path, "<i4")
    return np.ascontiguousarray(raw.reshape(-1, raw[0] + 1)[:, 1:]).view(kind)


def write(path, rows):
    count, width = rows.shape
    out = np.empty((count, width + 1), "<i4")
    out[:, 0] = width
    out[:, 1:] = np.ascontiguousarray(rows).view("<i4")
    out.tofile(path)


def exact(base, queries, k, allowed=None):
    """The k nearest rows of each query by Euclidean distance, among the rows `allowed` if given; -1 where there are
    fewer.

    Candidates come from products in single precision, with a margin; their order from differences in double
    precision.
    """
    rows = np.arange(len(base)) if allowed is None else np.flatnonzero(allowed)
    width = min(k + 32, len(rows))
    answers = np.full((len(queries), k), -1, "<i4")
    if not width:
        return answers
    for first in range(0, len(queries), 256):
        block = queries[first : first + 256]
        ids = np.empty((len(block), 0), np.int64)
        distances = np.empty((len(block), 0), np.float32)
        for start in range(0, len(rows), 65_536):
            part = rows[start : start + 65_536]
            vectors = base[part]
            ids = np.hstack([ids, np.broadcast_to(part, (len(block), len(part)))])
            distances = np.hstack([distances, np.einsum("ij,ij->i", vectors, vectors) - 2 * (block @ vectors.T)])
            if ids.shape[1] > width:
                best = np.argpartition(distances, width - 1, axis=1)[:, :width]
                ids, distances = np.take_along_axis(ids, best, 1), np.take_along_axis(distances, best, 1)
        for query, candidates, answer in zip(block.astype("f8"), ids, answers[first : first + 256]):
            differences = base[candidates].astype("f8") - query
            order = np.lexsort((candidates, np.einsum("ij,ij->i", differences, differences)))[:k]
            answer[: len(order)] = candidates[order]
    return answers


def recall(found, truth, k):
    """The share of the k true answers that were found. Where fewer than k exist, those are all that is asked for."""
    right = wanted = 0
    for answer, true in zip(found.tolist(), truth[:, :k].tolist()):
        true = {row for row in true if row >= 0}
        wanted += len(true)
        right += len(true & set(answer[:k]))
    return right / max(1, wanted)
