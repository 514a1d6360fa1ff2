#!/usr/bin/env python3
"""How building, searching and memory grow with the number of vectors: ours beside hnswlib and faiss.

  scale.py LIKENESS [--sizes "10k 100k 1m"] [--rounds 1] [--build-threads 2] [--name NAME-scale] [--results FOLDER]
           [--ours NAME=FLAGS]...

Sets of 128 dimensions with ten members an identity, so that a larger set is more identities, not denser ones. The
growth of a cost is the slope b of its logarithm over that of the number of vectors: the cost goes with n to the
power of b. Writes NAME.md, NAME.json and NAME.svg, after every size.
"""

import argparse
import json
import math
import pathlib

import compare
import make_set
import peers
import plot
import report

DIMENSION, MEMBERS = 128, 10
FIELD = ["hnswlib", "faiss"]
COSTS = [("build", "build s"), ("at95", "µs a query at .95"), ("at99", "µs a query at .99")]


def number(size):
    """1m is a million."""
    factor = {"k": 1_000, "m": 1_000_000}.get(size[-1], 1)
    return int(size if factor == 1 else size[:-1]) * factor


def costs(runs):
    size = compare.middle(runs, "bytes_per_vector")
    return {
        "build": compare.middle(runs, "build_s"),
        "at95": 1e6 / compare.speed(runs, 0.95),
        "at99": 1e6 / compare.speed(runs, 0.99),
        "bytes": float("nan") if size is None else size,
    }


def slope(points):
    """The slope through the logarithms, by least squares."""
    points = [(math.log(n), math.log(cost)) for n, cost in points if cost > 0]
    if len(points) < 2:
        return float("nan")
    x, y = (sum(values) / len(points) for values in zip(*points))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def by_peer(found, key):
    """The cost of each peer as points over n."""
    lines = {}
    for n, all_costs in found:
        for name, cost in all_costs.items():
            if not math.isnan(cost[key]):
                lines.setdefault(name, []).append((n, cost[key]))
    return lines


def tables(found, ours):
    out = []
    for n, all_costs in found:
        reference = all_costs.get("hnswlib")
        rows = []
        for name, cost in all_costs.items():
            speeds = [1e6 / cost[key] for key in ("at95", "at99")]
            theirs = [1e6 / reference[key] for key in ("at95", "at99")] if reference else [None, None]
            rows.append(
                [
                    f"**{name}**" if name in ours else name,
                    report.seconds(cost["build"]),
                    report.whole(cost["bytes"]),
                    *(report.whole(speed) for speed in speeds),
                    report.ratio(reference["build"], cost["build"]) if reference else "–",
                    " / ".join(report.ratio(speed, other) for speed, other in zip(speeds, theirs)),
                ]
            )
        out += [f"## {n:,} × {DIMENSION}", ""]
        head = ["", "build s", "bytes a vector", "q/s at .95", "at .99", "build, × hnswlib's speed", "q/s × hnswlib"]
        out += report.table(head, rows)
    names = list(dict.fromkeys(name for _, all_costs in found for name in all_costs))
    if len(found) > 1:
        lines = {key: by_peer(found, key) for key, _ in COSTS}
        rows = []
        for name in names:
            slopes = [slope(lines[key].get(name, [])) for key, _ in COSTS]
            slopes = ["–" if math.isnan(b) else f"{b:.2f}" for b in slopes]
            rows.append([f"**{name}**" if name in ours else name, *slopes])
        out += ["## Growth", "", "The power of n each cost goes with:", ""]
        out += report.table(["", *(words for _, words in COSTS)], rows)
    return out


def picture(found, about, ours):
    panels = []
    for key, title in (("build", "build, seconds"), ("at99", "a query at recall .99, µs")):
        panels.append({"title": title, "lines": by_peer(found, key)})
    subtitle = f"{DIMENSION} dimensions, searching on one thread; lower is better"
    return plot.growth(panels, about, ours, "Cost against the number of vectors", subtitle, "vectors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("likeness")
    parser.add_argument("--sizes", default="10k 100k 1m")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--build-threads", type=int, default=2)
    parser.add_argument("--name")
    parser.add_argument("--results", type=pathlib.Path, default=report.HERE / "results")
    parser.add_argument("--ours", action="append", default=[])
    options = parser.parse_args()
    about = {**report.machine(), "k": peers.K}
    name = options.name or f"{about['date']}-scale"
    options.results.mkdir(parents=True, exist_ok=True)
    field = compare.Field(options.likeness, compare.variants(options.ours), FIELD)
    ours = list(field.ours)
    how = (
        f"recall@{peers.K} on one thread, M {peers.M}, efConstruction {peers.EF_CONSTRUCTION}, built on "
        f"{report.threads(options.build_threads)}, {MEMBERS} members an identity. {report.rounds(options.rounds)}."
    )
    head = report.opening("Growth", about, how) + [f"Left out: {reason}  " for reason in field.left_out]
    found = []
    for size in sorted(options.sizes.split(), key=number):
        n = number(size)
        folder = report.HERE / "sets" / "scale" / f"easy{size}{'' if size[-1] in 'km' else 'x'}{DIMENSION}"
        make_set.make(folder, identities=max(1, n // MEMBERS))
        runs, failed = field.rounds(folder, options.rounds, options.build_threads, enough=0.998)
        for peer, reason in failed.items():
            head.append(f"Left out at {n:,}: {peer}: {reason}  ")
        found.append((n, {peer: costs(r) for peer, r in runs.items()}))
        body = head + [""] * (head[-1] != "") + tables(found, ours)
        (options.results / f"{name}.svg").write_text(picture(found, about, ours))
        kept = {"about": about, "ours": ours, "sizes": found}
        (options.results / f"{name}.json").write_text(json.dumps(kept, separators=(",", ":")) + "\n")
        (options.results / f"{name}.md").write_text("\n".join(body + [f"![growth]({name}.svg)", ""]))
    print("\n".join(body))
    compare.say(f"written to {options.results / name}.md")


if __name__ == "__main__":
    main()
