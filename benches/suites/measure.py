"""How a suite measures: a pinned core, contenders in interleaved rounds, medians of per-round ratios,
and speed at a fixed recall.

Work on one core is timed by the process's CPU time: what else the machine does then costs a
contender its caches but not its turn.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

CPUS = sorted(os.sched_getaffinity(0))


def say(text: str) -> None:
    """Progress, for who waits."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def pin(cpu: int | None) -> None:
    """Keeps this thread, and those it starts from now on, on one core; None lets them run on all."""
    os.sched_setaffinity(0, CPUS if cpu is None else {cpu})


def cpu_seconds(work: Callable[[], object]) -> float:
    """The CPU time of all threads of this process during `work`."""
    start = time.process_time()
    work()
    return time.process_time() - start


def wall_seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@dataclass
class Point:
    """One setting of one contender."""

    ef: int
    recall: float
    qps: list[float] = field(default_factory=list)

    @property
    def median_qps(self) -> float:
        return median(self.qps)


@dataclass
class Curve:
    """What a contender reaches, by rising `ef`. `search(ef)` is one batch of `queries` searches."""

    name: str
    search: Callable[[int], np.ndarray]
    queries: int
    points: list[Point] = field(default_factory=list)

    def scan(self, efs: Sequence[int], recall: Callable[[np.ndarray], float], enough: float = 0.9985) -> None:
        """Finds the recall of each `ef`, up to the one where more changes little."""
        for ef in efs:
            self.points.append(Point(ef, recall(self.search(ef))))
            if self.points[-1].recall >= enough:
                break

    def measure(self, point: Point) -> None:
        point.qps.append(self.queries / max(cpu_seconds(lambda: self.search(point.ef)), 1e-9))

    def bracket(self, target: float) -> tuple[Point, Point] | None:
        """The points around a recall: twice the first if that has it; None if no point reaches it."""
        for below, above in zip(self.points, self.points[1:], strict=False):
            if below.recall >= target:
                return below, below
            if above.recall >= target:
                return below, above
        last = self.points[-1]
        return (last, last) if last.recall >= target else None

    def qps_at(self, target: float, round_: int | None = None) -> float | None:
        """QPS at a recall, on the line between its neighbours in recall and log QPS; of one round, or
        of the medians."""
        around = self.bracket(target)
        if around is None:
            return None
        below, above = around
        slow, fast = (p.median_qps if round_ is None else p.qps[round_] for p in (above, below))
        if above.recall == below.recall:
            return fast
        share = (target - below.recall) / (above.recall - below.recall)
        return math.exp(math.log(fast) + share * (math.log(slow) - math.log(fast)))


def rounds(curves: Sequence[Curve], count: int, everything: int, targets: Sequence[float]) -> None:
    """Measures every point of every curve in `everything` rounds, then the points around the targets up
    to `count` rounds. Within a round contenders take turns ef by ef, in an order that rotates."""
    wanted = []
    for curve in curves:
        around = {id(p) for target in targets for p in curve.bracket(target) or ()}
        wanted.append([p for p in curve.points if id(p) in around])
    for number in range(max(count, everything)):
        lists = [(c, c.points if number < everything else w) for c, w in zip(curves, wanted, strict=True)]
        at = number % len(lists)
        lists = lists[at:] + lists[:at]
        for step in range(max(len(points) for _, points in lists)):
            for curve, points in lists:
                if step < len(points):
                    curve.measure(points[step])


def ratio_at(ours: Curve, peer: Curve, target: float) -> float | None:
    """The median over the rounds of our QPS by a peer's in the same round; None if one does not get there."""
    if ours.bracket(target) is None or peer.bracket(target) is None:
        return None
    count = min(len(p.qps) for c in (ours, peer) for p in c.bracket(target) or ())
    per_round = []
    for number in range(count):
        a, b = ours.qps_at(target, number), peer.qps_at(target, number)
        if a is not None and b is not None:
            per_round.append(a / b)
    return median(per_round) if per_round else None


def alternate(count: int, contenders: Sequence[tuple[str, Callable[[], float]]]) -> dict[str, list[float]]:
    """What each contender returns, round by round, in an order that rotates."""
    values: dict[str, list[float]] = {name: [] for name, _ in contenders}
    for number in range(count):
        at = number % len(contenders)
        for name, run in [*contenders[at:], *contenders[:at]]:
            values[name].append(run())
    return values


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of per-round ratios."""
    return median(a / b for a, b in zip(above, below, strict=True))
