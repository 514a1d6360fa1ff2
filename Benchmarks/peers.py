#!/usr/bin/env python3
"""One peer on one set, in a process of its own: a crash loses one line, and memory is its own.

  peers.py NAME SET [--build-threads 2] [--recall 0.9999]

Prints a JSON list of {"setting", "recall", "qps", "build_s", "bytes_per_vector"}, as `likeness bench --json` does.
All queries go in one call, on one thread; a setting's speed is the best of three passes. Bytes a vector are what
the process grew by. Graphs have degree 32 (M 16) and are built with a beam of 200.
"""

import argparse
import ctypes
import importlib
import importlib.util
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

K, M, EF_CONSTRUCTION = 10, 16, 200
EFS = [10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 400, 800, 1_600, 3_200]
ENOUGH = 0.9999


# A peer makes, from its module, the vectors and the threads to build with, a function that builds
# and one that answers queries with an ef.


def hnswlib(library, base, threads):
    index = library.Index("l2", base.shape[1])
    index.init_index(len(base), M=M, ef_construction=EF_CONSTRUCTION)

    def search(queries, ef):
        index.set_ef(ef)
        return index.knn_query(queries, k=K, num_threads=1)[0]

    return lambda: index.add_items(base, num_threads=threads), search


def faiss_hnsw(library, base, threads):
    return faiss_index(library, library.IndexHNSWFlat(base.shape[1], M), base, threads)


def faiss_sq8(library, base, threads):
    index = library.IndexHNSWSQ(base.shape[1], library.ScalarQuantizer.QT_8bit, M)
    return faiss_index(library, index, base, threads, rerank=2)


def faiss_index(library, graph, base, threads, rerank=0):
    graph.hnsw.efConstruction = EF_CONSTRUCTION
    index = library.IndexRefineFlat(graph) if rerank else graph
    if rerank:
        index.k_factor = rerank

    def build():
        library.omp_set_num_threads(threads)
        index.train(base)
        index.add(base)
        library.omp_set_num_threads(1)

    def search(queries, ef):
        graph.hnsw.efSearch = ef
        return index.search(queries, K)[1]

    return build, search


def symphonyqg(library, base, threads):
    index = library.SymqgIndex(base.shape[1], 2 * M, "l2")

    def search(queries, ef):
        return index.search_batch(queries, K, ef, 1)[0]

    return lambda: index.build(base, EF_CONSTRUCTION, threads), search


def svs(library, base, threads):
    parameters = library.VamanaBuildParameters(graph_max_degree=2 * M, window_size=EF_CONSTRUCTION, alpha=1.2)
    built = []

    def build():
        built.append(library.Vamana.build(parameters, base, library.DistanceType.L2, num_threads=threads))
        built[0].num_threads = 1

    def search(queries, ef):
        built[0].search_window_size = ef
        return built[0].search(queries, K)[0]

    return build, search


def glass(library, base, threads):
    if not hasattr(library, "Searcher"):
        raise ImportError("the module glass is something else; give the source of pyglass as GLASS")
    built = []

    def build():
        library.set_num_threads(threads)
        with tempfile.TemporaryDirectory() as folder:
            library.Index("HNSW", "L2", "FP32", 2 * M, EF_CONSTRUCTION).build(base).save(f"{folder}/graph")
            graph = library.Graph(f"{folder}/graph", "glass")
            built.append(library.Searcher(graph, base, "L2", "SQ8U", "FP32"))
        built[0].optimize(1)

    def search(queries, ef):
        built[0].set_ef(ef)
        return built[0].batch_search(queries, K, 1)[0]

    return build, search


# The name in tables, the module, the package that has it, the peer.
PEERS = {
    "hnswlib": ("hnswlib", "hnswlib", hnswlib),
    "faiss": ("faiss", "faiss-cpu", faiss_hnsw),
    "faiss SQ8": ("faiss", "faiss-cpu", faiss_sq8),
    "SVS": ("svs", "scalable-vs", svs),
    "SymphonyQG": ("rabitqlib", "rabitqlib", symphonyqg),
    "glass": ("glass", "glass", glass),
}


def resident():
    """Bytes of memory in use after what is free went back to the system; None where that is not told."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    except (OSError, AttributeError):
        return None


def measure(name, folder, threads, enough=ENOUGH):
    module, _, peer = PEERS[name]
    library = importlib.import_module(module)
    import vectors

    base, queries = vectors.read(f"{folder}/base.fvecs"), vectors.read(f"{folder}/queries.fvecs")
    truth = vectors.read(f"{folder}/neighbors.ivecs", "<i4")
    before = resident()
    build, search = peer(library, base, threads)
    start = time.perf_counter()
    build()
    built = {"build_s": time.perf_counter() - start}
    if before is not None:
        built["bytes_per_vector"] = round((resident() - before) / len(base))
    return sweep(lambda ef: search(queries, ef), len(queries), truth, enough, built)


def sweep(search, count, truth, enough, also, efs=EFS):
    """Recall and speed at each ef until recall is enough."""
    import vectors

    points = []
    for ef in efs:
        seconds, share = float("inf"), 0
        for _ in range(3):
            start, worked = time.perf_counter(), time.process_time()
            found = search(ef)
            passed = time.perf_counter() - start
            share = max(share, (time.process_time() - worked) / passed) if passed > 0.05 else share
            seconds = min(seconds, passed)
        if share > 1.3:
            raise RuntimeError(f"searches on {share:.1f} threads, not one")
        points.append({"setting": ef, "recall": vectors.recall(found, truth, K), "qps": count / seconds, **also})
        if points[-1]["recall"] >= enough:
            break
    return points


class Failed(Exception):
    """Why a command gave no points."""


def output(command):
    """What a command prints; its failure in a line."""
    run = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode < 0:
        raise Failed(f"was ended by signal {-run.returncode}")
    if run.returncode:
        lines = run.stderr.strip().splitlines() or [f"ended with {run.returncode}"]
        raise Failed(next((line for line in lines if line.lower().startswith("error")), lines[-1]))
    return run.stdout


def points_of(words):
    """The points a command printed as a JSON list."""
    try:
        points = json.loads(words)
    except ValueError:
        raise Failed("printed no JSON") from None
    if not points:
        raise Failed("printed no points")
    return points


def missing(name):
    """Why a peer's library is not there, or nothing."""
    module, package, _ = PEERS[name]
    return "" if importlib.util.find_spec(module) else f"{package} is not installed"


def run_peer(name, folder, threads, enough=ENOUGH):
    if missing(name):
        raise Failed(missing(name))
    here = pathlib.Path(__file__).resolve()
    return points_of(output([sys.executable, here, name, folder, "--build-threads", threads, "--recall", enough]))


def run_ours(command, flags, folder, threads, truth=None):
    files = ["--base", f"{folder}/base.fvecs", "--queries", f"{folder}/queries.fvecs"]
    files += ["--truth", truth or f"{folder}/neighbors.ivecs"]
    flags = shlex.split(flags) if isinstance(flags, str) else flags
    return points_of(output([command, "bench", *files, "-k", K, "--threads", threads, "--sweep", "--json", *flags]))


def at(points, level):
    """Queries a second at a recall: between the two points around it, as powers. NaN where the recall is not
    reached."""
    points = sorted((p["recall"], p["qps"]) for p in points)
    for i, (recall, speed) in enumerate(points):
        if recall >= level:
            best = max(s for r, s in points if r >= level)
            if i and points[i - 1][0] < level < recall:
                share = (level - points[i - 1][0]) / (recall - points[i - 1][0])
                best = max(best, points[i - 1][1] ** (1 - share) * speed**share)
            return best
    return float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("set")
    parser.add_argument("--build-threads", type=int, default=2)
    parser.add_argument("--recall", type=float, default=ENOUGH)
    options = parser.parse_args()
    points = measure(options.name, options.set, options.build_threads, options.recall)
    # What libraries print goes to stderr; the list is all there is on stdout.
    os.write(STDOUT, (json.dumps(points) + "\n").encode())


if __name__ == "__main__":
    STDOUT = os.dup(1)
    os.dup2(2, 1)
    main()
