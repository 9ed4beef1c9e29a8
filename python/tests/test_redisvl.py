"""redisvl's own classes, unmodified, on the module in a server and on an engine in the process."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("redisvl")

from redisvl.extensions.cache.llm import SemanticCache
from redisvl.index import SearchIndex
from redisvl.query import CountQuery, FilterQuery, TextQuery, VectorQuery, VectorRangeQuery
from redisvl.query.filter import Num, Tag, Text
from redisvl.utils.vectorize import CustomVectorizer

import nuthatch

from .conftest import Words


@pytest.fixture(params=["engine", "server"])
def client(request):
    if request.param == "engine":
        return nuthatch.embedded_client()
    import redis

    return redis.Redis.from_url(request.getfixturevalue("url"))


@pytest.fixture
def index(client) -> SearchIndex:
    vector = {"dims": 2, "algorithm": "flat", "datatype": "float32", "distance_metric": "cosine"}
    schema = {
        "index": {"name": "birds", "prefix": "bird", "storage_type": "hash"},
        "fields": [
            {"name": "name", "type": "text"},
            {"name": "habitat", "type": "tag"},
            {"name": "length", "type": "numeric"},
            {"name": "song", "type": "vector", "attrs": vector},
        ],
    }
    index = SearchIndex.from_dict(schema, redis_client=client, validate_on_load=True)
    index.create(overwrite=True)
    rows = [
        ("nuthatch", "forest", 14, [1.0, 0.1]),
        ("warbler", "forest", 12, [0.1, 1.0]),
        ("swift", "town", 17, [1.0, 1.0]),
    ]
    index.load(
        [
            {
                "id": name,
                "name": name,
                "habitat": habitat,
                "length": length,
                "song": np.float32(song).tobytes(),
            }
            for name, habitat, length, song in rows
        ],
        id_field="id",
    )
    return index


def names(rows: list[dict]) -> list[str]:
    return [row["name"] for row in rows]


def test_queries_of_vectors(index) -> None:
    query = VectorQuery([1.0, 0.0], "song", return_fields=["name"], num_results=2)
    assert names(index.query(query)) == ["nuthatch", "swift"]
    query = VectorQuery(
        [1.0, 0.0], "song", return_fields=["name"], filter_expression=Tag("habitat") == "forest"
    )
    assert names(index.query(query)) == ["nuthatch", "warbler"]
    query = VectorRangeQuery([1.0, 0.0], "song", return_fields=["name"], distance_threshold=0.1)
    assert names(index.query(query)) == ["nuthatch"]


def test_queries_of_other_fields(index) -> None:
    both = (Tag("habitat") == "forest") & (Num("length") > 12)
    assert names(index.query(FilterQuery(both, return_fields=["name"]))) == ["nuthatch"]
    other = (Text("name") % "swi*") | (Num("length") <= 12)
    assert sorted(names(index.query(FilterQuery(other, return_fields=["name"])))) == ["swift", "warbler"]
    assert index.query(CountQuery(Tag("habitat") != "town")) == 2
    assert names(index.query(TextQuery("nuthatch", "name", return_fields=["name"]))) == ["nuthatch"]
    assert index.fetch("swift")["habitat"] == "town"
    assert index.exists()
    assert int(index.info()["num_docs"]) == 3
    assert index.clear() == 3
    index.delete(drop=True)
    assert not index.exists()


def test_its_semantic_cache(client) -> None:
    vectorizer = CustomVectorizer(embed=lambda text: Words.one(text).tolist())
    fields = [{"name": "tenant", "type": "tag"}]
    cache = SemanticCache(
        name="llmcache",
        vectorizer=vectorizer,
        redis_client=client,
        distance_threshold=0.1,
        filterable_fields=fields,
    )
    assert cache.check(prompt="what does a nuthatch eat") == []
    key = cache.store("what does a nuthatch eat", "seeds", filters={"tenant": "acme"}, metadata={"n": 1})
    [hit] = cache.check(prompt="what does a nuthatch eat", filter_expression=Tag("tenant") == "acme")
    assert hit["response"] == "seeds"
    assert hit["metadata"] == {"n": 1}
    assert cache.check(prompt="what does a nuthatch eat", filter_expression=Tag("tenant") == "other") == []
    cache.update(key, response="nuts")
    assert cache.check(prompt="what does a nuthatch eat")[0]["response"] == "nuts"
    cache.drop(keys=[key])
    assert cache.check(prompt="what does a nuthatch eat") == []
    cache.delete()
