"""LangChain: its cache of answers, and its store of vectors.

from langchain_core.globals import set_llm_cache
set_llm_cache(NuthatchCache(SemanticCache(embedder)))
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.load import dumps, loads
from langchain_core.outputs import Generation
from langchain_core.vectorstores import VectorStore

from ._documents import SCORE, Documents
from .cache import SemanticCache
from .cache.remote import _text
from .cache.store import written
from .embed.base import unit
from .engine import Engine


class NuthatchCache(BaseCache):
    """LangChain's cache of answers on a `SemanticCache`.

    The last message is the prompt, those before it are its context, and the model with all its settings
    is the scope: an answer is found again only for the same model, and after the same words. What is not
    all text, an image say, is found again only when it is exactly the same.

    Args:
        cache: Where answers are kept.
        scope: More of the scope, as `{"tenant": "acme"}`.
    """

    def __init__(self, cache: SemanticCache, *, scope: Mapping[str, object] | None = None) -> None:
        self.cache = cache
        self._scope = dict(scope or {})

    def lookup(self, prompt: str, llm_string: str) -> Sequence[Generation] | None:
        """The answer to a prompt that means the same, or None."""
        text, context, is_text = _conversation(prompt)
        threshold = None if is_text else 1.0
        scope = self._of(llm_string)
        hit = self.cache.get(text, scope=scope, context=context, threshold=threshold)
        return None if hit is None else [_loaded(one) for one in hit.response]

    def update(self, prompt: str, llm_string: str, return_val: Sequence[Generation]) -> None:
        """Keeps an answer."""
        text, context, _ = _conversation(prompt)
        response = [dumps(generation) for generation in return_val]
        self.cache.put(text, response, scope=self._of(llm_string), context=context)

    def clear(self, **kwargs: Any) -> None:
        """Forgets all answers."""
        self.cache.clear()

    def _of(self, llm_string: str) -> dict[str, object]:
        return {**self._scope, "llm": llm_string}


def _conversation(prompt: str) -> tuple[str, tuple[str, ...], bool]:
    """Prompt, context, and whether all of it is text. LangChain gives messages as JSON."""
    try:
        messages = json.loads(prompt)
    except ValueError:
        messages = None
    if not isinstance(messages, list) or not messages:
        return prompt, (), bool(prompt.strip())
    said: list[str] = []
    for message in messages:
        held = message.get("kwargs", {}) if isinstance(message, dict) else {}
        content = held.get("content")
        extra = held.get("tool_calls") or (held.get("additional_kwargs") or {})
        if not isinstance(content, str) or not content.strip() or extra:
            return prompt, (), False
        said.append(f"{held.get('type', '')}: {content}")
    return messages[-1]["kwargs"]["content"], tuple(said[:-1]), True


def _loaded(text: str) -> Generation:
    # What is read is made into nothing but LangChain's own values.
    generation: Generation = loads(text, allowed_objects="core")
    return generation


class NuthatchVectorStore(VectorStore):
    """LangChain's store of vectors, in the process or on a server.

    Args:
        embedding: LangChain's embeddings.
        client: A client of redis-py; by default an engine in the process of its own.
        engine: An engine in the process to share.
        index_name: The name of the index; keys begin with it.
        fields: Names and types ("TAG", "NUMERIC", "TEXT") of metadata that filters can ask for.
        algorithm: "HNSW" or "FLAT".
    """

    def __init__(
        self,
        embedding: Embeddings,
        *,
        client: Any = None,
        engine: Engine | None = None,
        index_name: str = "langchain",
        fields: Mapping[str, str] | None = None,
        algorithm: str = "HNSW",
    ) -> None:
        self._embedding = embedding
        self._documents = Documents(client, engine, index_name, ("text", "TEXT"), fields, algorithm)

    @property
    def embeddings(self) -> Embeddings:
        """LangChain's embeddings."""
        return self._embedding

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Adds texts, each over that of the same id; their ids."""
        given = list(texts)
        if not given:
            return []
        names = list(ids) if ids is not None else [uuid.uuid4().hex for _ in given]
        data = metadatas if metadatas is not None else [{} for _ in given]
        if len(names) != len(given) or len(data) != len(given):
            raise ValueError(f"{len(given)} texts need as many ids and metadatas: {len(names)}, {len(data)}")
        vectors = unit(self._embedding.embed_documents(given), len(given))
        for name, text, metadata, vector in zip(names, given, data, vectors):
            stored = ("text", text, "metadata", json.dumps(metadata))
            self._documents.put(name, vector, (*stored, *written(metadata, self._documents.fields)))
        return names

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """The documents most like a text; `filter` as in `similarity_search_with_score`."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: str | Mapping[str, Any] | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The documents most like a text, with the cosine distance of each.

        Args:
            query: The text.
            k: Documents, at most.
            filter: A query over `fields`, or values that these must have.
            kwargs: Not used.
        """
        return self._nearest(self._embedding.embed_query(query), k, filter)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: str | Mapping[str, Any] | None = None, **kwargs: Any
    ) -> list[Document]:
        """The documents nearest to a vector."""
        return [document for document, _ in self._nearest(embedding, k, filter)]

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of some ids, those that are there, in this order."""
        found = []
        for name in ids:
            values = self._documents.get(name, "text", "metadata")
            if values is not None:
                text, metadata = values
                found.append(Document(id=name, page_content=_text(text), metadata=json.loads(metadata)))
        return found

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """Deletes documents by id, all without ids; whether there was any."""
        return self._documents.clear() if ids is None else self._documents.delete(ids) > 0

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> NuthatchVectorStore:
        """A store of texts; `kwargs` as of the class."""
        store = cls(embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def _select_relevance_score_fn(self) -> Any:
        return lambda distance: 1.0 - distance

    def _nearest(
        self, vector: Sequence[float], k: int, filter: str | Mapping[str, Any] | None
    ) -> list[tuple[Document, float]]:
        clause, params = self._clause(filter)
        found = []
        for name, fields in self._documents.nearest(vector, k, clause, params, ("text", "metadata")):
            metadata = json.loads(fields["metadata"])
            document = Document(id=name, page_content=_text(fields["text"]), metadata=metadata)
            found.append((document, fields[SCORE]))
        return found

    def _clause(self, filter: str | Mapping[str, Any] | None) -> tuple[str, list[object]]:
        """A query and its parameters: values are never part of a query's text."""
        if filter is None:
            return "*", []
        if isinstance(filter, str):
            return filter, []
        clauses: list[str] = []
        params: list[object] = []
        for number, (name, value) in enumerate(filter.items()):
            kind = self._documents.fields.get(name)
            if kind is None:
                known = ", ".join(self._documents.fields) or "none"
                raise ValueError(f"filter has {name!r}: the fields that can be asked for are: {known}")
            parameter = f"f{number}"
            forms = {"TAG": "@{0}:{{${1}}}", "NUMERIC": "@{0}:[${1} ${1}]", "TEXT": "@{0}:(${1})"}
            clauses.append(forms[kind].format(name, parameter))
            params += [parameter, str(value)]
        return " ".join(clauses) or "*", params
