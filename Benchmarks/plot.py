#!/usr/bin/env python3
"""Draws the pictures of results as SVG, with nothing but Python.

  plot.py results/NAME.json        draws again what compare.py drew

The pictures bring their own light card, so that they are read the same on light and on dark pages.
"""

import json
import math
import pathlib
import sys
from html import escape

INK, SOFT, GRID, CARD = "#1f2328", "#59636e", "#e4e7eb", "#fcfcfb"
OURS = ["#c8321f", "#e8853a", "#8e2a6b"]
# Okabe and Ito's colours, apart for those who see fewer too, with a dash of their own each.
THEIRS = {
    "hnswlib": ("#5f6b7a", ""),
    "faiss": ("#0072b2", ""),
    "faiss SQ8": ("#4aa3df", "6 3"),
    "SVS": ("#8f7ad6", "2 3"),
    "SymphonyQG": ("#00846a", ""),
    "glass": ("#9a7d0a", "6 3"),
}
SPARE = ["#7a5c3e", "#3b5b92", "#a0522d", "#4d4d4d"]
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"


def looks(names, ours):
    """Colour, dash and width of each line."""
    found, spare = {}, iter(SPARE * 4)
    for name in names:
        if name in ours:
            found[name] = (OURS[ours.index(name) % len(OURS)], "", 3.2)
            continue
        colour, dash = THEIRS.get(name) or THEIRS.get(name.split(",")[0]) or (next(spare), "")
        # Two ways of one peer share its colour.
        taken = [other[1] for other in found.values() if other[0] == colour]
        found[name] = (colour, next((d for d in (dash, "6 3", "2 4") if d not in taken), dash), 1.8)
    return found


class Recall:
    """A scale that stretches towards 1: each factor of ten in what is missed is as wide."""

    lowest, highest = 0.8, 0.99995
    ticks = [(0.8, ".8"), (0.9, ".9"), (0.95, ".95"), (0.99, ".99"), (0.999, ".999"), (0.9999, ".9999")]

    def place(self, value):
        low, high = -math.log10(1 - self.lowest), -math.log10(1 - self.highest)
        return (-math.log10(1 - min(value, self.highest)) - low) / (high - low)


class Log:
    def __init__(self, values, pad=0.06):
        values = [v for v in values if v > 0] or [1, 10]
        low, high = math.log10(min(values)), math.log10(max(values))
        room = max(0.15, (high - low) * pad)
        self.low, self.high = low - room, high + room
        self.ticks = self.marks((1, 2, 5))
        if len(self.ticks) > 8:
            self.ticks = self.marks((1,)) if len(self.marks((1,))) > 3 else self.marks((1, 3))

    def marks(self, digits):
        marks = [
            digit * 10**power for power in range(math.floor(self.low), math.ceil(self.high) + 1) for digit in digits
        ]
        return [(m, short(m)) for m in marks if self.low <= math.log10(m) <= self.high]

    def place(self, value):
        return (math.log10(value) - self.low) / (self.high - self.low)


class Named(Log):
    """A logarithmic scale with marks at the values measured."""

    def __init__(self, values, name=None):
        super().__init__(values, pad=0.08)
        self.ticks = [(v, (name or short)(v)) for v in sorted(set(values))]


def short(value):
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def text(x, y, words, size=12, colour=INK, anchor="start", weight=400):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(str(words))}</text>'
    )


def line(x1, y1, x2, y2, colour=GRID, width=1.0, dash=""):
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"{dash}/>'


def wide(words, size):
    """About how many pixels words take."""
    return sum(0.32 if c in "il.,'| ·" else 0.62 if c.islower() or c.isdigit() else 0.7 for c in words) * size


def apart(places, low, high, gap):
    """Moves places as little as it takes to have them `gap` apart, between low and high."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved, groups = list(places), []
    for i in order:
        groups.append([places[i], 1])
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < gap * (groups[-1][1] + groups[-2][1]) / 2:
            (b, m), (a, n) = groups.pop(), groups.pop()
            groups.append([(a * n + b * m) / (n + m), n + m])
    at = 0
    for middle, count in groups:
        half = gap * (count - 1) / 2
        middle = max(low + half, min(high - half, middle))
        for j in range(count):
            moved[order[at]] = middle - half + j * gap
            at += 1
    return moved


def panel(box, series, style, xscale, yscale, xlabel="", ylabel="", labels=0, note="", small=False):
    """Lines in a box (x, y, width, height). `labels` is the room at the right for their names, 0 for none."""
    x, y, w, h = box
    size = 10.5 if small else 12
    clip = f"at{x:.0f}-{y:.0f}"
    out = [f'<clipPath id="{clip}"><rect x="{x - 4}" y="{y - 4}" width="{w + 8}" height="{h + 8}"/></clipPath>']
    for value, name in xscale.ticks:
        at = x + w * xscale.place(value)
        out += [line(at, y, at, y + h), text(at, y + h + size + 5, name, size, SOFT, "middle")]
    for value, name in yscale.ticks:
        at = y + h - h * yscale.place(value)
        out += [line(x, at, x + w, at), text(x - 7, at + size * 0.35, name, size, SOFT, "end")]
    out.append(line(x, y + h, x + w, y + h, SOFT))
    if xlabel:
        out.append(text(x + w / 2, y + h + 2.9 * size + 3, xlabel, size, SOFT, "middle"))
    if ylabel:
        out.append(text(x - 7, y - 11, ylabel, size, SOFT, "end" if not small else "start"))
    ends, thick = {}, 0.8 if small else 1
    for name in sorted(series, key=lambda n: style[n][2]):
        colour, dash, width = style[name]
        points = [(x + w * xscale.place(a), y + h - h * yscale.place(b)) for a, b in series[name] if b > 0]
        if not points:
            continue
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        out.append(
            f'<g clip-path="url(#{clip})"><title>{escape(name)}</title>'
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width * thick:.1f}"'
            f'{dashes} stroke-linejoin="round" stroke-linecap="round"/>'
            + "".join(
                f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{(width + 0.6) * thick:.1f}" fill="{colour}"/>'
                for a, b in points
            )
            + "</g>"
        )
        ends[name] = points[-1]
    if labels:
        names = list(ends)
        for name, at in zip(names, apart([ends[n][1] for n in names], y + 6, y + h - 2, size + 4)):
            colour, _, width = style[name]
            a, b = ends[name]
            out.append(line(a + 5, b, x + w + 12, at, colour, 0.8, "1 3"))
            out.append(text(x + w + 16, at + size * 0.35, name, size, colour, weight=700 if width > 2 else 500))
    if note:
        out.append(text(x + 8, y + h - 9, note, size, OURS[0], weight=600))
    return out


def legend(x, y, names, style, right):
    """The names in rows from (x, y), with a stretch of their line; and the y below."""
    out, at = [], x
    for name in names:
        colour, dash, width = style[name]
        room = 34 + wide(name, 12) + 18
        if at + room > right and at > x:
            at, y = x, y + 20
        out.append(line(at, y - 4, at + 24, y - 4, colour, width, dash))
        out.append(f'<circle cx="{at + 12:.1f}" cy="{y - 4}" r="{width + 0.6:.1f}" fill="{colour}"/>')
        out.append(text(at + 31, y, name, 12, colour, weight=700 if width > 2 else 500))
        at += room
    return out, y + 20


def card(width, height, body, title):
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" style="{FONT}">',
            f"<title>{escape(title)}</title>",
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10" fill="{CARD}" stroke="#d6dae0"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def seen(points):
    """The part of a line the recall scale shows, from its left edge on."""
    points, shown = sorted(points), []
    for (r0, q0), (r1, q1) in zip(points, points[1:]):
        if r0 < Recall.lowest < r1:
            share = (Recall.lowest - r0) / (r1 - r0)
            shown.append((Recall.lowest, q0 ** (1 - share) * q1**share))
    return shown + [p for p in points if p[0] >= Recall.lowest]


def called(found):
    kind = {"easy": "easy", "hard": "hard", "flat": "no structure"}.get(found["name"][:4], found["name"])
    return f"{found['count']:,} × {found['dimension']}, {kind}"


def set_picture(found, about, ours):
    """Recall against queries a second for one set."""
    series = {name: seen(points) for name, points in found["lines"].items()}
    style = looks(series, ours)
    width, height = 820, 520
    body = [text(28, 38, called(found), 18, weight=700)]
    subtitle = f"queries a second on one thread against recall@{about['k']}; up and to the right is better"
    body.append(text(28, 60, subtitle, 12.5, SOFT))
    keys, below = legend(28, 86, series, style, width - 28)
    box = (74, below + 22, width - 74 - 130, height - below - 22 - 78)
    yscale = Log([q for points in series.values() for _, q in points])
    body += keys + panel(box, series, style, Recall(), yscale, "recall (the scale stretches towards 1)", labels=1)
    body.append(text(28, height - 14, footer(about, width - 56), 10.5, SOFT))
    return card(width, height, body, f"Recall against queries a second, {called(found)}")


def overview(results, about, ours, columns=3):
    """All sets, a small picture each."""
    columns = max(1, min(columns, len(results)))
    names = list(dict.fromkeys(name for found in results for name in found["lines"]))
    style = looks(names, ours)
    w, h = (330, 270) if columns > 1 else (560, 330)
    width = 40 + columns * w
    size = 17 if columns > 1 else 15
    body = [text(28, 38, "Recall against queries a second", size, weight=700)]
    body.append(text(28, 58, f"recall@{about['k']}, one thread; up and to the right is better", 12, SOFT))
    keys, below = legend(28, 84, names, style, width - 28)
    body += keys
    for i, found in enumerate(results):
        x, y = 20 + i % columns * w, below + 2 + i // columns * h
        series = {name: seen(points) for name, points in found["lines"].items()}
        yscale = Log([q for points in series.values() for _, q in points])
        body.append(text(x + 42, y + 18, called(found), 13, weight=700))
        box = (x + 42, y + 30, w - 66, h - 76)
        body += panel(box, series, style, Recall(), yscale, note=found.get("note", ""), small=True)
    height = below + 2 + math.ceil(len(results) / columns) * h + 22
    body.append(text(28, height - 14, footer(about, width - 56), 10.5, SOFT))
    return card(width, height, body, "Recall against queries a second on every set")


def footer(about, room):
    words = f"{about['date']} · {about['machine']}"
    while wide(words, 10.5) > room:
        words = words[: words.rstrip("…").rfind(",")] + "…" if "," in words else words[:80]
        if "," not in words:
            break
    return words


def growth(panels, about, ours, title, subtitle, xname):
    """Panels side by side; each has a title, a scale for y, and lines of (x, y)."""
    names = list(dict.fromkeys(name for p in panels for name in p["lines"]))
    style = looks(names, ours)
    w, height = 430 if len(panels) > 1 else 640, 430
    width = 40 + w * len(panels)
    body = [text(28, 38, title, 18, weight=700), text(28, 60, subtitle, 12.5, SOFT)]
    keys, below = legend(28, 86, names, style, width - 28)
    body += keys
    for i, p in enumerate(panels):
        x = 20 + i * w
        xs = [a for points in p["lines"].values() for a, _ in points]
        ys = [b for points in p["lines"].values() for _, b in points]
        body.append(text(x + 44, below + 14, p["title"], 13.5, weight=700))
        box = (x + 44, below + 28, w - 44 - 130, height - below - 28 - 74)
        body += panel(box, p["lines"], style, Named(xs, p.get("mark")), Log(ys), xname, labels=1)
    body.append(text(28, height - 14, footer(about, width - 56), 10.5, SOFT))
    return card(width, height, body, title)


def draw(results, about, ours, folder, name):
    """The pictures of a comparison: NAME-SET.svg each, and NAME.svg with all."""
    folder = pathlib.Path(folder)
    written = []
    for found in results:
        written.append(folder / f"{name}-{found['name']}.svg")
        written[-1].write_text(set_picture(found, about, ours))
    if results:
        written.append(folder / f"{name}.svg")
        written[-1].write_text(overview(results, about, ours))
    return written


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    source = pathlib.Path(sys.argv[1])
    kept = json.loads(source.read_text())
    for path in draw(kept["sets"], kept["about"], kept["ours"], source.parent, source.stem):
        print(path)
