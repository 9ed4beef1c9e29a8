"""Which threshold: what each would give on pairs of which it is known whether they mean the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np
from numpy.typing import NDArray

from ..embed import Embeddings

Pair = tuple[str, str, bool]
"""A prompt, another, and whether an answer to one answers the other."""

_BATCH = 256
_MARKS = 400
"""Points of a curve that is drawn."""


@dataclass(frozen=True)
class Curve:
    """What thresholds give, from the highest that gives a hit to the lowest."""

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    """Of the hits, the share that is right."""
    recall: NDArray[np.float64]
    """Of the pairs that mean the same, the share that are hits."""
    hit_rate: NDArray[np.float64]
    """Of all pairs, the share that are hits."""

    def best(self, precision: float) -> int | None:
        """The point with the most hits whose precision is at least this."""
        good = np.flatnonzero(self.precision >= precision)
        return int(good[-1]) if len(good) else None


@dataclass(frozen=True)
class Tuning:
    """What `SemanticCache.tune` found out."""

    pairs: int
    target_precision: float
    plain: Curve
    """By similarity alone."""
    guarded: Curve
    """With the cache's guard; the same as `plain` for a cache without one."""

    @property
    def recommended(self) -> float | None:
        """The lowest threshold that reaches the target with the guard; None if none does."""
        best = self.guarded.best(self.target_precision)
        return None if best is None else float(self.guarded.thresholds[best])

    def rows(self) -> list[tuple[str, float | None, float, float, float]]:
        """Plain and guarded: the recommended threshold, and its precision, recall and hit rate."""
        found: list[tuple[str, float | None, float, float, float]] = []
        for name, curve in (("plain", self.plain), ("guarded", self.guarded)):
            best = curve.best(self.target_precision)
            if best is None:
                found.append((name, None, 0.0, 0.0, 0.0))
            else:
                at = float(curve.thresholds[best])
                precision, recall = float(curve.precision[best]), float(curve.recall[best])
                found.append((name, at, precision, recall, float(curve.hit_rate[best])))
        return found

    def plot(self, axes: Any = None) -> Any:
        """Draws precision over hit rate, plain and guarded; needs matplotlib.

        Args:
            axes: Where; by default axes of a new figure.

        Returns:
            The axes.
        """
        if axes is None:
            import matplotlib.pyplot as plt

            _, axes = plt.subplots()
        for name, curve in (("plain", self.plain), ("guarded", self.guarded)):
            if len(curve.hit_rate):
                marks = np.unique(np.linspace(0, len(curve.hit_rate) - 1, _MARKS).astype(int))
                axes.plot(curve.hit_rate[marks], curve.precision[marks], label=name)
        axes.axhline(self.target_precision, linestyle=":", color="grey")
        axes.set_xlabel("hit rate")
        axes.set_ylabel("precision")
        axes.legend()
        return axes

    def _repr_html_(self) -> str:
        from .._html import table

        rows = [
            [name, "none" if at is None else f"{at:.4f}", f"{precision:.3f}", f"{recall:.3f}", f"{rate:.3f}"]
            for name, at, precision, recall, rate in self.rows()
        ]
        return table(["", "threshold", "precision", "recall", "hit rate"], rows)


def tune(
    pairs: Iterable[Pair],
    embeddings: Embeddings,
    difference: Callable[[str, str], str | None],
    target_precision: float,
) -> Tuning:
    """See `SemanticCache.tune`."""
    if not 0 < target_precision <= 1:
        raise ValueError(f"target_precision is {target_precision}: it must be above 0 and 1 at most")
    given = list(pairs)
    if not given:
        raise ValueError("pairs are missing: (prompt, other, same) for each")
    similarities = []
    for start in range(0, len(given), _BATCH):
        part = given[start : start + _BATCH]
        vectors = embeddings([text for pair in part for text in pair[:2]])
        similarities.append(np.einsum("ij,ij->i", vectors[::2], vectors[1::2]))
    similarity = np.concatenate(similarities).astype(np.float64)
    same = np.array([bool(pair[2]) for pair in given])
    passes = np.array([difference(pair[0], pair[1]) is None for pair in given])
    return Tuning(
        pairs=len(given),
        target_precision=target_precision,
        plain=curve(similarity, same, np.ones(len(given), dtype=bool)),
        guarded=curve(similarity, same, passes),
    )


def curve(similarity: NDArray[np.float64], same: NDArray[np.bool_], passes: NDArray[np.bool_]) -> Curve:
    """What each threshold gives when only what passes can be a hit."""
    order = np.flatnonzero(passes)
    order = order[np.argsort(-similarity[order], kind="stable")]
    right = np.cumsum(same[order])
    hits = np.arange(1, len(order) + 1)
    # Equal similarities are hits together: only the last of them is a threshold.
    values = similarity[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = values[:-1] != values[1:]
    total = max(int(same.sum()), 1)
    return Curve(
        thresholds=values[last],
        precision=(right / hits)[last],
        recall=(right / total)[last],
        hit_rate=(hits / len(same))[last],
    )
