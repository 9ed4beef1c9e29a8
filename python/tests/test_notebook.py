"""What notebooks show: tables of results, and drawings."""

from __future__ import annotations

import io
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from nuthatch import Engine, Error, SemanticCache, plot
from nuthatch.plot import Point

from .conftest import Words


class Cells(HTMLParser):
    """The rows of the tables of a page; unclosed elements are refused."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.text: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        else:
            self.text.append(data)


def shown(value: object) -> Cells:
    cells = Cells()
    cells.feed(value._repr_html_())
    assert not cells.open
    return cells


@pytest.fixture
def engine() -> Engine:
    engine = Engine()
    vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 4, "DISTANCE_METRIC", "L2")
    engine.execute(
        "FT.CREATE", "birds", "PREFIX", 1, "b:", "SCHEMA", "name", "TEXT", "n", "NUMERIC", "v", *vector
    )
    random = np.random.default_rng(1)
    for number in range(300):
        row = random.standard_normal(4, dtype=np.float32)
        engine.execute("HSET", f"b:{number}", "name", f"<b>nuthatch</b> {number}", "n", number, "v", row)
    engine.execute("HSET", "b:long", "name", "x" * 1000)
    return engine


def test_results_are_rows(engine) -> None:
    found = engine.index("birds").search("nuthatch @n:[2 3]", "SORTBY", "n", "DESC", "RETURN", 2, "name", "n")
    assert (found.total, len(found), found.keys) == (2, 2, ["b:3", "b:2"])
    assert found[0]["name"] == "<b>nuthatch</b> 3"
    assert [row["n"] for row in found] == ["3", "2"]
    cells = shown(found)
    assert cells.rows[0] == ["key", "name", "n"]
    assert cells.rows[1] == ["b:3", "<b>nuthatch</b> 3", "3"]
    assert cells.text == ["2 of 2 documents"]


def test_vectors_and_long_values_are_shortened(engine) -> None:
    index = engine.index("birds")
    [row] = index.search("*=>[KNN 1 @v $v AS far]", params={"v": np.zeros(4, dtype=np.float32)})
    assert isinstance(row["v"], bytes)
    assert (
        "16 bytes" in shown(index.search("*=>[KNN 1 @v $v]", params={"v": np.zeros(4, np.float32)})).rows[1]
    )
    [cell] = [cell for cell in shown(index.search("@name:xx*")).rows[1] if cell.startswith("x")]
    assert len(cell) == 120
    scored = index.search("nuthatch", "WITHSCORES", limit=3, offset=2)
    assert (len(scored), scored.total) == (3, 300)
    assert all(row.score is not None and row.score > 0 for row in scored)
    assert shown(scored).rows[0][:2] == ["key", "score"]
    nothing = index.search("nobody")
    assert (len(nothing), shown(nothing).rows, shown(nothing).text) == (0, [], ["0 of 0 documents"])
    with pytest.raises(Error, match="SYNTAX"):
        index.search("@name:(")


def test_everything_has_a_table(engine, words) -> None:
    index = engine.index("birds")
    cache = SemanticCache(words, threshold=0.5)
    cache.put("what does a <nuthatch> eat", "<seeds>")
    hit = cache.get("what does the <nuthatch> eat")
    [candidate] = cache.explain("what does the <nuthatch> eat")
    tuning = cache.tune([("a b", "a b c", True), ("a b", "x y", False)])
    neighbours = index.knn(np.zeros(4), 2)
    for value in (engine, index, neighbours, cache, cache.stats(), hit, candidate, tuning):
        assert shown(value).rows
    assert ["response", "<seeds>"] in shown(hit).rows
    assert ["what does a <nuthatch> eat", "taken"] in shown(candidate).rows


def test_recall_and_speed_are_measured_and_drawn(engine) -> None:
    index = engine.index("birds")
    queries = np.random.default_rng(2).standard_normal((20, 4), dtype=np.float32)
    points = plot.measure(index, queries, 5, efs=(5, 300))
    assert [point.ef for point in points] == [5, 300]
    assert points[1].recall == 1.0
    assert all(point.qps > 0 for point in points)
    none = [str(number).encode() for number in range(5)]
    half = [none if number % 2 else keys for number, keys in enumerate(index.knn(queries, 5, ef=300).keys)]
    [point] = plot.measure(index, queries, 5, efs=(300,), truth=half)
    assert point.recall == pytest.approx(0.5)
    for wrong in ({"efs": ()}, {"truth": [[b"b:1"]]}):
        with pytest.raises(ValueError, match=r"efs are missing|truth is of 1 queries"):
            plot.measure(index, queries, **wrong)


@pytest.fixture
def axes():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    yield axes
    figure.savefig(io.BytesIO())
    plt.close(figure)


def test_curves_of_recall_and_speed(axes) -> None:
    points = [Point(80, 0.99, 1000.0), Point(10, 0.8, 9000.0)]
    assert plot.recall_qps({"nuthatch": points, "other": points[:1]}, axes) is axes
    line = axes.get_lines()[0]
    assert line.get_xdata().tolist() == [0.8, 0.99]
    assert line.get_ydata().tolist() == [9000.0, 1000.0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["nuthatch", "other"]
    assert sorted(text.get_text() for text in axes.texts) == ["10", "80", "80"]


def test_curves_of_thresholds(axes) -> None:
    cache = SemanticCache(Words())
    pairs = [("a b c d", "a b c d e", True), ("a b c d", "a b c x", False), ("q r s", "q r s", True)]
    tuning = cache.tune(pairs, target_precision=0.9)
    assert plot.thresholds(tuning, axes) is axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert set(lines) == {"precision", "recall", "hit rate", f"recommended: {tuning.recommended:.3f}"}
    assert lines["recall"].get_ydata()[-1] == 1.0
    assert len(plot.thresholds(tuning).get_lines()) == 4


def test_without_matplotlib_it_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"nuthatch\[plot\]"):
        plot.recall_qps([])
