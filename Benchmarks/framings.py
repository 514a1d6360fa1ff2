#!/usr/bin/env python3
"""How well a face model knows people in pictures that are framed and lit otherwise than those it was trained on.

  framings.py FACES [--also OTHER] [--unseen 100] [--split 1] [--seed 1] [--likeness PATH] [--work FOLDER] [-- TRAIN OPTIONS]

FACES is a folder of folders, one a person, framed alike (LFW); OTHER another maker's (ORL), all of whose people are asked
about. It sets people of FACES aside, by the shuffled order of their names, trains `likeness train faces` on the rest, and
evaluates that model on the people set aside and on OTHER: as they are, and changed, a draw for each picture:

  tight   cut around the centre to 56 % of the width and 68 % of the height, about as ORL is framed
  mixed   the same share of both sides kept, drawn from .55 to 1
  loose   what is there takes 1/1.6 to 1/1.2 of both sides; around it the edge repeated, a mirror image, or one grey
  moved   up to 12 % of either side to any side, the edge repeated
  light   a lamp on an ellipsoid, a half shadow or a bar's shadow, .06 to .25 of the light ambient, in linear light

The same arguments give the same pictures. What is there already in the work folder (pictures, model, figures) is kept, so
that another model on the same pictures is `--model FILE`. Everything after `--` goes to `likeness train faces`, for example
`-- --networks 1 --epochs 12` for a quick look. Needs Pillow and NumPy.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

KINDS = ["tight", "mixed", "loose", "moved", "light"]
COLUMNS = [
    ("EER", "eer"), ("TAR@1%", "tar_at_far_1pct"), ("TAR@.1%", "tar_at_far_01pct"), ("rank-1 (1)", "rank1_1"),
    ("rank-1 (5)", "rank1_5"), ("DIR@1%", "dir_at_fpir_1pct"),
]
SUFFIXES = {".jpg", ".jpeg", ".png", ".pgm", ".ppm"}


def pictures(folder):
    """[(person, file)], in the order of names."""
    return [
        (person.name, file)
        for person in sorted(p for p in folder.iterdir() if p.is_dir())
        for file in sorted(f for f in person.iterdir() if f.suffix.lower() in SUFFIXES)
    ]


def cut(pixels, across, down):
    """The centre, as shares of width and height."""
    height, width = pixels.shape[:2]
    h, w = max(1, round(height * down)), max(1, round(width * across))
    y, x = (height - h) // 2, (width - w) // 2
    return pixels[y:y + h, x:x + w]


def tight(pixels, rng):
    return cut(pixels, 0.56, 0.68)


def mixed(pixels, rng):
    share = rng.uniform(0.55, 1)
    return cut(pixels, share, share)


def loose(pixels, rng):
    times, filling = rng.uniform(1.2, 1.6), rng.integers(3)
    height, width = pixels.shape[:2]
    y, x = round(height * (times - 1) / 2), round(width * (times - 1) / 2)
    sides = [(y, y), (x, x)] + [(0, 0)] * (pixels.ndim - 2)
    if filling == 2:
        return np.pad(pixels, sides, mode="constant", constant_values=rng.uniform(0, 255))
    return np.pad(pixels, sides, mode=["edge", "reflect"][filling])


def moved(pixels, rng):
    height, width = pixels.shape[:2]
    y, x = rng.uniform(-0.12, 0.12, 2) * (height, width)
    rows = np.clip(np.arange(height) + round(y), 0, height - 1)
    columns = np.clip(np.arange(width) + round(x), 0, width - 1)
    return pixels[rows][:, columns]


def light(pixels, rng):
    height, width = pixels.shape[:2]
    v, u = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    kind, ambient = rng.integers(3), rng.uniform(0.06, 0.25)
    if kind == 0:
        side, up = rng.uniform(25, 80) * rng.choice([-1, 1]), rng.uniform(-30, 50)
        lamp = np.array([
            np.sin(np.radians(side)), -np.sin(np.radians(up)) * np.cos(np.radians(side)),
            np.cos(np.radians(side)) * np.cos(np.radians(up))])
        x, y = u / 1.1, v / 1.3
        z = np.sqrt(np.maximum(1 - x * x - y * y, 0.02))
        normal = np.stack([x, y, z]) / np.sqrt(x * x + y * y + z * z)
        lit = np.maximum(np.tensordot(lamp / np.linalg.norm(lamp), normal, 1), 0)
    else:
        angle, soft = rng.uniform(0, 2 * np.pi), rng.uniform(0.03, 0.4)
        across = u * np.cos(angle) + v * np.sin(angle) - rng.uniform(-0.5, 0.5)
        lit = 1 / (1 + np.exp(-across / soft)) if kind == 1 else 1 - np.exp(-(across / rng.uniform(0.15, 0.45)) ** 4)
    factor = ambient + (1 - ambient) * lit
    linear = (pixels / 255.0) ** 2.2
    linear = linear * (factor if pixels.ndim == 2 else factor[..., None])
    return 255 * (linear / max(np.percentile(linear, 99.5), 1e-3)).clip(0, 1) ** (1 / 2.2)


def change(kind, listed, target, seed):
    """Writes changed copies of pictures [(person, file)], once."""
    if target.is_dir():
        return
    making = target.with_name(target.name + ".part")
    for number, (person, file) in enumerate(listed):
        rng = np.random.default_rng([seed, KINDS.index(kind), number])
        pixels = globals()[kind](np.asarray(Image.open(file)), rng)
        out = making / person
        out.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(pixels).clip(0, 255).astype(np.uint8)).save(out / (file.stem + ".png"))
    making.rename(target)


def link(listed, target):
    """A folder of links to pictures [(person, file)]."""
    for person, file in listed:
        (target / person).mkdir(parents=True, exist_ok=True)
        if not (target / person / file.name).exists():
            (target / person / file.name).symlink_to(file.resolve())


def command(*arguments):
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"framings.py: {' '.join(map(str, arguments))} failed")
    return json.loads(done.stdout)


def main():
    own, training = sys.argv[1:], []
    if "--" in own:
        training = own[own.index("--") + 1:]
        own = own[:own.index("--")]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=pathlib.Path)
    parser.add_argument("--also", type=pathlib.Path, help="a folder of another maker's pictures")
    parser.add_argument("--unseen", type=int, default=100, help="people of FACES set aside")
    parser.add_argument("--split", type=int, default=1, help="which people are set aside")
    parser.add_argument("--seed", type=int, default=1, help="the training's")
    parser.add_argument("--likeness", default="likeness", help="the command")
    parser.add_argument("--work", type=pathlib.Path, help="where to keep pictures and the model; a temporary folder without")
    parser.add_argument("--model", type=pathlib.Path, help="asks this model instead of training one")
    parser.add_argument("--kinds", default=",".join(KINDS), help="which changes")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(own)

    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or pathlib.Path(temporary)
        listed = pictures(args.faces)
        people = sorted({person for person, _ in listed})
        random.Random(args.split).shuffle(people)
        aside = set(people[:args.unseen])
        sets = {"others": [p for p in listed if p[0] in aside]}
        if args.also:
            sets["elsewhere"] = pictures(args.also)
        split = work / f"split-{args.split}"
        link([p for p in listed if p[0] not in aside], split / "known")
        folders = {}
        for name, chosen in sets.items():
            place = split if name == "others" else work
            link(chosen, place / name)
            folders[name] = place / name
            for kind in filter(None, args.kinds.split(",")):
                change(kind, chosen, place / f"{name}-{kind}", args.split if name == "others" else 0)
                folders[f"{name}, {kind}"] = place / f"{name}-{kind}"
        model = args.model or split / f"seed-{args.seed}.model"
        if not model.exists():
            command(
                args.likeness, "train", "faces", "--data", split / "known", "--out", model, "--seed", args.seed, "--json",
                *training)
        reports = {name: command(args.likeness, "evaluate", model, folder, "--json") for name, folder in folders.items()}
    if args.json:
        return print(json.dumps(reports))
    print("| | " + " | ".join(title for title, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name, report in reports.items():
        print(f"| {name} | " + " | ".join(f"{report[key]['value']:.3f}".lstrip("0") for _, key in COLUMNS) + " |")


if __name__ == "__main__":
    main()
