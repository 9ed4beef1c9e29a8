"""Drawings of how good and how fast: thresholds of a semantic cache, recall and speed of an index.

Needs matplotlib: pip install 'nuthatch[plot]'.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from .cache import Tuning
    from .index import Index

_MARKS = 400
"""Points of a curve that is drawn."""


class Point(NamedTuple):
    """How good and how fast an index is with one `ef`."""

    ef: int
    recall: float
    """Of the true neighbours, the share that was found."""
    qps: float
    """Queries a second."""


def measure(
    index: Index,
    queries: ArrayLike,
    k: int = 10,
    *,
    efs: Sequence[int] = (10, 20, 40, 80, 160, 320),
    truth: Sequence[Sequence[bytes]] | None = None,
    field: str | None = None,
    threads: int = 1,
) -> list[Point]:
    """Recall and speed of a field that is a graph, for several `ef`.

    Args:
        index: As of `Engine.index`.
        queries: `[n, d]`.
        k: Neighbours of each.
        efs: Candidates of a search.
        truth: The keys of the true neighbours of each query; by default those that a search with as
            many candidates as there are documents finds, which takes long where there are many.
        field: The vector field; may be left out when the index has one only.
        threads: How many threads search.
    """
    if not efs:
        raise ValueError("efs are missing: the numbers of candidates to measure with")
    asked = np.asarray(queries)
    if truth is None:
        everything = max(k, int(index.info()["num_docs"]))
        truth = index.knn(asked, k, field=field, ef=everything).keys
    if len(truth) != len(asked):
        raise ValueError(f"truth is of {len(truth)} queries: there are {len(asked)}")
    true = [frozenset(keys[:k]) for keys in truth]
    total = sum(map(len, true))
    points = []
    for ef in efs:
        start = time.perf_counter()
        found = index.knn(asked, k, field=field, ef=ef, threads=threads).keys
        seconds = time.perf_counter() - start
        right = sum(len(keys.intersection(row)) for keys, row in zip(true, found))
        points.append(Point(ef, right / total if total else 1.0, len(asked) / max(seconds, 1e-9)))
    return points


def recall_qps(curves: Sequence[Point] | Mapping[str, Sequence[Point]], axes: Any = None) -> Any:
    """Draws queries a second over recall, one curve or several by name.

    Args:
        curves: What `measure` gives.
        axes: Where; by default axes of a new figure.

    Returns:
        The axes.
    """
    named = curves if isinstance(curves, Mapping) else {"": curves}
    axes = _axes(axes)
    for name, points in named.items():
        ordered = sorted(points)
        recalls, rates = [point.recall for point in ordered], [point.qps for point in ordered]
        axes.plot(recalls, rates, marker="o", label=name or None)
        for point in ordered:
            where = (point.recall, point.qps)
            axes.annotate(str(point.ef), where, textcoords="offset points", xytext=(4, 4), fontsize="small")
    axes.set_yscale("log")
    axes.set_xlabel("recall")
    axes.set_ylabel("queries a second")
    if any(named):
        axes.legend()
    return axes


def thresholds(tuning: Tuning, axes: Any = None, *, guarded: bool = True) -> Any:
    """Draws precision, recall and hit rate over the threshold, and the one that is recommended.

    Args:
        tuning: What `SemanticCache.tune` gives.
        axes: Where; by default axes of a new figure.
        guarded: With the cache's guard, or by similarity alone.

    Returns:
        The axes.
    """
    curve = tuning.guarded if guarded else tuning.plain
    axes = _axes(axes)
    if len(curve.thresholds):
        marks = np.unique(np.linspace(0, len(curve.thresholds) - 1, _MARKS).astype(int))
        for name in ("precision", "recall", "hit_rate"):
            values = getattr(curve, name)[marks]
            axes.plot(curve.thresholds[marks], values, label=name.replace("_", " "))
        best = curve.best(tuning.target_precision)
        if best is not None:
            at = float(curve.thresholds[best])
            axes.axvline(at, linestyle=":", color="grey", label=f"recommended: {at:.3f}")
    axes.set_xlabel("threshold")
    axes.set_ylim(0, 1.05)
    axes.legend()
    return axes


def _axes(axes: Any) -> Any:
    if axes is not None:
        return axes
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("drawings need matplotlib: pip install 'nuthatch[plot]'") from error
    return plt.subplots()[1]
