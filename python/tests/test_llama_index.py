"""LlamaIndex's own classes on the store of vectors."""

from __future__ import annotations

import math
from typing import Any

import pytest

pytest.importorskip("llama_index.core")

from llama_index.core import Settings, StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.schema import Document, IndexNode, TextNode
from llama_index.core.vector_stores import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
)
from llama_index.core.vector_stores.types import VectorStoreQueryMode
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

import nuthatch
from nuthatch.llama_index import NuthatchVectorStore

from .conftest import Words


class WordEmbeddings(BaseEmbedding):
    def _get_text_embedding(self, text: str) -> list[float]:
        return Words.one(text).tolist()

    def _get_query_embedding(self, query: str) -> list[float]:
        return Words.one(query).tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return Words.one(query).tolist()


FIELDS = {"kind": "TAG", "colors": "TAG", "n": "NUMERIC", "about": "TEXT"}
ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("a", "the nuthatch climbs down trees", {"kind": "bird", "n": 1, "colors": ["blue", "gray"]}),
    ("b", "the blackbird sings at dusk", {"kind": "bird, black", "n": 2, "colors": ["black"]}),
    ("c", "bread is made of flour", {"kind": "Food", "n": 3.5, "about": "how to bake bread at home"}),
    ("d", "rivers run to the sea", {"kind": "", "colors": [], "other": {"deep": [1]}}),
]


def nodes() -> list[TextNode]:
    found = []
    for name, text, metadata in ROWS:
        node = TextNode(id_=name, text=text, metadata=metadata, embedding=Words.one(text).tolist())
        found.append(node)
    return found


@pytest.fixture(params=["engine", "embedded client", "RESP2", "server"])
def store(request) -> NuthatchVectorStore:
    options: dict[str, Any] = {}
    if request.param == "engine":
        options["engine"] = nuthatch.Engine()
    elif request.param == "server":
        import redis

        options["client"] = redis.Redis.from_url(request.getfixturevalue("url"))
    else:
        protocol = 2 if request.param == "RESP2" else 3
        options["client"] = nuthatch.embedded_client(protocol=protocol)
    return NuthatchVectorStore(fields=FIELDS, **options)


@pytest.fixture
def filled() -> NuthatchVectorStore:
    store = NuthatchVectorStore(fields=FIELDS)
    store.add(nodes())
    return store


def asked(text: str, k: int = 4, **options: Any) -> VectorStoreQuery:
    return VectorStoreQuery(
        query_embedding=Words.one(text).tolist(), query_str=text, similarity_top_k=k, **options
    )


def test_nodes_are_found_read_and_deleted(store) -> None:
    assert store.query(asked("anything")).ids == []
    assert store.get_nodes(["a"]) == []
    assert store.add(nodes()) == ["a", "b", "c", "d"]
    found = store.query(asked("a nuthatch climbs trees", k=2))
    assert found.ids[0] == "a"
    assert found.nodes[0].get_content() == ROWS[0][1]
    assert found.nodes[0].metadata == ROWS[0][2]
    assert found.similarities[0] > found.similarities[1]
    assert store.query(asked(ROWS[2][1], k=1)).similarities == pytest.approx([1.0], abs=1e-5)
    assert [node.node_id for node in store.get_nodes(["c", "none", "a"])] == ["c", "a"]
    assert store.get_nodes(["d"])[0].metadata == ROWS[3][2]
    food = MetadataFilters(filters=[MetadataFilter(key="kind", value="Food")])
    assert [node.node_id for node in store.get_nodes(filters=food)] == ["c"]
    assert store.get_nodes(node_ids=["a"], filters=food) == []
    assert len(store.get_nodes()) == 4
    store.delete_nodes(["a"])
    store.delete_nodes(filters=food)
    assert sorted(store.query(asked("anything")).ids) == ["b", "d"]
    with pytest.raises(ValueError, match="delete what"):
        store.delete_nodes()
    store.clear()
    assert store.query(asked("anything")).ids == []
    store.add(nodes()[:1])
    assert store.query(asked("anything")).ids == ["a"]


def test_by_words_and_by_both(store) -> None:
    store.add(nodes())
    found = store.query(asked("a BLACKBIRD, or flour?", mode=VectorStoreQueryMode.TEXT_SEARCH))
    assert sorted(found.ids) == ["b", "c"]
    assert all(0 <= similarity <= 1 for similarity in found.similarities)
    bird = MetadataFilters(filters=[MetadataFilter(key="kind", value="bird, black")])
    for mode in (VectorStoreQueryMode.HYBRID, VectorStoreQueryMode.TEXT_SEARCH):
        assert store.query(asked("blackbird nuthatch", mode=mode, filters=bird)).ids == ["b"]
    query = asked("something said nowhere", mode=VectorStoreQueryMode.HYBRID)
    query.query_embedding = Words.one(ROWS[3][1]).tolist()
    assert store.query(query).ids[0] == "d"
    query.query_str = "flour"
    for alpha, first in ((0.05, "c"), (0.95, "d")):
        query.alpha = alpha
        found = store.query(query)
        assert found.ids[0] == first
        assert found.nodes[0].node_id == first
    query.alpha = 2.0
    with pytest.raises(ValueError, match=r"alpha is 2\.0"):
        store.query(query)


OPERATORS = [
    ("kind", "==", "bird"),
    ("kind", "==", "bird, black"),
    ("kind", "==", "food"),
    ("kind", "==", "x} | @kind:{Food"),
    ("kind", "!=", "bird"),
    ("kind", "in", ["bird", "Food", "*"]),
    ("kind", "nin", ["bird", "Food"]),
    ("kind", "is_empty", None),
    ("colors", "contains", "blue"),
    ("colors", "any", ["blue", "black"]),
    ("colors", "all", ["blue", "gray"]),
    ("colors", "all", ["blue", "black"]),
    ("colors", "is_empty", None),
    ("n", "==", 2),
    ("n", "!=", 2),
    ("n", ">", 2),
    ("n", ">=", 2),
    ("n", "<", 2.0),
    ("n", "<=", 2),
    ("n", "in", [1, 2]),
    ("n", "nin", [1, 2]),
    ("n", "is_empty", None),
    ("about", "text_match_insensitive", "Bake BREAD"),
    ("about", "is_empty", None),
]


def matching(filters: MetadataFilters) -> list[str]:
    """What LlamaIndex's own evaluation of filters says."""
    data = {name: metadata for name, _, metadata in ROWS}
    matches = build_metadata_filter_fn(lambda name: data[name], filters)

    def holds(name: str, one: Any) -> bool:
        if isinstance(one, MetadataFilters):
            inner = [holds(name, each) for each in one.filters]
            if one.condition is FilterCondition.NOT:
                return not any(inner)
            return all(inner) if one.condition is FilterCondition.AND else any(inner)
        missing = data[name].get(one.key) is None
        if missing and one.operator not in (FilterOperator.NE, FilterOperator.NIN, FilterOperator.IS_EMPTY):
            return False
        return build_metadata_filter_fn(lambda key: data[key], MetadataFilters(filters=[one]))(name)

    if not any(isinstance(one, MetadataFilters) for one in filters.filters):
        return [name for name in data if matches(name)]
    return [name for name in data if holds(name, filters)]


def one(key: str, operator: str, value: Any) -> MetadataFilter:
    return MetadataFilter(key=key, operator=FilterOperator(operator), value=value)


@pytest.mark.parametrize(("key", "operator", "value"), OPERATORS)
def test_filters_mean_what_llama_index_says(filled, key: str, operator: str, value: Any) -> None:
    filters = MetadataFilters(filters=[one(key, operator, value)])
    assert sorted(filled.query(asked("birds", filters=filters)).ids) == matching(filters)


def test_filters_within_filters(filled) -> None:
    birds = MetadataFilters(
        filters=[one("kind", "==", "bird"), one("kind", "==", "bird, black")], condition=FilterCondition.OR
    )
    for condition in FilterCondition:
        for inner in (birds, one("n", ">", 1)):
            filters = MetadataFilters(filters=[inner, one("n", "<", 3)], condition=condition)
            assert sorted(filled.query(asked("birds", filters=filters)).ids) == matching(filters)
    assert filled.query(asked("birds", filters=MetadataFilters(filters=[one("n", "in", [])]))).ids == []
    everything = MetadataFilters(filters=[one("n", "nin", [])])
    assert len(filled.query(asked("birds", filters=everything)).ids) == 4


def test_what_a_query_may_not_say(filled) -> None:
    wrong = [
        (one("size", "==", 1), "the fields that can be asked for are: kind, colors, n, about"),
        (one("kind", ">", "a"), "which is TAG, has the operator '>'"),
        (one("n", "==", "many"), "it must be a number"),
        (one("about", "==", "bread"), "which is TEXT, has the operator '=='"),
        (one("about", "text_match", "?!"), "there is no word in it"),
        (one("kind", "==", None), "has no value"),
    ]
    for filter, text in wrong:
        with pytest.raises(ValueError, match=text):
            filled.query(asked("birds", filters=MetadataFilters(filters=[filter])))
    with pytest.raises(ValueError, match="mode is 'svm': it must be one of 'default'"):
        filled.query(asked("birds", mode=VectorStoreQueryMode.SVM))
    with pytest.raises(ValueError, match="node_ids cannot be with mode 'hybrid'"):
        filled.query(asked("birds", node_ids=["a"], mode=VectorStoreQueryMode.HYBRID))
    with pytest.raises(ValueError, match="query_embedding is missing"):
        filled.query(VectorStoreQuery())
    with pytest.raises(ValueError, match="needs words"):
        filled.query(VectorStoreQuery(query_str="?", mode=VectorStoreQueryMode.TEXT_SEARCH))
    with pytest.raises(ValueError, match="the store has a field of that name"):
        NuthatchVectorStore(fields={"text": "TAG"})


def test_only_some_nodes_and_documents(filled) -> None:
    assert sorted(filled.query(asked("birds", node_ids=["c", "d"])).ids) == ["c", "d"]
    assert filled.query(asked("flour", node_ids=["c", "d"], mode=VectorStoreQueryMode.SPARSE)).ids == ["c"]
    # LlamaIndex gives empty lists where it means all.
    assert len(filled.query(asked("birds", node_ids=[], doc_ids=[])).ids) == 4
    assert filled.get_nodes([]) == []
    assert filled.query(asked("birds", doc_ids=["none"])).ids == []


def test_diversity(filled) -> None:
    filled.add([TextNode(id_="e", text="x", embedding=Words.one(ROWS[0][1]).tolist())])
    near = asked(ROWS[0][1], k=2)
    assert sorted(filled.query(near).ids) == ["a", "e"]
    near.mode, near.mmr_threshold = VectorStoreQueryMode.MMR, 0.1
    found = filled.query(near)
    assert len({"a", "e"} & set(found.ids)) == 1
    assert len(found.nodes) == 2


def test_other_kinds_of_nodes_come_back_as_they_were(filled) -> None:
    node = IndexNode(id_="i", text="see there", index_id="there", embedding=Words.one("see there").tolist())
    filled.add([node])
    [found] = filled.get_nodes(["i"])
    assert isinstance(found, IndexNode)
    assert (found.index_id, found.text) == ("there", "see there")


def test_an_index_of_documents(store) -> None:
    embeddings = WordEmbeddings()
    Settings.llm = MockLLM()
    documents = [
        Document(text=text, metadata={"kind": metadata["kind"]}, id_=f"file:{name}, one")
        for name, text, metadata in ROWS
    ]
    context = StorageContext.from_defaults(vector_store=store)
    index = VectorStoreIndex.from_documents(documents, storage_context=context, embed_model=embeddings)
    [best] = index.as_retriever(similarity_top_k=1).retrieve("bread made of flour")
    assert best.node.get_content() == ROWS[2][1]
    assert best.node.ref_doc_id == "file:c, one"
    assert 0.5 < best.score <= 1.0
    only = store.query(asked("bread", doc_ids=["file:a, one"]))
    assert [node.ref_doc_id for node in only.nodes] == ["file:a, one"]
    index.delete_ref_doc("file:c, one")
    assert len(store.get_nodes()) == 3
    answer = index.as_query_engine(llm=MockLLM(), similarity_top_k=2).query("what climbs down trees")
    assert ROWS[0][1] in str(answer)


async def test_asynchronous_calls() -> None:
    store = NuthatchVectorStore(fields=FIELDS)
    await store.async_add(nodes())
    found = await store.aquery(asked(ROWS[1][1], k=1))
    assert found.ids == ["b"]
    assert math.isclose(found.similarities[0], 1.0, abs_tol=1e-5)
    assert len(await store.aget_nodes()) == 4
    await store.adelete_nodes(["a"])
    await store.adelete("none")
    assert len(await store.aget_nodes()) == 3
    await store.aclear()
    assert await store.aget_nodes() == []
