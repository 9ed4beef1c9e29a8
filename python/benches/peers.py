"""Measures lookups of other semantic caches beside those of this one: redisvl's on the same server,
GPTCache's with faiss and SQLite in the process.

    python python/benches/peers.py --entries 20000

All have the same entries and are asked the same prompts in turns, with embeddings that are there already.
Adds its lines to the summary of target/bench/cache.json, which cache.py writes; `make bench-cache` runs both.
"""

from __future__ import annotations

import argparse
import atexit
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cache import vectors_of, word
from goals import merge

import nuthatch
from nuthatch import SemanticCache

THRESHOLD = 0.8
LOOKUPS = 300
WARMING = 30
BATCH = 500

Ask = Callable[[str, np.ndarray], bool]
"""Asks for a prompt, of which the vector is known; whether there was an answer."""

Known = dict[str, np.ndarray]


class Rows:
    """Prompts that are kept, and prompts near them that are asked."""

    def __init__(self, entries: int) -> None:
        self.vectors, near = vectors_of(entries)
        self.kept = [f"a prompt of {word(number)} to keep" for number in range(entries)]
        self.asked = [(f"a prompt of {word(number)} to ask", row) for number, row in near[:LOOKUPS]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=20_000)
    # What else there is, is for cache.py.
    options, _ = parser.parse_known_args()
    rows = Rows(options.entries)
    summary = [*in_the_process(rows), *on_a_server(rows)]
    merge(summary)


def in_the_process(rows: Rows) -> list[dict[str, Any]]:
    """Beside GPTCache."""
    known: Known = {}
    folder = Path(tempfile.mkdtemp())
    # Before GPTCache says what it does at the end, and so after it.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        theirs = gptcache(rows, known, folder)
    except ImportError as error:
        print(f"Without GPTCache: {error}")
        return []
    cache = SemanticCache(lambda texts: looked_up(known, texts), threshold=THRESHOLD)
    fill(cache, rows, known)
    while fresh(cache):
        time.sleep(0.1)
    return compare("GPTCache (faiss, SQLite), in the process", rows, known, cache, theirs)


def on_a_server(rows: Rows) -> list[dict[str, Any]]:
    """Beside redisvl, over the same unix socket."""
    known: Known = {}
    try:
        import redis

        socket = Path("/", "dev", "shm", f"nuthatch-bench-{time.time_ns()}.sock")
        started = nuthatch.server(unix_socket=socket)
    except (ImportError, FileNotFoundError) as error:
        print(f"Without a server: {error}")
        return []
    with started:
        client = redis.Redis(unix_socket_path=str(started.unix_socket_path))
        try:
            theirs = redisvl(rows, client)
        except ImportError as error:
            print(f"Without redisvl: {error}")
            return []
        cache = SemanticCache(
            lambda texts: looked_up(known, texts), client=client, name="ours", threshold=THRESHOLD
        )
        fill(cache, rows, known)
        while client.info("everything").get("search_fresh_vectors"):
            time.sleep(0.1)
        return compare("redisvl, same server", rows, known, cache, theirs)


def gptcache(rows: Rows, known: Known, folder: Path) -> Ask:
    """GPTCache with the pieces that its own documentation begins with."""
    from gptcache import Cache, Config
    from gptcache.adapter.api import get
    from gptcache.manager import CacheBase, VectorBase, get_data_manager
    from gptcache.similarity_evaluation.distance import SearchDistanceEvaluation

    scalar = CacheBase("sqlite", sql_url=f"sqlite:///{folder / 'cache.db'}")
    vectors = VectorBase("faiss", dimension=rows.vectors.shape[1], index_path=str(folder / "faiss.index"))
    manager = get_data_manager(scalar, vectors, max_size=2 * len(rows.kept))
    cache = Cache()
    cache.init(
        pre_embedding_func=lambda data, **_: data["prompt"],
        embedding_func=lambda text, **_: known[text],
        data_manager=manager,
        similarity_evaluation=SearchDistanceEvaluation(),
        config=Config(similarity_threshold=THRESHOLD),
    )
    for start in range(0, len(rows.kept), BATCH):
        prompts = rows.kept[start : start + BATCH]
        answers = ["an answer"] * len(prompts)
        part = list(rows.vectors[start : start + BATCH])
        manager.import_data(prompts, answers, part, [None] * len(prompts))
    return lambda prompt, vector: get(prompt, cache_obj=cache) is not None


def redisvl(rows: Rows, client: Any) -> Ask:
    """redisvl's own class, unmodified."""
    from redisvl.extensions.cache.llm import SemanticCache as Theirs
    from redisvl.utils.vectorize import CustomVectorizer

    dimensions = rows.vectors.shape[1]
    vectorizer = CustomVectorizer(embed=lambda text: [0.0] * (dimensions - 1) + [1.0])
    cache = Theirs(
        name="theirs", vectorizer=vectorizer, redis_client=client, distance_threshold=1 - THRESHOLD
    )
    for prompt, vector in zip(rows.kept, rows.vectors):
        cache.store(prompt, "an answer", vector=vector.tolist())
    return lambda prompt, vector: bool(cache.check(vector=vector.tolist()))


def looked_up(known: Known, texts: list[str]) -> np.ndarray:
    return np.stack([known[text] for text in texts])


def fill(cache: SemanticCache, rows: Rows, known: Known) -> None:
    for start in range(0, len(rows.kept), BATCH):
        prompts = rows.kept[start : start + BATCH]
        known.update(zip(prompts, rows.vectors[start:]))
        cache.put_many([(prompt, "an answer") for prompt in prompts])


def fresh(cache: SemanticCache) -> bool:
    """Whether vectors wait to be linked: the measurement is of searches alone."""
    engine = cache._store._engine  # type: ignore[attr-defined]
    info = json.dumps(engine.index(cache.name).info(), default=str)
    return '"fresh": 0' not in info and '"fresh"' in info


def compare(name: str, rows: Rows, known: Known, cache: SemanticCache, theirs: Ask) -> list[dict[str, Any]]:
    """Medians of both, in turns, and their ratio as a line of the summary."""

    def ours(prompt: str, vector: np.ndarray) -> bool:
        return cache.get(prompt) is not None

    known.update(rows.asked)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    hits = dict.fromkeys(times, 0)
    for number, (prompt, vector) in enumerate(rows.asked):
        for who, ask in (("ours", ours), ("theirs", theirs)):
            start = time.perf_counter()
            found = ask(prompt, vector)
            seconds = time.perf_counter() - start
            if number >= WARMING:
                times[who].append(seconds)
                hits[who] += found
    count = max(1, len(times["ours"]))
    print(f"\n{len(rows.kept)} entries, beside {name}, embedding not counted:")
    for who, taken in times.items():
        low, high = np.quantile(taken, (0.5, 0.99)) * 1e6
        print(f"  {who:8} p50 {low:7.0f} µs   p99 {high:7.0f} µs   {hits[who] / count:.1%} found")
    ratio = statistics.median(times["theirs"]) / statistics.median(times["ours"])
    line = {"name": f"lookup: {name}, their time over ours", "value": ratio}
    return [{**line, "must": 1.0, "aim": 5.0, "unit": "×", "better": "higher"}]


if __name__ == "__main__":
    main()
