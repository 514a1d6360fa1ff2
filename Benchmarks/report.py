"""What every report says first, and how figures are written."""

import datetime
import importlib.metadata
import math
import os
import pathlib
import platform
import re
import subprocess

import peers

HERE = pathlib.Path(__file__).resolve().parent


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def processor():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return output("sysctl", "-n", "machdep.cpu.brand_string").strip() or platform.processor()
    name = re.search(r"^model name\s*: (.*)$", text, re.M)
    wide = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "asimd", "asimddp") if re.search(rf"\b{flag}\b", text)]
    return (name[1].strip() if name else platform.machine()) + (f" ({', '.join(wide)})" if wide else "")


def memory():
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (OSError, ValueError):
        return "memory unknown"


def load():
    return f"{os.getloadavg()[0]:.2f}"


def versions():
    found = []
    for package in dict.fromkeys(package for _, package, _ in peers.PEERS.values()):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    swift = re.search(r"Swift version (\S+)", output("swift", "--version"))
    commit = output("git", "-C", str(HERE), "describe", "--always", "--dirty").strip()
    return ([f"repository {commit}"] if commit else []) + ([f"Swift {swift[1]}"] if swift else []) + found


def machine():
    """The lines on the machine, for people and for the pictures."""
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {processor()}, {os.cpu_count()} cores, {memory()}",
        "load": load(),
        "versions": ", ".join(versions()),
    }


def opening(title, about, how):
    return [
        f"# {title}, {about['date']}",
        "",
        f"{about['machine']}; load {about['load']} at the start.  ",
        f"{about['versions']}.  ",
        how,
        "",
    ]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def whole(value):
    return "–" if value is None or math.isnan(value) else f"{value:,.0f}"


def ratio(value, other):
    quotient = value / other if value is not None and other else float("nan")
    return "–" if math.isnan(quotient) else f"{quotient:.2f}"


def seconds(value):
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def threads(count):
    return f"{count} threads" if count > 1 else "1 thread"


def rounds(count):
    return f"Medians over {count} rounds" if count > 1 else "One round"
