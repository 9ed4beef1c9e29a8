"""Memory does not grow with the number of operations: a short form here, a million with `make leak`."""

from __future__ import annotations

import gc
import os
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from nuthatch import Engine, SemanticCache, embedded_client
from nuthatch._native import Error

from .conftest import DIMENSIONS, Clock

OPERATIONS = int(os.environ.get("NUTHATCH_LEAK_OPERATIONS", "12000"))
KEYS = 200
STATM = Path("/proc/self/statm")

# Beyond what an allocator keeps for later: an object of 40 bytes kept by each of a million is more.
ALLOWED = 24 << 20
ALLOWED_IN_PYTHON = 256 << 10


def resident() -> int:
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def engine_turn() -> tuple[Callable[[int], None], int]:
    """Writes, reads, errors, searches of every kind; and how many operations a turn is."""
    engine = Engine()
    vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 4, "DISTANCE_METRIC", "L2")
    engine.execute("FT.CREATE", "i", "SCHEMA", "name", "TEXT", "kind", "TAG", "n", "NUMERIC", "v", *vector)
    index = engine.index("i")
    rows = np.random.default_rng(0).standard_normal((KEYS, 4), dtype=np.float32)
    client = embedded_client(engine)

    def turn(number: int) -> None:
        key, row = f"d:{number % KEYS}", rows[number % KEYS]
        fields = ("name", f"nuthatch {number % 7}", "kind", f"k{number % 5}", "n", number % 11, "v", row)
        engine.execute("HSET", key, *fields)
        engine.execute("FT.SEARCH", "i", "nuthatch @kind:{k1} @n:[2 9]", "LIMIT", 0, 3)
        index.search("*=>[KNN 3 @v $v AS far]", params={"v": row}, limit=3)
        index.knn(rows[:4], 3, threads=1)
        engine.execute("FT.AGGREGATE", "i", "*", "GROUPBY", 1, "@kind", "REDUCE", "COUNT", 0, "LIMIT", 0, 2)
        client.hgetall(key)
        with pytest.raises(Error):
            engine.execute("FT.SEARCH", "i", "@none:(")
        engine.execute("DEL", f"d:{(number + KEYS // 2) % KEYS}")

    return turn, 8


def cache_turn() -> tuple[Callable[[int], None], int]:
    """Puts, hits, misses, expiry, eviction and computations of a cache that is full."""
    clock = Clock()
    rows = np.random.default_rng(1).standard_normal((KEYS, DIMENSIONS), dtype=np.float32)

    def embed(texts: list[str]) -> np.ndarray:
        return rows[[zlib.crc32(text.encode()) % KEYS for text in texts]]

    cache = SemanticCache(
        embed, ttl=50, ttl_jitter=0.5, max_entries=KEYS // 2, eviction="cost", embedding_cache=50, clock=clock
    )
    cache.observe(lambda step, facts: nullcontext())

    def turn(number: int) -> None:
        clock.sleep(0.3)
        prompt = f"prompt {number % (2 * KEYS)}"
        cache.put(prompt, "an answer", tags=[f"t{number % 9}"], scope={"tenant": number % 3})
        cache.get(prompt, scope={"tenant": number % 3})
        cache.get(f"another {number}")
        cache.get_or_compute(f"computed {number % KEYS}", lambda _: "answer")
        if number % 50 == 0:
            cache.invalidate(tags=["t1"])
            cache.stats()

    return turn, 4


@pytest.mark.timeout(0)
@pytest.mark.parametrize("make", [engine_turn, cache_turn], ids=["engine", "cache"])
def test_nothing_is_left_behind_by_many_operations(make) -> None:
    if not STATM.is_file():
        pytest.skip("there is no /proc to read memory from")
    turn, operations = make()
    turns = OPERATIONS // 2 // operations
    # All that is kept for later is there after a third, at the sizes that it will have.
    for number in range(turns // 3):
        turn(number)
    gc.collect()
    before = resident()
    for number in range(turns // 3, turns):
        turn(number)
    gc.collect()
    grown = resident() - before
    print(f"{grown} bytes more after {turns * operations} operations")
    assert grown < ALLOWED, f"{grown} bytes in {turns * operations} operations"
    tracemalloc.start()
    try:
        for number in range(300):
            turn(number)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
        # Over the same numbers, so that what is kept of them is the same.
        for _ in range(2):
            for number in range(300):
                turn(number)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - held
    finally:
        tracemalloc.stop()
    assert grown < ALLOWED_IN_PYTHON, f"{grown} bytes of Python's own"
