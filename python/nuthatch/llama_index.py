"""LlamaIndex: its store of vectors, in the process or on a server.

store = NuthatchVectorStore(fields={"topic": "TAG", "year": "NUMERIC"})
context = StorageContext.from_defaults(vector_store=store)
index = VectorStoreIndex.from_documents(documents, storage_context=context)
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.indices.query.embedding_utils import get_top_k_mmr_embeddings
from llama_index.core.schema import BaseNode, MetadataMode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.core.vector_stores.utils import metadata_dict_to_node, node_to_metadata_dict

from ._documents import SCORE, Documents, Rows
from ._llama_filters import SEPARATOR, Clauses
from .cache.keys import digest
from .cache.remote import _text
from .engine import Engine

_SHOWN = ("text", "node")
_OPTIONS = {
    "TAG": ("SEPARATOR", SEPARATOR, "CASESENSITIVE", "INDEXEMPTY", "INDEXMISSING"),
    "NUMERIC": ("INDEXMISSING",),
    "TEXT": ("INDEXMISSING",),
}
_BATCH = 1000
_WORDS = 100
"""Words of a query that are looked for, at most."""
_MMR_FACTOR = 4
"""Candidates that diversity is chosen from, for each that is wanted."""

_BY_WORDS = (VectorStoreQueryMode.TEXT_SEARCH, VectorStoreQueryMode.SPARSE)
_BY_BOTH = (VectorStoreQueryMode.HYBRID, VectorStoreQueryMode.SEMANTIC_HYBRID)
_MODES = (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR, *_BY_WORDS, *_BY_BOTH)


class NuthatchVectorStore(BasePydanticVectorStore):
    """LlamaIndex's store of vectors.

    Queries are by vector, by words (`text_search`, `sparse`), by both (`hybrid`: `FT.HYBRID`; with `alpha`
    by weights, 1 is vectors alone, else by ranks), or for diversity (`mmr`). Filters work on `fields`, with
    every operator of LlamaIndex, nested as you like; their values are parameters, and cannot change what a
    query means.

    Args:
        client: A client of redis-py; by default an engine in the process of its own.
        engine: An engine in the process to share.
        index_name: The name of the index; keys begin with it.
        fields: Names and types ("TAG", "NUMERIC", "TEXT") of metadata that filters can ask for.
        algorithm: "HNSW" or "FLAT".
    """

    stores_text: bool = True
    flat_metadata: bool = False

    _documents: Documents = PrivateAttr()

    def __init__(
        self,
        *,
        client: Any = None,
        engine: Engine | None = None,
        index_name: str = "llama_index",
        fields: Mapping[str, str] | None = None,
        algorithm: str = "HNSW",
    ) -> None:
        super().__init__(stores_text=True)
        schema = ("text", "TEXT", "document", "TAG")
        self._documents = Documents(client, engine, index_name, schema, fields, algorithm, _OPTIONS)

    @classmethod
    def class_name(cls) -> str:
        """The name by which LlamaIndex knows it."""
        return "NuthatchVectorStore"

    @property
    def client(self) -> Any:
        """The client, or the engine."""
        return self._documents.client

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Adds nodes with their embeddings, each over that of the same id; their ids."""
        for node in nodes:
            about = node_to_metadata_dict(node, remove_text=True, flat_metadata=False)
            text = node.get_content(metadata_mode=MetadataMode.NONE)
            pairs = ["text", text, "node", json.dumps(about), "document", _document(node.ref_doc_id)]
            for name, kind in self._documents.fields.items():
                value = node.metadata.get(name)
                if value is not None and not (kind == "NUMERIC" and value == ""):
                    pairs += [name, _written(value)]
            self._documents.put(node.node_id, node.get_embedding(), pairs)
        return [node.node_id for node in nodes]

    def get_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """The nodes of some ids that are there, or all that match filters; in the order of their adding."""
        if node_ids is None or filters is not None:
            return [_node(fields) for _, fields in self._found(None, node_ids, filters)]
        found = (self._documents.get(name, *_SHOWN) for name in node_ids)
        return [_node(dict(zip(_SHOWN, values))) for values in found if values is not None]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Deletes the nodes of a document."""
        self._documents.delete([name for name, _ in self._found([ref_doc_id], None, None)])

    def delete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """Deletes the nodes that have one of some ids, or match filters, or both if both are given."""
        if node_ids is None and filters is None:
            raise ValueError("delete what? Give node_ids or filters; clear() deletes all")
        if filters is None:
            self._documents.delete(node_ids or [])
        else:
            self._documents.delete([name for name, _ in self._found(None, node_ids, filters)])

    def clear(self) -> None:
        """Deletes all nodes."""
        self._documents.clear()

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The nodes that answer a query, best first.

        Raises:
            ValueError: It has a mode that is not there, a filter over a name that is none of `fields`, or
                lacks what its mode needs.
        """
        if query.mode not in _MODES:
            names = ", ".join(repr(mode.value) for mode in _MODES)
            raise ValueError(f"mode is {query.mode.value!r}: it must be one of {names}")
        clauses = Clauses(self._documents.fields)
        clause = clauses.of(query.filters)
        # LlamaIndex gives empty lists where all are meant.
        if query.doc_ids:
            clause = f"({clause}) {_documents_clause(query.doc_ids)}"
        if query.node_ids and query.mode in _BY_BOTH:
            raise ValueError(f"node_ids cannot be with mode {query.mode.value!r}: filters can")
        options = self._documents.only(query.node_ids)
        if query.mode in _BY_WORDS:
            rows = self._by_words(query, clause, clauses, options)
        elif query.mode in _BY_BOTH:
            rows = self._by_both(query, clause, clauses)
        else:
            rows = self._by_vector(query, clause, clauses, options)
        return VectorStoreQueryResult(
            nodes=[_node(fields) for _, fields in rows],
            similarities=[float(fields[SCORE]) for _, fields in rows],
            ids=[name for name, _ in rows],
        )

    def _by_vector(
        self, query: VectorStoreQuery, clause: str, clauses: Clauses, options: Sequence[object]
    ) -> Rows:
        vector, count = _embedding(query), query.similarity_top_k
        diverse = query.mode is VectorStoreQueryMode.MMR
        k, shown = (count * _MMR_FACTOR, (*_SHOWN, "vector")) if diverse else (count, _SHOWN)
        rows = self._documents.nearest(vector, k, clause, clauses.params, shown, options)
        for _, fields in rows:
            fields[SCORE] = 1.0 - fields[SCORE]
        if not diverse:
            return rows
        vectors = [np.frombuffer(fields["vector"], dtype=np.float32).tolist() for _, fields in rows]
        similarities, chosen = get_top_k_mmr_embeddings(
            vector, vectors, similarity_top_k=count, mmr_threshold=query.mmr_threshold
        )
        for similarity, place in zip(similarities, chosen):
            rows[place][1][SCORE] = similarity
        return [rows[place] for place in chosen]

    def _by_words(
        self, query: VectorStoreQuery, clause: str, clauses: Clauses, options: Sequence[object]
    ) -> Rows:
        count = query.sparse_top_k or query.similarity_top_k
        text = f"({clause}) {_words(query, clauses)}"
        return self._documents.best(text, clauses.params, _SHOWN, count, options)

    def _by_both(self, query: VectorStoreQuery, clause: str, clauses: Clauses) -> Rows:
        vector = np.asarray(_embedding(query), dtype=np.float32)
        k = query.similarity_top_k
        alpha = query.alpha
        if alpha is not None and not 0 <= alpha <= 1:
            raise ValueError(f"alpha is {alpha}: it must be 0 (words alone) to 1 (vectors alone)")
        by_words: list[object] = ["SEARCH", _words(query, clauses), "FILTER", clause]
        by_vector: list[object] = ["VSIM", "@vector", "$vector", "KNN", 2, "K", k, "FILTER", clause]
        if alpha is not None:
            by_words += ["WEIGHT", 1 - alpha]
            by_vector += ["WEIGHT", alpha]
        clauses.params += ["vector", vector.tobytes()]
        count = query.hybrid_top_k or k
        how = "RRF" if alpha is None else "RELATIVE_SCORE"
        combine = ("COMBINE", how, 2, "WINDOW", max(count, 20), "YIELD_SCORE_AS", SCORE)
        command: list[object] = ["FT.HYBRID", self._documents.name, *by_words, *by_vector, *combine]
        command += ["LOAD", 3, "@__key", *(f"@{name}" for name in _SHOWN), "LIMIT", 0, count]
        return self._documents.rows([*command, "PARAMS", len(clauses.params), *clauses.params])

    def _found(
        self, documents: list[str] | None, node_ids: list[str] | None, filters: MetadataFilters | None
    ) -> Rows:
        clauses = Clauses(self._documents.fields)
        clause = clauses.of(filters)
        if documents is not None:
            clause = f"({clause}) {_documents_clause(documents)}"
        if node_ids == []:
            return []
        options = self._documents.only(node_ids)
        found: Rows = []
        while True:
            rows = self._documents.search(clause, clauses.params, _SHOWN, _BATCH, options, len(found))
            found += rows
            if len(rows) < _BATCH:
                return found

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """As `add`, in a thread."""
        return await asyncio.to_thread(self.add, nodes)

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """As `query`, in a thread."""
        return await asyncio.to_thread(self.query, query)

    async def aget_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        """As `get_nodes`, in a thread."""
        return await asyncio.to_thread(self.get_nodes, node_ids, filters)

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """As `delete`, in a thread."""
        await asyncio.to_thread(self.delete, ref_doc_id)

    async def adelete_nodes(
        self,
        node_ids: list[str] | None = None,
        filters: MetadataFilters | None = None,
        **delete_kwargs: Any,
    ) -> None:
        """As `delete_nodes`, in a thread."""
        await asyncio.to_thread(self.delete_nodes, node_ids, filters)

    async def aclear(self) -> None:
        """As `clear`, in a thread."""
        await asyncio.to_thread(self.clear)


def _node(fields: Mapping[str, Any]) -> BaseNode:
    return metadata_dict_to_node(json.loads(fields["node"]), text=_text(fields["text"]))


def _document(name: str | None) -> str:
    """A document's name as a tag: whatever it says."""
    return digest("document", name or "")


def _documents_clause(names: Sequence[str]) -> str:
    return f"@document:{{{' | '.join(_document(name) for name in names)}}}"


def _embedding(query: VectorStoreQuery) -> list[float]:
    if query.query_embedding is None:
        raise ValueError(f"query_embedding is missing: mode {query.mode.value!r} needs it")
    return query.query_embedding


def _words(query: VectorStoreQuery, clauses: Clauses) -> str:
    words = re.findall(r"\w+", query.query_str or "")[:_WORDS]
    if not words:
        raise ValueError(f"query_str is {query.query_str!r}: mode {query.mode.value!r} needs words in it")
    return f"@text:({' | '.join(clauses.parameter(word) for word in words)})"


def _written(value: object) -> str:
    return SEPARATOR.join(map(str, value)) if isinstance(value, (list, tuple, set)) else str(value)
