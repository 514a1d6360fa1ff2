"""Writes baselines.json: small data and what numpy and scipy say of their principal and discriminant directions.

    python make_baselines.py
"""
import json
import pathlib

import numpy as np
from scipy.linalg import eigh

random = np.random.default_rng(3)


def case(identities, images, features, components, dimension):
    labels = np.repeat(np.arange(identities), images)
    centres = random.normal(size=(identities, features))
    rows = (centres[labels] + random.normal(scale=0.7, size=(len(labels), features))).astype(np.float32)
    rows *= np.linspace(0.5, 2, features, dtype=np.float32)
    mean = rows.astype(np.float64).mean(0)
    _, values, directions = np.linalg.svd(rows - mean, full_matrices=False)
    principal = directions[:components]
    projected = (rows - mean) @ principal.T
    within = np.zeros((components, components))
    between = np.zeros((components, components))
    for identity in range(identities):
        group = projected[labels == identity]
        within += (group - group.mean(0)).T @ (group - group.mean(0))
        between += len(group) * np.outer(group.mean(0), group.mean(0))
    within += 1e-3 * np.trace(within) / components * np.eye(components)
    ratios, discriminants = eigh(between, within)
    fisher = (discriminants[:, ::-1][:, :dimension]).T @ principal
    return {
        "features": features, "components": components, "dimension": dimension,
        "rows": rows.astype(float).ravel().tolist(), "labels": labels.tolist(), "mean": mean.tolist(),
        "variances": (values[:components] ** 2 / len(rows)).tolist(),
        "explained": (values[:components] ** 2 / (values ** 2).sum()).tolist(),
        "principal": principal.ravel().tolist(),
        "ratios": ratios[::-1][:dimension].tolist(), "fisher": fisher.ravel().tolist(),
    }


document = [case(5, 6, 8, 6, 4), case(4, 3, 20, 7, 3)]
path = pathlib.Path(__file__).with_name("baselines.json")
path.write_text(json.dumps(document) + "\n")
