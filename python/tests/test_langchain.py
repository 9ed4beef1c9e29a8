"""LangChain's own calls on the cache and the store."""

from __future__ import annotations

import pytest

pytest.importorskip("langchain_core")

from langchain_core.caches import InMemoryCache
from langchain_core.embeddings import Embeddings
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from nuthatch import Engine, SemanticCache
from nuthatch.langchain import NuthatchCache, NuthatchVectorStore

from .conftest import Words


class WordEmbeddings(Embeddings):
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [Words.one(text).tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return Words.one(text).tolist()


def model(cache: NuthatchCache | InMemoryCache, *answers: str) -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter([AIMessage(answer) for answer in answers]), cache=cache)


def test_a_model_is_asked_once_for_what_means_the_same(words) -> None:
    cache = NuthatchCache(SemanticCache(words, threshold=0.9))
    chat = model(cache, "first", "second", "third", "fourth")
    assert chat.invoke("what does a nuthatch eat in winter time").content == "first"
    assert chat.invoke("What does a nuthatch eat in winter time?").content == "first"
    assert chat.invoke("what does a nuthatch eat in the winter time").content == "first"
    assert chat.invoke("how many eggs are in a nest").content == "second"
    # Said after other words, it is another question.
    told = [SystemMessage("Answer in rhymes only"), HumanMessage("what does a nuthatch eat in winter time")]
    assert chat.invoke(told).content == "third"
    assert chat.invoke(told).content == "third"
    cache.clear()
    assert chat.invoke("how many eggs are in a nest").content == "fourth"


def test_images_are_found_again_only_as_they_are(words) -> None:
    cache = NuthatchCache(SemanticCache(words, threshold=-1.0, guard=False))
    chat = model(cache, "a bird", "a cat")

    def image(data: str) -> list[HumanMessage]:
        parts = [{"type": "text", "text": "what is this"}, {"type": "image_url", "image_url": {"url": data}}]
        return [HumanMessage(parts)]

    assert chat.invoke(image("data:1")).content == "a bird"
    assert chat.invoke(image("data:1")).content == "a bird"
    assert chat.invoke(image("data:2")).content == "a cat"


async def test_asynchronous_calls(words) -> None:
    chat = model(NuthatchCache(SemanticCache(words)), "first", "second")
    assert (await chat.ainvoke("a question")).content == "first"
    assert (await chat.ainvoke("a question")).content == "first"


TEXTS = ["the nuthatch climbs down trees", "the blackbird sings at dusk", "bread is made of flour"]
DATA = [{"kind": "bird", "n": 1}, {"kind": "bird, black", "n": 2}, {"kind": "food", "n": 3}]
FIELDS = {"kind": "TAG", "n": "NUMERIC"}


@pytest.fixture(params=["engine", "embedded client", "server"])
def store(request) -> NuthatchVectorStore:
    options = {}
    if request.param == "engine":
        options["engine"] = Engine()
    elif request.param == "embedded client":
        import nuthatch

        options["client"] = nuthatch.embedded_client()
    else:
        import redis

        options["client"] = redis.Redis.from_url(request.getfixturevalue("url"))
    return NuthatchVectorStore(WordEmbeddings(), fields=FIELDS, **options)


def test_texts_are_found_by_what_they_say(store) -> None:
    assert store.similarity_search("anything") == []
    ids = store.add_texts(TEXTS, DATA, ids=["a", "b", "c"])
    assert ids == ["a", "b", "c"]
    [best, *_] = store.similarity_search_with_score("a nuthatch climbs trees", k=2)
    assert best[0].id == "a"
    assert best[0].metadata == DATA[0]
    assert 0 < best[1] < 0.5
    found = store.similarity_search_with_relevance_scores("bread is made of flour", k=1)
    assert found[0][1] == pytest.approx(1.0, abs=1e-5)
    assert [d.id for d in store.similarity_search("birds", k=3, filter={"kind": "food"})] == ["c"]
    assert [d.id for d in store.similarity_search("birds", k=3, filter={"kind": "black"})] == ["b"]
    assert [d.id for d in store.similarity_search("birds", k=3, filter={"n": 2})] == ["b"]
    assert [d.id for d in store.similarity_search("birds", k=3, filter="@n:[3 +inf]")] == ["c"]
    assert store.similarity_search("birds", filter={"kind": "x} | @kind:{food"}) == []
    with pytest.raises(ValueError, match="the fields that can be asked for are: kind, n"):
        store.similarity_search("birds", filter={"color": 1})


def test_documents_are_read_replaced_and_deleted(store) -> None:
    store.add_texts(TEXTS, DATA, ids=["a", "b", "c"])
    assert [document.page_content for document in store.get_by_ids(["c", "none", "a"])] == [
        TEXTS[2],
        TEXTS[0],
    ]
    store.add_texts(["something else"], ids=["a"])
    assert store.get_by_ids(["a"])[0].metadata == {}
    assert store.delete(["a", "none"]) is True
    assert store.delete(["a"]) is False
    assert store.get_by_ids(["a"]) == []
    assert store.delete() is True
    assert store.similarity_search("anything") == []
    with pytest.raises(ValueError, match="2 texts need as many ids"):
        store.add_texts(["x", "y"], ids=["z"])


def test_a_store_retrieves(store) -> None:
    retriever = store.from_texts(TEXTS, WordEmbeddings(), index_name="other").as_retriever(
        search_kwargs={"k": 1}
    )
    assert retriever.invoke("flour for bread")[0].page_content == TEXTS[2]
