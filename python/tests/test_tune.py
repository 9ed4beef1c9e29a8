"""Curves of thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuthatch import SemanticCache
from nuthatch.cache.tune import curve

VECTORS = {"a": [1.0, 0.0], "a twin": [1.0, 0.1], "a friend": [1.0, 0.3], "a 2": [1.0, 0.05], "b": [0.0, 1.0]}


def embed(texts: list[str]) -> np.ndarray:
    return np.array([VECTORS[text] for text in texts])


def test_a_threshold_is_recommended() -> None:
    pairs = [("a", "a twin", True), ("a", "a friend", True), ("a", "a 2", False), ("a", "b", False)]
    cache = SemanticCache(embed)
    tuning = cache.tune(pairs, target_precision=0.9)
    # The guard sees the number that the embedding does not.
    assert tuning.recommended == pytest.approx(1 / np.sqrt(1.09), abs=1e-6)
    assert tuning.guarded.hit_rate[tuning.guarded.best(0.9)] == 0.5
    assert tuning.plain.best(0.9) is None
    [plain, guarded] = tuning.rows()
    assert plain[1] is None
    assert guarded[2:] == (1.0, 1.0, 0.5)
    assert "hit rate" in tuning._repr_html_()
    unguarded = SemanticCache(embed, guard=False).tune(pairs)
    assert unguarded.recommended is None
    for bad, message in [(([],), "pairs are missing")]:
        with pytest.raises(ValueError, match=message):
            cache.tune(*bad)
    with pytest.raises(ValueError, match="target_precision is 0"):
        cache.tune(pairs, target_precision=0)


def test_curves_are_drawn() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    tuning = SemanticCache(embed).tune([("a", "a twin", True), ("a", "b", False)])
    axes = tuning.plot()
    assert [line.get_label() for line in axes.get_lines()][:2] == ["plain", "guarded"]


rows = st.lists(
    st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans(), st.booleans()), min_size=1, max_size=12
)


@given(rows)
def test_each_point_is_what_counting_gives(rows: list[tuple[float, bool, bool]]) -> None:
    similarity, same, passes = (np.array(column) for column in zip(*rows))
    found = curve(similarity, same, passes)
    assert list(found.thresholds) == sorted({s for s, _, ok in rows if ok}, reverse=True)
    for threshold, precision, recall, rate in zip(
        *(found.thresholds, found.precision, found.recall, found.hit_rate)
    ):
        hits = [is_same for s, is_same, ok in rows if ok and s >= threshold]
        assert precision == pytest.approx(sum(hits) / len(hits))
        assert rate == pytest.approx(len(hits) / len(rows))
        assert recall == pytest.approx(sum(hits) / max(sum(same), 1))
