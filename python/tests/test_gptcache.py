"""GPTCache's own cache on the store of vectors."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("gptcache")

from gptcache import Cache, Config
from gptcache.adapter.api import get, put
from gptcache.manager import CacheBase, get_data_manager
from gptcache.manager.vector_data.base import VectorData
from gptcache.similarity_evaluation.distance import SearchDistanceEvaluation

import nuthatch
from nuthatch.gptcache import NuthatchVectors

from .conftest import DIMENSIONS, Words


def embedded(text: str, **_: object) -> np.ndarray:
    vector = Words.one(text)
    return vector / np.linalg.norm(vector)


@pytest.fixture(params=["engine", "client", "server"])
def vectors(request) -> NuthatchVectors:
    if request.param == "engine":
        return NuthatchVectors(DIMENSIONS, engine=nuthatch.Engine())
    if request.param == "client":
        return NuthatchVectors(DIMENSIONS, client=nuthatch.embedded_client())
    import redis

    return NuthatchVectors(DIMENSIONS, client=redis.Redis.from_url(request.getfixturevalue("url")))


def test_a_cache_finds_what_means_the_same(vectors, tmp_path) -> None:
    scalar = CacheBase("sqlite", sql_url=f"sqlite:///{tmp_path / 'cache.db'}")
    cache = Cache()
    cache.init(
        pre_embedding_func=lambda data, **_: data["prompt"],
        embedding_func=embedded,
        data_manager=get_data_manager(scalar, vectors, max_size=100),
        similarity_evaluation=SearchDistanceEvaluation(),
        config=Config(similarity_threshold=0.9),
    )
    assert get("what does a nuthatch eat in winter", cache_obj=cache) is None
    put("what does a nuthatch eat in winter", "seeds", cache_obj=cache)
    put("how many eggs are in a nest", "seven", cache_obj=cache)
    assert get("what does a nuthatch eat in the winter", cache_obj=cache) == "seeds"
    assert get("how many eggs are in the nest", cache_obj=cache) == "seven"
    assert get("something else entirely", cache_obj=cache) is None


def test_vectors_are_added_found_and_deleted(vectors) -> None:
    rows = np.eye(3, DIMENSIONS, dtype=np.float32)
    assert vectors.search(rows[0]) == []
    vectors.mul_add([VectorData(id=number, data=row) for number, row in enumerate(rows)])
    # Squared, as faiss has them.
    assert vectors.search(rows[1], top_k=3)[:2] == [(0.0, 1), (2.0, 0)]
    assert len(vectors.search(rows[1])) == 1
    vectors.update_embeddings(1, 3 * rows[1])
    assert vectors.search(rows[1], top_k=3)[2] == (4.0, 1)
    assert vectors.get_embeddings(1).tolist() == (3 * rows[1]).tolist()
    assert vectors.get_embeddings(7) is None
    assert vectors.delete([0, 7])
    assert [name for _, name in vectors.search(rows[0], top_k=3)] == [2, 1]
    assert vectors.rebuild()


def test_what_is_wrong_is_named(vectors) -> None:
    with pytest.raises(ValueError, match=f"has 2 dimensions: it must have {DIMENSIONS}"):
        vectors.mul_add([SimpleNamespace(id=1, data=[1.0, 2.0])])
    with pytest.raises(ValueError, match="top_k is 0"):
        NuthatchVectors(4, top_k=0)
