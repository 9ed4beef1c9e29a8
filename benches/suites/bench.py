"""What a run of a suite collects: rows of every measurement and one summary line for each goal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


class Named(Protocol):
    """A data set, as far as a report cares."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Goal:
    """A line of the summary before it has a value; `better` is "higher" or "lower"."""

    name: str
    must: float
    aim: float
    unit: str
    better: str = "higher"


@dataclass
class Line:
    """A goal and what was measured."""

    name: str
    value: float
    must: float
    aim: float
    unit: str
    better: str

    @property
    def verdict(self) -> str:
        sign = 1 if self.better == "higher" else -1
        if sign * self.value >= sign * self.aim:
            return "aim reached"
        return "must reached" if sign * self.value >= sign * self.must else "**FAILED**"


@dataclass
class Bench:
    """Options and results of one run."""

    goals: dict[str, Goal]
    engines: list[str]
    rounds: int
    curve_rounds: int
    build_rounds: int
    cpu: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    summary: list[Line] = field(default_factory=list)

    def row(self, what: str, data: Named | None, **values: Any) -> None:
        """One measurement, under the name of its table."""
        self.rows.append({"table": what, "data": data.name if data else None, **values})

    def line(self, goal: str, value: float) -> None:
        """The value of a goal."""
        self.summary.append(Line(value=value, **asdict(self.goals[goal])))
