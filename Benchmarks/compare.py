#!/usr/bin/env python3
"""Our index beside hnswlib and faiss on one set: build seconds, recall@10, queries a second on one thread.

  compare.py SET LIKENESS [--rounds 3]      LIKENESS is the built command

Each peer has a process of its own, and the peers take turns for `rounds` rounds, so that what else the machine does meets all
of them. hnswlib and faiss get all queries in one call, ours one a call. Prints a table in Markdown.
"""
import argparse
import json
import multiprocessing
import statistics
import subprocess
import time

import numpy as np

EFS = [10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 400, 800]
K, M, EF_CONSTRUCTION = 10, 16, 200


def read(path, kind="<f4"):
    raw = np.fromfile(path, "<i4")
    return np.ascontiguousarray(raw.reshape(-1, raw[0] + 1)[:, 1:]).view(kind)


def sweep(queries, truth, search):
    points = []
    for ef in EFS:
        best = np.inf
        for _ in range(3):
            start = time.perf_counter()
            found = search(ef)
            best = min(best, time.perf_counter() - start)
        right = sum(len(set(f[:K]) & set(t[:K])) for f, t in zip(found.tolist(), truth.tolist()))
        points.append((right / (K * len(queries)), len(queries) / best))
        if points[-1][0] >= 0.9999:
            break
    return points


def hnswlib(folder, _):
    import hnswlib as library

    base, queries = read(f"{folder}/base.fvecs"), read(f"{folder}/queries.fvecs")
    index = library.Index("l2", base.shape[1])
    index.init_index(len(base), M=M, ef_construction=EF_CONSTRUCTION)
    start = time.perf_counter()
    index.add_items(base, num_threads=1)
    seconds = time.perf_counter() - start

    def search(ef):
        index.set_ef(ef)
        return index.knn_query(queries, k=K, num_threads=1)[0]

    return seconds, sweep(queries, read(f"{folder}/neighbors.ivecs", "<i4"), search)


def faiss(folder, _):
    import faiss as library

    base, queries = read(f"{folder}/base.fvecs"), read(f"{folder}/queries.fvecs")
    library.omp_set_num_threads(1)
    index = library.IndexHNSWFlat(base.shape[1], M)
    index.hnsw.efConstruction = EF_CONSTRUCTION
    start = time.perf_counter()
    index.add(base)
    seconds = time.perf_counter() - start

    def search(ef):
        index.hnsw.efSearch = ef
        return index.search(queries, K)[1]

    return seconds, sweep(queries, read(f"{folder}/neighbors.ivecs", "<i4"), search)


def likeness(folder, command):
    arguments = ["--base", f"{folder}/base.fvecs", "--queries", f"{folder}/queries.fvecs"]
    arguments += ["--truth", f"{folder}/neighbors.ivecs", "--sweep", "--json"]
    answer = subprocess.run([command, "bench", *arguments], check=True, stdout=subprocess.PIPE).stdout
    points = json.loads(answer)
    return points[0]["build_s"], [(p["recall"], p["qps"]) for p in points]


def at(points, level):
    """Queries a second at a recall: between the two points around it, as powers."""
    points = sorted(points)
    for i, (recall, speed) in enumerate(points):
        if recall >= level:
            best = max(s for r, s in points if r >= level)
            if i and points[i - 1][0] < level < recall:
                share = (level - points[i - 1][0]) / (recall - points[i - 1][0])
                best = max(best, points[i - 1][1] ** (1 - share) * speed**share)
            return best
    return float("nan")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("set")
    parser.add_argument("likeness")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    peers = [hnswlib, faiss, likeness]
    rounds = {peer.__name__: [] for peer in peers}
    for _ in range(options.rounds):
        for peer in peers:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                rounds[peer.__name__].append(pool.apply(peer, (options.set, options.likeness)))
    count, dimension = read(f"{options.set}/base.fvecs").shape
    print(f"### {count:,} × {dimension} ({options.set.rstrip('/').split('/')[-1]})\n")
    print("| | build s | q/s at .95 | at .99 | at .999 | × hnswlib |\n|---|---|---|---|---|---|")
    levels = (0.95, 0.99, 0.999)
    reference = None
    for name, runs in rounds.items():
        speeds = [statistics.median(at(points, level) for _, points in runs) for level in levels]
        reference = reference or speeds
        ratios = " / ".join(f"{s / r:.2f}" for s, r in zip(speeds, reference))
        build = statistics.median(seconds for seconds, _ in runs)
        print(f"| {name} | {build:.1f} | " + " | ".join(f"{s:,.0f}" for s in speeds) + f" | {ratios} |")
    print()


if __name__ == "__main__":
    main()
