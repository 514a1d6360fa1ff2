#!/usr/bin/env python3
"""Searches of which only some vectors are allowed: recall and queries a second at falling shares of allowed vectors.

  filters.py LIKENESS [--sets easy100k128] [--hnswlib COMMAND] [--build-threads 2] [--name NAME-filters]
             [--results FOLDER] [--shares "0.5 0.1 0.01 0.001 0.0001"] [--queries 500] [--rounds 3]
             [--ours NAME=FLAGS]...

Which are allowed is said by a rule that every peer can follow: the row i is, if splitmix64(i XOR seed), its upper
53 bits as a fraction of 1, is below the share. splitmix64 is the first output of that generator (Steele, Lea, Flood
2014) from a state:

  z = state + 0x9E3779B97F4A7C15
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
  z = (z ^ z >> 27) * 0x94D049BB133111EB
  z ^ z >> 31

Ours is asked by `likeness bench … --selectivity SHARE --filter-seed SEED` for the queries and the truth given, and prints
the list `--json` always prints. The truth has the ten nearest allowed, -1 where fewer exist; recall counts those
that exist.

Beside ours: hnswlib with a filter in C++ (filters/hnswlib.cpp, as --hnswlib) and with one in Python, which costs
more than the search; faiss HNSW with IDSelectorBitmap; faiss, an exact scan of the allowed.
"""

import argparse
import json
import math
import os
import pathlib
import statistics
import sys
import tempfile
import time

import numpy as np

import compare
import make_set
import peers
import plot
import report
import vectors

SEED = 20_240_607
LEVEL = 0.95
IN_PYTHON = 50  # queries for the filter in Python


def allowed_rows(count, share, seed=SEED):
    """Which rows are allowed."""
    with np.errstate(over="ignore"):
        z = (np.arange(count, dtype=np.uint64) ^ np.uint64(seed)) + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z = z ^ z >> np.uint64(31)
    return (z >> np.uint64(11)).astype("f8") * 2.0**-53 < share


class Task:
    """A set with its queries, and for each share the allowed rows and the true answers, in files."""

    def __init__(self, origin, folder, shares, queries):
        self.folder = pathlib.Path(folder)
        self.base = vectors.read(origin / "base.fvecs")
        self.queries = vectors.read(origin / "queries.fvecs")[:queries]
        os.symlink(origin.resolve() / "base.fvecs", self.folder / "base.fvecs")
        vectors.write(self.folder / "queries.fvecs", self.queries)
        self.shares = []
        for share in shares:
            allowed = allowed_rows(len(self.base), share)
            if not allowed.any():
                continue
            self.shares.append((share, int(allowed.sum())))
            np.packbits(allowed, bitorder="little").tofile(self.allowed(share))
            vectors.write(self.truth(share), vectors.exact(self.base, self.queries, peers.K, allowed))

    def allowed(self, share):
        return self.folder / f"allowed-{share:g}.bits"

    def truth(self, share):
        return self.folder / f"truth-{share:g}.ivecs"


# In a process of its own each: a peer and a folder of a task; prints a line a share.


def shares_of(folder, names):
    base, queries = vectors.read(f"{folder}/base.fvecs"), vectors.read(f"{folder}/queries.fvecs")
    found = []
    for name in names:
        bits = np.fromfile(f"{folder}/allowed-{name}.bits", np.uint8)
        found.append((bits, vectors.read(f"{folder}/truth-{name}.ivecs", "<i4")))
    return base, queries, found


def hnswlib_python(folder, threads, names):
    import hnswlib

    base, queries, shares = shares_of(folder, names)
    index = hnswlib.Index("l2", base.shape[1])
    index.init_index(len(base), M=peers.M, ef_construction=peers.EF_CONSTRUCTION)
    start = time.perf_counter()
    index.add_items(base, num_threads=threads)
    also = {"build_s": time.perf_counter() - start}
    for bits, truth in shares:
        allowed = np.unpackbits(bits, bitorder="little").astype(bool).tolist()

        def search(ef):
            index.set_ef(ef)
            # It refuses to answer with fewer than k; here there may be fewer.
            k = min(peers.K, int((truth[0] >= 0).sum()))
            return index.knn_query(queries[:IN_PYTHON], k=k, num_threads=1, filter=allowed.__getitem__)[0]

        yield peers.sweep(search, IN_PYTHON, truth[:IN_PYTHON], LEVEL, also)


def faiss_hnsw(folder, threads, names):
    import faiss

    base, queries, shares = shares_of(folder, names)
    index = faiss.IndexHNSWFlat(base.shape[1], peers.M)
    build, _ = peers.faiss_index(faiss, index, base, threads)
    start = time.perf_counter()
    build()
    also = {"build_s": time.perf_counter() - start}
    for bits, truth in shares:
        selector = faiss.IDSelectorBitmap(bits)

        def search(ef):
            return index.search(queries, peers.K, params=faiss.SearchParametersHNSW(sel=selector, efSearch=ef))[1]

        yield peers.sweep(search, len(queries), truth, peers.ENOUGH, also)


def faiss_scan(folder, threads, names):
    import faiss

    base, queries, shares = shares_of(folder, names)
    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(base.shape[1])
    index.add(base)
    for bits, truth in shares:
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))

        def search(_):
            return index.search(queries, peers.K, params=parameters)[1]

        yield peers.sweep(search, len(queries), truth, 0, {"build_s": 0}, efs=[0])


WORKERS = {
    "hnswlib, filter in Python": ("hnswlib", hnswlib_python),
    "faiss, IDSelectorBitmap": ("faiss", faiss_hnsw),
    "faiss, exact scan": ("faiss", faiss_scan),
}


def lines_of(command):
    """A list of points a share."""
    return [peers.points_of(line) for line in peers.output(command).splitlines()]


def measure(task, options, ours, say):
    """Points by name and share, round by round; and why some are left out."""
    here = pathlib.Path(__file__).resolve()
    names = [f"{share:g}" for share, _ in task.shares]
    runs, left_out = {}, {}

    def native():
        files = [file for share, _ in task.shares for file in (task.allowed(share), task.truth(share))]
        return lines_of([options.hnswlib, task.folder, options.build_threads, *files])

    def worker(name):
        library = WORKERS[name][0]
        if peers.missing(library):
            raise peers.Failed(peers.missing(library))
        return lines_of([sys.executable, here, "--worker", name, task.folder, options.build_threads, *names])

    def mine(flags):
        answers = []
        for share, _ in task.shares:
            asked = [*flags.split(), "--selectivity", f"{share:g}", "--filter-seed", str(SEED)]
            answers.append(
                peers.run_ours(options.likeness, asked, task.folder, options.build_threads, task.truth(share))
            )
        return answers

    field = {"hnswlib, filter in C++": native} if options.hnswlib else {}
    for name in WORKERS:
        field[name] = lambda name=name: worker(name)
    for name, flags in ours.items():
        field[name] = lambda flags=flags: mine(flags)
    for turn in range(options.rounds):
        for name in list(field) if turn % 2 == 0 else list(field)[::-1]:
            if name in left_out:
                continue
            say(f"round {turn + 1} of {options.rounds}: {name}")
            try:
                for (share, _), points in zip(task.shares, field[name](), strict=True):
                    runs.setdefault(name, {}).setdefault(share, []).append(points)
            except (peers.Failed, OSError) as reason:
                left_out[name] = str(reason)
                runs.pop(name, None)
                say(f"  left out: {reason}")
    if not options.hnswlib:
        left_out["hnswlib, filter in C++"] = "no command was given (run.sh compiles it where there is g++)"
    return {name: runs[name] for name in field if name in runs}, left_out


def cell(runs):
    """The speed at the level; where that was never reached, the best recall and its speed."""
    reached = compare.speed(runs, LEVEL)
    if not math.isnan(reached):
        best = statistics.median(max(p["recall"] for p in points) for points in runs)
        return f"{reached:,.0f} (to {best:.3f})"
    best = [max(points, key=lambda p: (p["recall"], p["qps"])) for points in runs]
    return f"– ({statistics.median(p['recall'] for p in best):.3f} at {statistics.median(p['qps'] for p in best):,.0f})"


def against(runs, name, others, share):
    """Our speed divided by the fastest of the others that reach the recall, and which that is."""
    speeds = {other: compare.speed(runs[other][share], LEVEL) for other in others}
    speeds = {other: speed for other, speed in speeds.items() if not math.isnan(speed)}
    best = max(speeds, key=speeds.get, default=None)
    if best is None:
        return "–"
    return f"{report.ratio(compare.speed(runs[name][share], LEVEL), speeds[best])} ({best.split(',')[0]})"


def percent(share):
    return f"{100 * share:g} %"


def tables(runs, left_out, task, ours):
    head = ["", *(f"{percent(share)} ({count:,})" for share, count in task.shares)]
    rows = []
    for name, shares in runs.items():
        rows.append([f"**{name}**" if name in ours else name, *(cell(shares[share]) for share, _ in task.shares)])
    graphs = [name for name in runs if name not in ours and name != "faiss, exact scan"]
    for name in (name for name in ours if name in runs):
        for words, others in (("the best graph", graphs), ("an exact scan", ["faiss, exact scan"])):
            others = [other for other in others if other in runs]
            rows.append([f"{name} ÷ {words}", *(against(runs, name, others, share) for share, _ in task.shares)])
    out = report.table(head, rows)
    return out + [f"Left out: {name}: {reason}  " for name, reason in left_out.items()] + [""]


def picture(runs, task, about, ours, title):
    lines = {}
    for name, shares in runs.items():
        points = [(share, compare.speed(shares[share], LEVEL)) for share, _ in task.shares]
        lines[name.replace("filter in ", "").replace("IDSelectorBitmap", "graph")] = sorted(
            (share, speed) for share, speed in points if not math.isnan(speed)
        )
    panels = [{"title": "queries a second at recall .95", "lines": lines, "mark": percent}]
    return plot.growth(panels, about, ours, f"With a filter, {title}", "one thread; higher is better", "share allowed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("likeness")
    parser.add_argument("--sets", default="easy100k128")
    parser.add_argument("--hnswlib")
    parser.add_argument("--build-threads", type=int, default=2)
    parser.add_argument("--name")
    parser.add_argument("--results", type=pathlib.Path, default=report.HERE / "results")
    parser.add_argument("--shares", default="0.5 0.1 0.01 0.001 0.0001")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ours", action="append", default=[])
    options = parser.parse_args()
    about = {**report.machine(), "k": peers.K}
    name = options.name or f"{about['date']}-filters"
    options.results.mkdir(parents=True, exist_ok=True)
    ours = compare.variants(options.ours)
    how = (
        f"Queries a second on one thread at recall@{peers.K} {LEVEL:g} among the allowed, and in brackets the highest "
        f"recall of the sweep; or, after a dash, the highest recall and its speed where {LEVEL:g} was not reached. In "
        f"the head the share allowed and how many that are. {report.rounds(options.rounds)}. hnswlib's filter in Python "
        f"is called once a vector, and the calls cost as much as the search or more; it is measured on {IN_PYTHON} "
        "queries and no further than that recall. The one in C++ is hnswlib's own speed."
    )
    body = report.opening("Searching with a filter", about, how)
    for title in options.sets.split():
        try:
            origin = make_set.make(report.HERE / "sets" / title)
        except make_set.LeftOut as reason:
            body += [f"{title}: left out, {reason}", ""]
            continue
        with tempfile.TemporaryDirectory() as folder:
            task = Task(origin, folder, [float(share) for share in options.shares.split()], options.queries)
            runs, left_out = measure(task, options, ours, lambda words: compare.say(f"{title}: {words}"))
        count, dimension = task.base.shape
        body += [f"## {count:,} × {dimension} ({title})", ""] + tables(runs, left_out, task, ours)
        found = picture(runs, task, about, list(ours), f"{count:,} × {dimension}")
        (options.results / f"{name}-{title}.svg").write_text(found)
        body += [f"![queries a second with a filter]({name}-{title}.svg)", ""]
        (options.results / f"{name}.md").write_text("\n".join(body))
    print("\n".join(body))
    compare.say(f"written to {options.results / name}.md")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        stdout = os.dup(1)
        os.dup2(2, 1)
        for points in WORKERS[sys.argv[2]][1](sys.argv[3], int(sys.argv[4]), sys.argv[5:]):
            os.write(stdout, (json.dumps(points) + "\n").encode())
    else:
        main()
