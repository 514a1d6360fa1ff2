"""Writes evaluation.json: embeddings and what the reference implementation of the protocol says of them.

    python make_evaluation.py PATH/TO/evaluate.py

Coordinates are multiples of 1/64 and distances are summed from differences, so that equal distances are equal in every
implementation: expanding the square leaves equal unit vectors about 1e-8 apart, and thresholds then tell them apart.
The columns that rest on random draws are means over many draws.
"""
import importlib.util
import json
import pathlib
import sys

import numpy as np

spec = importlib.util.spec_from_file_location("reference", sys.argv[1])
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

random = np.random.default_rng(7)
sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 12, 2]
labels = np.repeat(np.arange(len(sizes)) * 3 - 5, sizes)
centres = random.normal(size=(len(sizes), 6))
rows = np.concatenate([c + random.normal(scale=0.8, size=(n, 6)) for c, n in zip(centres, sizes)])
rows = np.round(rows * 8) / 64
order = random.permutation(len(rows))
rows, labels = rows[order], labels[order]
rows[10], rows[20] = rows[11], rows[21]

document = {"rows": rows.tolist(), "labels": labels.tolist(), "reports": {}}
for metric in ("euclidean", "cosine"):
    points = rows / np.linalg.norm(rows, axis=1, keepdims=True) if metric == "cosine" else rows
    distances = np.sqrt(((points[:, None] - points[None]) ** 2).sum(-1))
    document["reports"][metric] = reference.evaluate(distances, labels, draws=3000, boot=1000)
path = pathlib.Path(__file__).with_name("evaluation.json")
path.write_text(json.dumps(document) + "\n")
