"""Measures the semantic cache: how right it is on pairs of questions, and how long a lookup takes.

    make bench-cache

Pairs are read from ../shared/data/qqp when that is there. No other cache is measured beside it yet.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import nuthatch
from nuthatch import SemanticCache
from nuthatch.cache.guard import difference, facts
from nuthatch.cache.tune import Curve, curve

ROOT = Path(__file__).resolve().parent.parent
TARGETS = (0.90, 0.95, 0.97)
LOOKUPS = 4000
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    measure_pairs(options.shared / "qqp")
    measure_latency(options.entries)
    measure_batches(options.entries)
    measure_server(options.entries)


def measure_pairs(folder: Path) -> None:
    if not (folder / "visible.json").is_file():
        print(f"Without pairs of questions: there is no {folder}.")
        return
    pairs = json.loads((folder / "visible.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "visible.npz")
    one, other = (unit(vectors[name].astype(np.float32)) for name in "ab")
    similarity = np.einsum("ij,ij->i", one, other).astype(np.float64)
    same = np.array([bool(pair["label"]) for pair in pairs])
    passes = np.array([difference(facts(p["text_a"]), facts(p["text_b"])) is None for p in pairs])
    print(f"{len(pairs)} pairs of questions, {same.mean():.0%} of them duplicates: hits at a precision")
    print(f"{'':16}" + "".join(f"{f'≥ {target:.2f}':>22}" for target in TARGETS))
    for name, mask in (("by threshold", np.ones(len(pairs), dtype=bool)), ("with the guard", passes)):
        print(
            f"{name:16}"
            + "".join(f"{shown(curve(similarity, same, mask), target):>22}" for target in TARGETS)
        )


def shown(found: Curve, target: float) -> str:
    best = found.best(target)
    if best is None:
        return "none"
    return f"{found.hit_rate[best]:.2%} (from {found.thresholds[best]:.3f})"


def measure_latency(entries: int) -> None:
    """Put and get in the process, with embeddings that are there already."""
    rows, asked = vectors_of(entries)
    known: dict[str, np.ndarray] = {}
    cache = SemanticCache(lambda texts: np.stack([known[text] for text in texts]), threshold=0.8)
    puts = []
    for number, row in enumerate(rows):
        prompt = f"a prompt of {word(number)} to keep"
        known[prompt] = row
        start = time.perf_counter()
        cache.put(prompt, "an answer")
        puts.append(time.perf_counter() - start)
    wait_until_linked(cache)
    gets, exact = [], []
    for number, row in asked:
        prompt = f"a prompt of {word(number)} to ask"
        known[prompt] = row
        for times in (gets, exact):
            start = time.perf_counter()
            cache.get(prompt if times is gets else f"a prompt of {word(number)} to keep")
            times.append(time.perf_counter() - start)
    stats = cache.stats()
    print(f"\n{entries} entries, 384 dimensions, in the process, embedding not counted:")
    for name, times in (("put", puts), ("get, near", gets), ("get, the same", exact)):
        report(name, times)
    print(f"  {stats.semantic_hits / len(asked):.1%} of those near an entry found it")


def measure_batches(entries: int) -> None:
    """Batches from NumPy against the same engine called for one query at a time."""
    rows, asked = vectors_of(entries)
    engine = nuthatch.Engine()
    vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", rows.shape[1], "DISTANCE_METRIC", "COSINE")
    engine.execute("FT.CREATE", "i", "SCHEMA", "v", *vector)
    for start in range(0, entries, 1000):
        part = enumerate(rows[start : start + 1000], start)
        engine.execute_many([("HSET", f"d:{number}", "v", row) for number, row in part])
    index = engine.index("i")
    queries = np.ascontiguousarray([row for _, row in asked])
    rates: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, ask in batches(index, queries).items():
            start = time.perf_counter()
            ask()
            rates.setdefault(name, []).append(len(queries) / (time.perf_counter() - start))
    print(f"\nQueries a second of {entries} × {rows.shape[1]}, medians of {ROUNDS} rounds in turns:")
    for name, values in rates.items():
        print(f"  {name:28} {statistics.median(values):9.0f}")


def batches(index: nuthatch.Index, queries: np.ndarray) -> dict[str, Callable[[], object]]:
    return {
        "one call, one thread": lambda: index.knn(queries, 10, threads=1),
        "one call, two threads": lambda: index.knn(queries, 10, threads=2),
        "a call for each": lambda: [index.knn(query, 10, threads=1) for query in queries],
    }


def measure_server(entries: int) -> None:
    """Over a unix socket, with the module in the server."""
    try:
        import redis

        started = nuthatch.server(
            unix_socket=Path("/", "dev", "shm", f"nuthatch-bench-{time.time_ns()}.sock")
        )
    except (ImportError, FileNotFoundError) as error:
        print(f"\nWithout a server: {error}")
        return
    rows, asked = vectors_of(min(entries, 20_000))
    known: dict[str, np.ndarray] = {}
    with started:
        client = redis.Redis(unix_socket_path=str(started.unix_socket_path))
        cache = SemanticCache(
            lambda texts: np.stack([known[text] for text in texts]), client=client, threshold=0.8
        )
        for start in range(0, len(rows), 500):
            items = [
                (f"a prompt of {word(n)} to keep", "an answer")
                for n in range(start, min(start + 500, len(rows)))
            ]
            known.update((prompt, row) for (prompt, _), row in zip(items, rows[start:]))
            cache.put_many(items)
        time.sleep(5)
        times: list[float] = []
        for number, row in asked:
            prompt = f"a prompt of {word(number)} to ask"
            known[prompt] = row
            start_time = time.perf_counter()
            cache.get(prompt)
            times.append(time.perf_counter() - start_time)
        print(f"\n{len(rows)} entries on a server, unix socket, embedding not counted:")
        report("get, near", times)
        client.close()


def report(name: str, times: list[float]) -> None:
    low, high = np.quantile(times, (0.5, 0.99)) * 1e6
    print(f"  {name:14} p50 {low:6.0f} µs   p99 {high:6.0f} µs")


def vectors_of(entries: int) -> tuple[np.ndarray, list[tuple[int, np.ndarray]]]:
    """Vectors around a thousand centres, and some near them: random ones would all be equally far."""
    random = np.random.default_rng(7)
    centres = random.standard_normal((1000, 384), dtype=np.float32)
    rows = centres[random.integers(0, 1000, entries)]
    rows = unit(rows + random.standard_normal(rows.shape, dtype=np.float32))
    chosen = random.integers(0, entries, LOOKUPS).tolist()
    noise = random.standard_normal((LOOKUPS, 384), dtype=np.float32) * np.float32(0.4 / np.sqrt(384))
    return rows, [(number, rows[number] + wobble) for number, wobble in zip(chosen, noise)]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def wait_until_linked(cache: SemanticCache) -> None:
    """Until the vectors that wait are in the graph: the measurement is of searches alone."""
    engine = cache._store._engine  # type: ignore[attr-defined]
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        info = json.dumps(engine.index(cache.name).info(), default=str)
        if '"fresh": 0' in info or '"fresh"' not in info:
            return
        time.sleep(0.5)


def word(number: int) -> str:
    """A number without digits: the guard compares those."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


if __name__ == "__main__":
    main()
