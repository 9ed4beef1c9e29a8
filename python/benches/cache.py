"""Measures the semantic cache: how right it is on pairs of questions, and how long a lookup takes.

    make bench-cache

Pairs are read from ../shared/data/qqp when that is there. Writes target/bench/cache.json and cache.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from goals import BENCH, ROOT, Report

import nuthatch
from nuthatch import SemanticCache, _native
from nuthatch.cache.guard import difference, facts
from nuthatch.cache.tune import Curve, curve

TARGETS = (0.90, 0.95, 0.97)
LOOKUPS = 4000
ROUNDS = 9
BURSTS = 5
BURST = 1000
PARTS = 16
NUDGE = np.float32(0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    report = Report()
    measure_pairs(report, options.shared / "qqp")
    measure_latency(report, options.entries)
    measure_batches(report, options.entries)
    measure_server(report, options.entries)
    report.write(BENCH)


def measure_pairs(report: Report, folder: Path) -> None:
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
    rates = []
    for name, mask in (("by threshold", np.ones(len(pairs), dtype=bool)), ("with the guard", passes)):
        curves = [curve(similarity, same, mask) for _ in TARGETS]
        print(f"{name:16}" + "".join(f"{shown(*it):>22}" for it in zip(curves, TARGETS)))
        best = curves[-1].best(TARGETS[-1])
        rates.append(0.0 if best is None else float(curves[-1].hit_rate[best]))
    if rates[0] > 0:
        report.value("guard", rates[1] / rates[0])


def shown(found: Curve, target: float) -> str:
    best = found.best(target)
    if best is None:
        return "none"
    return f"{found.hit_rate[best]:.2%} (from {found.thresholds[best]:.3f})"


def measure_latency(report: Report, entries: int) -> None:
    """Put and get in the process, with embeddings that are there already."""
    rows, asked = vectors_of(entries)
    made = Made()
    cache = SemanticCache(made, threshold=0.8)

    def put(number: int, row: np.ndarray) -> float:
        prompt = f"a prompt of {word(number)} to keep"
        made.next(row)
        start = time.perf_counter()
        cache.put(prompt, "an answer")
        return time.perf_counter() - start

    sustained = [put(number, row) for number, row in enumerate(rows)]
    engine = cache._store._engine._native  # type: ignore[attr-defined]
    wait_until_linked(engine)
    bursts = []
    for burst in range(BURSTS):
        first = entries + burst * BURST
        bursts += [put(number, rows[number % entries] + NUDGE) for number in range(first, first + BURST)]
        wait_until_linked(engine)
    gets, kept, exact, misses = [], [], [], []
    random = np.random.default_rng(11)
    far = random.standard_normal((LOOKUPS, rows.shape[1]), dtype=np.float32)
    for number, (entry, row) in enumerate(asked):
        for prompt, vector, times in (
            (f"a prompt of {word(entry)} to ask", row, gets),
            (f"a prompt of {word(entry)} to ask", row, kept),
            (f"a prompt of {word(entry)} to keep", row, exact),
            (f"something else, {word(number)}", far[number], misses),
        ):
            made.next(vector)
            start = time.perf_counter()
            cache.get(prompt)
            times.append(time.perf_counter() - start)
    stats = cache.stats()
    print(f"\n{entries} entries, 384 dimensions, in the process, embedding not counted:")
    for name, times in (
        (f"put, {BURST} at a time", bursts),
        ("put, without a pause", sustained),
        ("get, near", gets),
        ("the same, embedding kept", kept),
        ("get, the same prompt", exact),
        ("get, a miss", misses),
    ):
        show(name, times)
    # A prompt may come twice, and is then the same one.
    found = (stats.semantic_hits + stats.exact_hits - len(exact)) / (2 * len(asked))
    print(f"  {found:.1%} of those near an entry found one")
    report.value("get", statistics.median(gets) * 1e6)
    report.value("put", statistics.median(bursts) * 1e6)


class Made:
    """An embedder that gives, at once, what it would just have made."""

    def __init__(self) -> None:
        self._row = np.empty((1, 0), dtype=np.float32)

    def next(self, row: np.ndarray) -> None:
        """What it gives for the next text."""
        self._row = row.reshape(1, -1).copy()

    def __call__(self, texts: list[str]) -> np.ndarray:
        return self._row


def embedded(known: dict[str, np.ndarray], texts: list[str]) -> np.ndarray:
    """What an embedder would give, at once."""
    return known[texts[0]] if len(texts) == 1 else np.concatenate([known[text] for text in texts])


def measure_batches(report: Report, entries: int) -> None:
    """Batches from NumPy against the engine itself, in turns."""
    rows, asked = vectors_of(entries)
    engine = nuthatch.Engine()
    vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", rows.shape[1], "DISTANCE_METRIC", "COSINE")
    engine.execute("FT.CREATE", "i", "SCHEMA", "v", *vector)
    for start in range(0, entries, 1000):
        part = enumerate(rows[start : start + 1000], start)
        engine.execute_many([("HSET", f"d:{number}", "v", row) for number, row in part])
    wait_until_linked(engine._native)
    index = engine.index("i")
    queries = np.ascontiguousarray([row for _, row in asked])
    packed = queries.view(np.uint8)
    rates: dict[str, list[float]] = {}

    def timed(ask: Callable[[], object]) -> float:
        start = time.perf_counter()
        ask()
        return time.perf_counter() - start

    for _ in range(ROUNDS):
        own = engine._native.nearest_seconds(b"i", b"v", packed, 10)
        rates.setdefault("the engine itself, in Rust", []).append(len(queries) / own)
        for name, ask in batches(index, queries).items():
            rates.setdefault(name, []).append(len(queries) / timed(ask))
    print(f"\nQueries a second of {entries} × {rows.shape[1]}, medians of {ROUNDS} rounds in turns:")
    for name, values in rates.items():
        print(f"  {name:28} {statistics.median(values):9.0f}")
    own_rates, one_call = list(rates.values())[:2]
    report.value("batch", statistics.median(a / b for a, b in zip(one_call, own_rates)))


def batches(index: nuthatch.Index, queries: np.ndarray) -> dict[str, Callable[[], object]]:
    return {
        "one call, one thread": lambda: index.knn(queries, 10, threads=1),
        "one call, two threads": lambda: index.knn(queries, 10, threads=2),
        "a call for each": lambda: [index.knn(query, 10, threads=1) for query in queries],
    }


def measure_server(report: Report, entries: int) -> None:
    """Over a unix socket, with the module in the server."""
    try:
        import redis

        started = nuthatch.server(
            unix_socket=Path("/", "dev", "shm", f"nuthatch-bench-{time.time_ns()}.sock")
        )
    except (ImportError, FileNotFoundError) as error:
        print(f"\nWithout a server: {error}")
        return
    rows, asked = vectors_of(entries)
    known: dict[str, np.ndarray] = {}
    with started:
        client = redis.Redis(unix_socket_path=str(started.unix_socket_path))
        cache = SemanticCache(lambda texts: embedded(known, texts), client=client, threshold=0.8)
        for start in range(0, len(rows), 500):
            numbers = range(start, min(start + 500, len(rows)))
            prompts = [f"a prompt of {word(number)} to keep" for number in numbers]
            known.update((prompt, row.reshape(1, -1)) for prompt, row in zip(prompts, rows[start:]))
            cache.put_many([(prompt, "an answer") for prompt in prompts])
        while client.info("everything")["search_fresh_vectors"]:
            time.sleep(0.5)
        new, kept, exact, ping = [], [], [], []
        for number, row in asked:
            prompt = f"a prompt of {word(number)} to ask"
            known[prompt] = row.reshape(1, -1)
            for asked_for, times in (
                (prompt, new),
                (prompt, kept),
                (f"a prompt of {word(number)} to keep", exact),
            ):
                start_time = time.perf_counter()
                cache.get(asked_for)
                times.append(time.perf_counter() - start_time)
            start_time = time.perf_counter()
            client.ping()
            ping.append(time.perf_counter() - start_time)
        print(f"\n{len(rows)} entries on a server, unix socket, embedding not counted:")
        for name, times in (
            ("get, near", new),
            ("the same, embedding kept", kept),
            ("get, the same prompt", exact),
            ("PING of redis-py", ping),
        ):
            show(name, times)
        report.value("server", statistics.median(new) * 1e6)
        client.close()


def show(name: str, times: list[float]) -> None:
    """Both quantiles, and between which values the median was in parts of the run: machines have moods."""
    low, high = np.quantile(times, (0.5, 0.99)) * 1e6
    parts = [np.median(part) * 1e6 for part in np.array_split(times, PARTS)]
    print(f"  {name:26} p50 {low:6.0f} µs ({min(parts):.0f} to {max(parts):.0f})   p99 {high:6.0f} µs")


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


def wait_until_linked(engine: _native.Engine) -> None:
    """Until the vectors that wait are in the graph: the measurement is of searches alone."""
    while engine.fresh():
        time.sleep(0.05)


def word(number: int) -> str:
    """A number without digits: the guard compares those."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


if __name__ == "__main__":
    main()
