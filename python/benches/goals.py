"""The goals of `make bench-cache`: what is measured, what it must be and aims at, and the report of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "target" / "bench"


class Goal(NamedTuple):
    """A line of the summary before it has a value."""

    key: str
    name: str
    must: float
    aim: float
    unit: str
    better: str


GOALS = (
    Goal(
        "guard",
        "hits at precision ≥ .97 with the guard, of those by threshold alone",
        1.0,
        1.5,
        "×",
        "higher",
    ),
    Goal("get", "get of a near prompt, in the process, p50", 60.0, 40.0, "µs", "lower"),
    Goal("put", "put in the process, p50", 40.0, 30.0, "µs", "lower"),
    Goal("server", "get of a near prompt over a unix socket, p50", 250.0, 200.0, "µs", "lower"),
    Goal("batch", "batch KNN from NumPy, of the engine's own rate", 0.97, 0.99, "of 1", "higher"),
)


class Report:
    """Values of goals, printed as they come and written when all are there."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}

    def value(self, key: str, value: float) -> None:
        """What was measured of a goal."""
        self._values[key] = value

    def write(self, folder: Path) -> None:
        """Prints the summary and writes `cache.json` and `cache.md`."""
        lines = [(goal, self._values[goal.key]) for goal in GOALS if goal.key in self._values]
        summary = []
        table = ["# Bench cache", "", "| goal | measured | must | aim | |", "| --- | --- | --- | --- | --- |"]
        print()
        for goal, value in lines:
            verdict = _verdict(goal, value)
            print(f"{goal.name}: {value:.4g} {goal.unit} (must {goal.must:g}, aim {goal.aim:g}) {verdict}")
            table.append(
                f"| {goal.name} ({goal.unit}) | {value:.4g} | {goal.must:g} | {goal.aim:g} | {verdict} |"
            )
            line = goal._asdict()
            del line["key"]
            summary.append({"name": line.pop("name"), "value": value, **line})
        folder.mkdir(parents=True, exist_ok=True)
        whole = json.dumps({"summary": summary}, ensure_ascii=False, indent=2)
        (folder / "cache.json").write_text(whole + "\n", encoding="utf-8")
        (folder / "cache.md").write_text("\n".join(table) + "\n", encoding="utf-8")
        print("\nwrote target/bench/cache.json and cache.md")


def merge(summary: list[dict[str, Any]]) -> None:
    """Puts the lines into the summary that there is, in the place of those of the same names."""
    BENCH.mkdir(parents=True, exist_ok=True)
    file = BENCH / "cache.json"
    whole = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"summary": []}
    names = {line["name"] for line in summary}
    whole["summary"] = [line for line in whole["summary"] if line["name"] not in names] + summary
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print()
    for line in summary:
        print(
            f"{line['name']}: {line['value']:.4g} {line['unit']} (must {line['must']:g}, aim {line['aim']:g})"
        )


def _verdict(goal: Goal, value: float) -> str:
    def reaches(limit: float) -> bool:
        return value >= limit if goal.better == "higher" else value <= limit

    return "aim reached" if reaches(goal.aim) else "must reached" if reaches(goal.must) else "**FAILED**"
