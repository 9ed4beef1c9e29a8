"""The vector suite: our index against hnswlib, faiss, usearch and hnsw_rs, in one process.

Run by `nuthatch-bench vector`, which says what the options mean.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import partial

from threadpoolctl import threadpool_info

import filter_rows
import graph_rows
import server_rows
from bench import Bench, Goal
from data import Data, load
from engines import ENGINES, versions
from measure import CPUS, pin, say
from report import write

GOALS = {
    "search_minilm384": Goal("search QPS vs hnswlib, worse of recall@10 .95 and .99, minilm384", 3.5, 4.5, "×"),
    "search_clust128": Goal("search QPS vs hnswlib, worse of recall@10 .95 and .99, clust128", 2.3, 3.3, "×"),
    "build": Goal("build on one thread vs hnswlib, worst data set", 2.5, 4.0, "×"),
    "threads": Goal("build on two threads vs one, same recall ± .003, worst data set", 1.7, 1.9, "×"),
    "filter_few": Goal("filtered .3–5 % vs hnswlib with a functor, worst share", 10.0, 30.0, "×"),
    "filter_some": Goal("filtered 10–20 % vs hnswlib with a functor, worst share", 2.5, 4.0, "×"),
    "turnover": Goal("recall lost by three full turnovers, worst ef", 0.005, 0.002, "recall", "lower"),
    "memory": Goal("bytes per vector beyond the raw f32 rows, 384-d", 620, 560, "bytes", "lower"),
    "flat": Goal("FLAT 384-d QPS vs faiss IndexFlat", 2.5, 3.5, "×"),
    "insert": Goal("insert seen by the main thread, over the bare HSET", 15, 5, "µs", "lower"),
}
PARTS = ["search", "build", "threads", "filter", "turnover", "memory", "flat", "insert"]
PEERS = ["hnswlib", "faiss", "usearch-f32", "usearch-f16", "hnsw_rs"]
QUICK_ROWS = 20_000


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vector.py", description=__doc__)
    parser.add_argument("--data", action="append")
    parser.add_argument("--engines", type=lambda text: text.split(","))
    parser.add_argument("--only", type=lambda text: text.split(","), default=PARTS)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--cpu", type=int, default=CPUS[-1])
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.only) - set(PARTS):
        parser.error(f"--only {','.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
    if unknown := set(chosen.engines or []) - set(ENGINES):
        parser.error(f"--engines {','.join(sorted(unknown))}: there are {', '.join(ENGINES)}")
    return chosen


def have(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def start(chosen: argparse.Namespace) -> Bench:
    engines = chosen.engines or ["nuthatch", "nuthatch-f32", *PEERS]
    if chosen.quick and not chosen.engines:
        engines = ["nuthatch", "nuthatch-f32", "hnswlib"]
    for module, prefix in [("nuthatch_vectors", "nuthatch"), ("hnsw_rs_peer", "hnsw_rs")]:
        if not have(module):
            say(f"{module} is not built: left out; run `make bench-vector`")
            engines = [name for name in engines if not name.startswith(prefix)]
    count = chosen.rounds or (3 if chosen.quick else 11)
    return Bench(
        goals=GOALS,
        engines=engines,
        rounds=count,
        curve_rounds=min(3, count),
        build_rounds=1 if chosen.quick else min(3, count),
        cpu=chosen.cpu,
    )


def steps(bench: Bench, sets: list[Data]) -> Iterator[tuple[str, Callable[[], None]]]:
    """The parts in their order; those of the table that speak of 384 dimensions have such a data set."""
    for data in sets:
        yield "search", partial(graph_rows.search, bench, data)
    yield "build", partial(graph_rows.build, bench, sets)
    yield "threads", partial(graph_rows.threads, bench, sets)
    yield "filter", partial(filter_rows.filtered, bench, sets)
    yield "turnover", partial(graph_rows.turnover, bench, sets)
    wide = next((data for data in sets if data.dimensions == 384), None)
    if wide is not None:
        yield "memory", partial(graph_rows.memory, bench, wide)
        yield "flat", partial(graph_rows.flat, bench, wide)
        yield "insert", partial(server_rows.insert, bench, wide)


def notes(rows: int | None) -> list[str]:
    pools = [f"{pool['internal_api']} {pool.get('architecture', '')}".strip() for pool in threadpool_info()]
    said = [f"Thread pools in the process, one thread each: {', '.join(pools)}."]
    if rows is not None:
        said.append(f"Only the first {rows} rows of each data set: not the run that the goals ask for.")
    return said


def main(arguments: list[str]) -> None:
    chosen = options(arguments)
    bench = start(chosen)
    pin(bench.cpu)
    rows = chosen.rows or (QUICK_ROWS if chosen.quick else None)
    sets = [load(name, rows) for name in chosen.data or ["minilm384", "clust128"]]
    wanted = set(chosen.only)
    if not have("nuthatch_vectors"):
        wanted &= {"search", "build"}
    for part, measure in steps(bench, sets):
        if part in wanted:
            measure()
            # After every part: a run that is stopped leaves what it had.
            write("vector", bench, versions(), notes(rows))
    for line in bench.summary:
        print(f"{line.name}: {line.value:.4g} {line.unit} (must {line.must:g}, aim {line.aim:g}) {line.verdict}")


if __name__ == "__main__":
    main(sys.argv[1:])
