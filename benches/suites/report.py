"""What a suite leaves behind in `target/bench`: NAME.json for machines, NAME.md for people, plots."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt

from bench import Bench
from data import OUTPUT, ROOT
from measure import CPUS, say

plt.rcParams["svg.hashsalt"] = "nuthatch"


def machine(bench: Bench) -> dict[str, str]:
    """Where and how it was measured."""
    cpu = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").open() if line.startswith("model name")),
        platform.processor(),
    )
    flags = next((line for line in Path("/proc/cpuinfo").open() if line.startswith("flags")), "").split()
    simd = [flag for flag in ("avx2", "fma", "f16c", "avx512f", "avx512_vnni") if flag in flags]
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "commit": commit.stdout.strip(),
        "cpu": f"{cpu}, {len(CPUS)} cores, {' '.join(simd)}",
        "pinned to": f"cpu {bench.cpu}",
        "load when done": f"{os.getloadavg()[0]:.2f}",
        "huge pages": pages.read_text().strip() if pages.exists() else "unknown",
        "python": platform.python_version(),
        "rounds": f"{bench.rounds} of search, {bench.curve_rounds} for whole curves, {bench.build_rounds} of building",
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "∞"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def table(columns: list[str], rows: list[list[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(shown(cell) for cell in line) + " |" for line in lines) + "\n"


def markdown(name: str, bench: Bench, facts: dict[str, str], peers: dict[str, str], notes: list[str]) -> str:
    parts = [f"# Bench {name}\n"]
    if bench.summary:
        summary = [[f"{e.name} ({e.unit})", e.value, e.must, e.aim, e.verdict] for e in bench.summary]
        parts.append(table(["goal", "measured", "must", "aim", ""], summary))
    missing = [goal.name for goal in bench.goals.values() if goal.name not in {line.name for line in bench.summary}]
    if missing:
        parts.append("Not measured in this run: " + "; ".join(missing) + ".\n")
    parts += [f"{note}\n" for note in notes]
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in bench.rows:
        groups[row["table"]].append(row)
    for title, rows in groups.items():
        if title == "curve":
            continue
        columns = [c for c in dict.fromkeys(key for row in rows for key in row) if c != "table"]
        parts.append(f"\n## {title}\n\n" + table(columns, [[row.get(c) for c in columns] for row in rows]))
    parts.append("\n## Where and with what\n\n" + table(["", ""], [[k, v] for k, v in (facts | peers).items()]))
    return "\n".join(parts)


def plots(name: str, bench: Bench) -> list[str]:
    """QPS over recall, one plot for each data set, as SVG and PNG; their file names."""
    curves: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in bench.rows:
        if row["table"] == "curve":
            curves[row["data"]][row["engine"]].append(row)
    names = []
    for data, engines in curves.items():
        figure, axes = plt.subplots(figsize=(8, 5))
        for engine, points in engines.items():
            style = "o-" if engine.startswith("nuthatch") else ".--"
            axes.plot([p["recall"] for p in points], [p["qps"] for p in points], style, label=engine)
        axes.set(
            xlabel="recall@10", ylabel="queries per second, one core", yscale="log", title=f"{data}, M 16, efC 200"
        )
        axes.set_xlim(left=max(0.8, min(p["recall"] for points in engines.values() for p in points)), right=1.001)
        axes.grid(True, which="both", alpha=0.3)
        axes.legend()
        for kind in ("svg", "png"):
            names.append(f"{name}-{data}.{kind}")
            figure.savefig(OUTPUT / names[-1], bbox_inches="tight", metadata={"Date": None} if kind == "svg" else None)
        plt.close(figure)
    return names


def write(name: str, bench: Bench, peers: dict[str, str], notes: list[str]) -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    facts = machine(bench)
    summary = [asdict(line) for line in bench.summary]
    whole = {"rows": bench.rows, "summary": summary, "machine": facts, "peers": peers}
    # JSON has no infinity.
    finite = json.loads(json.dumps(whole), parse_constant=lambda _: None)
    (OUTPUT / f"{name}.json").write_text(json.dumps(finite, indent=1) + "\n")
    images = plots(name, bench)
    text = markdown(name, bench, facts, peers, notes)
    for image in images:
        if image.endswith(".svg"):
            text += f"\n![QPS over recall]({image})\n"
    (OUTPUT / f"{name}.md").write_text(text)
    say(f"wrote {OUTPUT / name}.json, .md and {len(images)} plots")
