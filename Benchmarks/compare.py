#!/usr/bin/env python3
"""Our index beside its peers, set by set: build seconds, bytes a vector, recall and queries a second on one thread.

  compare.py LIKENESS --sets "easy100k128 digits" [--rounds 3] [--build-threads 2] [--name NAME] [--results FOLDER]
             [--only hnswlib,SymphonyQG] [--ours NAME=FLAGS]...

LIKENESS is the built command; --ours measures further ways of it, each a name and the flags `likeness bench` gets
for it ("compact=--compact"), the first is `likeness=` where none is given. In each round every peer builds and
answers once in a process of its own, every other round in reverse order, so that what else the machine does meets
all of them; figures are medians over the rounds. A peer or a set that is not to be had here is left out, and the
report says so.

Writes NAME.md, NAME.json (the points), NAME-SET.svg and NAME.svg, after every set.
"""

import argparse
import json
import math
import pathlib
import shutil
import statistics
import sys
import tempfile

import make_set
import peers
import plot
import report
import vectors

LEVELS = (0.95, 0.99, 0.999)


def say(words):
    print(words, file=sys.stderr, flush=True)


def variants(given):
    """Names and flags of ours; `;` divides several in one."""
    found = {}
    for part in ";".join(given).split(";"):
        if part.strip():
            name, _, flags = part.partition("=")
            found[name.strip()] = flags.strip()
    return found or {"likeness": ""}


class Field:
    """Those that can be measured here."""

    def __init__(self, command, ours, only=None):
        self.command = command
        self.left_out = []
        self.ours, self.peers = {}, []
        with tempfile.TemporaryDirectory() as folder:
            tiny = make_set.make(pathlib.Path(folder) / "easy1k64", queries=50)
            for name, flags in ours.items():
                if self.works(name, lambda: peers.run_ours(command, flags, tiny, 1)):
                    self.ours[name] = flags
            for name in peers.PEERS:
                if only and name not in only:
                    continue
                if self.works(name, lambda: peers.run_peer(name, tiny, 1)):
                    self.peers.append(name)

    def works(self, name, attempt):
        try:
            attempt()
        except (peers.Failed, OSError) as reason:
            self.left_out.append(f"{name}: {reason}")
            say(f"left out: {name}: {reason}")
            return False
        return True

    def run(self, name, folder, threads, enough=peers.ENOUGH):
        if name in self.ours:
            return peers.run_ours(self.command, self.ours[name], folder, threads)
        return peers.run_peer(name, folder, threads, enough)

    def rounds(self, folder, count, threads, enough=peers.ENOUGH):
        """The points of each, round by round. Who fails on this set has none."""
        names = self.peers + list(self.ours)
        runs, failed = {name: [] for name in names}, {}
        for turn in range(count):
            for name in names if turn % 2 == 0 else names[::-1]:
                if name in failed:
                    continue
                say(f"{pathlib.Path(folder).name}: round {turn + 1} of {count}: {name}")
                try:
                    runs[name].append(self.run(name, folder, threads, enough))
                except peers.Failed as reason:
                    failed[name] = str(reason)
                    say(f"  {reason}")
        return {name: points for name, points in runs.items() if points and name not in failed}, failed


def speed(runs, level):
    """The median over the rounds of the speed at a recall. A round that did not reach it counts as none."""
    speeds = [peers.at(points, level) for points in runs]
    reached = [s for s in speeds if not math.isnan(s)]
    return statistics.median(reached) if 2 * len(reached) > len(speeds) else float("nan")


def middle(runs, key):
    values = [points[0].get(key) for points in runs]
    return statistics.median(values) if all(v is not None for v in values) else None


def line(runs):
    """Recall and speed at each setting, medians over the rounds that have it, without those that another beats in
    both."""
    settings = {}
    for point in (p for points in runs for p in points):
        settings.setdefault(point["setting"], []).append(point)
    kept = [points for points in settings.values() if 2 * len(points) > len(runs)]
    middles = [[statistics.median(p[key] for p in points) for key in ("recall", "qps")] for points in kept]
    best, line = 0, []
    for recall, qps in sorted(middles, reverse=True):
        if qps > best:
            best = qps
            line.insert(0, [recall, qps])
    return line


def ours_to_best(speeds, ours, name):
    """Ours divided by the best peer at each level, and which that is."""
    found = []
    for i, mine in enumerate(speeds[name]):
        theirs = {n: s[i] for n, s in speeds.items() if n not in ours and not math.isnan(s[i])}
        best = max(theirs, key=theirs.get, default=None)
        found.append((report.ratio(mine, theirs[best]) if best else "–", best))
    return found


def named(best):
    """The ratios, and after them the peer they are to; each with its own where it is not always the same."""
    if len({peer for _, peer in best}) == 1:
        return " / ".join(value for value, _ in best) + (f" ({best[0][1]})" if best[0][1] else "")
    return " / ".join(f"{value} ({peer})" if peer else value for value, peer in best)


def rows_of(runs, ours):
    speeds = {name: [speed(r, level) for level in LEVELS] for name, r in runs.items()}
    reference = speeds.get("hnswlib", [float("nan")] * len(LEVELS))
    rows = []
    for name, r in runs.items():
        mine = name in ours
        size = middle(r, "bytes_per_vector")
        best = ours_to_best(speeds, ours, name) if mine else []
        rows.append(
            [
                f"**{name}**" if mine else name,
                report.seconds(middle(r, "build_s")),
                report.whole(size),
                *(report.whole(s) for s in speeds[name]),
                " / ".join(report.ratio(s, h) for s, h in zip(speeds[name], reference)),
                named(best),
            ]
        )
    return rows, speeds


def build_ratio(runs, ours):
    """How many times faster than hnswlib ours builds."""
    if "hnswlib" not in runs:
        return ""
    theirs = middle(runs["hnswlib"], "build_s")
    parts = [f"{name} {theirs / middle(runs[name], 'build_s'):.2f} × hnswlib's speed" for name in ours if name in runs]
    return "Building: " + ", ".join(parts) + "." if parts else ""


def note(speeds, ours):
    """The words in the small picture: ours and the best peer at .99."""
    name = next((n for n in ours if n in speeds), None)
    value = ours_to_best(speeds, ours, name)[1][0] if name else "–"
    return "" if value == "–" else f"at .99: {value} × the best peer"


HEAD = ["", "build s", "bytes a vector", "q/s at .95", "at .99", "at .999", "× hnswlib", "ours ÷ best peer"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("likeness")
    parser.add_argument("--sets", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build-threads", type=int, default=2)
    parser.add_argument("--name")
    parser.add_argument("--results", type=pathlib.Path, default=report.HERE / "results")
    parser.add_argument("--only", default="")
    parser.add_argument("--ours", action="append", default=[])
    options = parser.parse_args()
    if not shutil.which(options.likeness):
        raise SystemExit(f"{options.likeness} is no command: build it, or name one that is built")

    about = {**report.machine(), "k": peers.K}
    name = options.name or about["date"]
    options.results.mkdir(parents=True, exist_ok=True)
    only = [peer.strip() for peer in options.only.split(",") if peer.strip()]
    field = Field(options.likeness, variants(options.ours), only)
    how = (
        f"recall@{peers.K} on one thread, degree {2 * peers.M} (M {peers.M}), efConstruction {peers.EF_CONSTRUCTION}, "
        f"built on {report.threads(options.build_threads)}. {report.rounds(options.rounds)}. Peers' bytes are what "
        "their process grew by."
    )
    head = report.opening("The index beside its peers", about, how)
    head += [f"Left out: {reason}  " for reason in field.left_out] + [""] * bool(field.left_out)
    results, body, pictures = [], [], options.results / f"{name}.svg"
    for title in options.sets.split():
        try:
            folder = make_set.make(report.HERE / "sets" / title)
        except make_set.LeftOut as reason:
            body += [f"{title}: left out, {reason}", ""]
            say(body[-2])
            continue
        count, dimension = vectors.read(folder / "base.fvecs").shape
        load = report.load()
        runs, failed = field.rounds(folder, options.rounds, options.build_threads)
        rows, speeds = rows_of(runs, field.ours)
        body += [f"## {count:,} × {dimension} ({title}), load {load} before", ""]
        body += report.table(HEAD, rows)
        body += [words for words in [build_ratio(runs, field.ours)] if words]
        body += [f"Left out: {peer}: {reason}  " for peer, reason in failed.items()] + [""]
        body += [f"![recall against queries a second]({name}-{title}.svg)", ""]
        lines = {peer: line(r) for peer, r in runs.items()}
        results.append({"name": title, "count": count, "dimension": dimension, "lines": lines, "runs": runs})
        results[-1]["note"] = note(speeds, list(field.ours))
        plot.draw(results, about, list(field.ours), options.results, name)
        kept = {"about": about, "ours": list(field.ours), "sets": results}
        (options.results / f"{name}.json").write_text(json.dumps(kept, separators=(",", ":")) + "\n")
        text = "\n".join(head + [f"![all sets]({pictures.name})", ""] + body)
        (options.results / f"{name}.md").write_text(text)
    print("\n".join(head + body))
    say(f"written to {options.results / name}.md")


if __name__ == "__main__":
    main()
