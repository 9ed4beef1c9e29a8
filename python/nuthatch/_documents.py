"""Texts with vectors in one index, in the process or on a server: for the stores of other libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .cache.remote import _rows, _text, _texts
from .cache.store import check_fields
from .engine import Engine

SCORE = "distance"
Rows = list[tuple[str, dict[str, Any]]]
"""Names of documents and the fields that were asked for, with `SCORE` as a float."""


class Documents:
    """An index of hashes whose keys begin with its name.

    Args:
        client: A client of redis-py; by default an engine in the process.
        engine: That engine; by default a new one.
        name: The index.
        schema: Fields beside the vector.
        fields: Names and types of further ones, with `options` behind the type.
        algorithm: "HNSW" or "FLAT".
        options: What stands behind each type of `fields`.
        metric: Of distances: "COSINE", "L2" or "IP".
    """

    def __init__(
        self,
        client: Any,
        engine: Engine | None,
        name: str,
        schema: Sequence[object],
        fields: Mapping[str, str] | None,
        algorithm: str,
        options: Mapping[str, Sequence[str]] | None = None,
        metric: str = "COSINE",
    ) -> None:
        if client is not None and engine is not None:
            raise ValueError("client and engine: only one of them says where the documents are")
        if algorithm not in ("HNSW", "FLAT"):
            raise ValueError(f"algorithm is {algorithm!r}: it must be 'HNSW' or 'FLAT'")
        self.client = client if client is not None else engine or Engine()
        self.execute = self.client.execute if client is None else client.execute_command
        self.name = name
        self.prefix = f"{name}:"
        self.fields = check_fields(fields or {})
        self._schema = list(schema)
        for field, kind in self.fields.items():
            if field in schema:
                raise ValueError(f"fields has {field!r}: the store has a field of that name already")
            self._schema += [field, kind, *(options or {}).get(kind, ())]
        self._algorithm, self._metric = algorithm, metric
        self._is_made = False

    def put(self, name: str, vector: ArrayLike, pairs: Sequence[object]) -> None:
        """Puts a document over that of the same name."""
        row = np.asarray(vector, dtype=np.float32)
        self._make(len(row))
        key = self.prefix + name
        self.execute("DEL", key)
        self.execute("HSET", key, "vector", row.tobytes(), *pairs)

    def get(self, name: str, *fields: str) -> list[Any] | None:
        """Some fields of a document, or None."""
        values: list[Any] = self.execute("HMGET", self.prefix + name, *fields)
        return None if values[0] is None else values

    def delete(self, names: Sequence[str]) -> int:
        """Deletes documents; how many there were."""
        return int(self.execute("DEL", *(self.prefix + name for name in names))) if names else 0

    def clear(self) -> bool:
        """Deletes all, and the index; whether there was one."""
        self._is_made = False
        try:
            self.execute("FT.DROPINDEX", self.name, "DD")
        except Exception as error:
            if not _no_index(error):
                raise
            return False
        return True

    def nearest(
        self,
        vector: ArrayLike,
        k: int,
        clause: str,
        params: Sequence[object],
        shown: Sequence[str],
        options: Sequence[object] = (),
    ) -> Rows:
        """The documents nearest to a vector among those that match a clause, nearest first."""
        if k < 1:
            raise ValueError(f"k is {k}: it must be at least 1")
        blob = np.asarray(vector, dtype=np.float32).tobytes()
        query = f"({clause})=>[KNN {k} @vector $vector AS {SCORE}]"
        options = (*options, "SORTBY", SCORE)
        rows = self.search(query, ("vector", blob, *params), (SCORE, *shown), k, options)
        for _, fields in rows:
            fields[SCORE] = float(fields[SCORE])
        return rows

    def search(
        self,
        query: str,
        params: Sequence[object],
        shown: Sequence[str],
        count: int,
        options: Sequence[object] = (),
        start: int = 0,
    ) -> Rows:
        """The documents that match a query."""
        given = ("PARAMS", len(params), *params) if params else ()
        words = (*given, *options, "RETURN", len(shown), *shown, "LIMIT", start, count, "DIALECT", 2)
        reply = self._reply("FT.SEARCH", self.name, query, *words)
        return [] if reply is None else [(key[len(self.prefix) :], row) for key, row in _rows(reply)]

    def best(
        self,
        query: str,
        params: Sequence[object],
        shown: Sequence[str],
        count: int,
        options: Sequence[object],
    ) -> Rows:
        """The documents that match a query, best first, with scores of 0 to 1 as `SCORE`."""
        words = ("PARAMS", len(params), *params, *options, "WITHSCORES", "SCORER", "BM25STD.NORM")
        end = ("RETURN", len(shown), *shown, "LIMIT", 0, count, "DIALECT", 2)
        reply = self._reply("FT.SEARCH", self.name, query, *words, *end)
        if reply is None:
            return []
        if isinstance(reply, dict):
            given = [_texts(row) for row in _texts(reply)["results"]]
            scored = [(row["id"], row["score"], row["extra_attributes"]) for row in given]
        else:
            scored = list(zip(reply[1::3], reply[2::3], reply[3::3]))
        return [
            (_text(key)[len(self.prefix) :], {**_texts(fields), SCORE: float(score)})
            for key, score, fields in scored
        ]

    def only(self, names: Sequence[str] | None) -> tuple[object, ...]:
        """The option that lets in only documents of some names; none for all."""
        return ("INKEYS", len(names), *(self.prefix + name for name in names)) if names else ()

    def _reply(self, *command: object) -> Any:
        """None if there is no index, for nothing was added yet."""
        try:
            return self.execute(*command)
        except Exception as error:
            if _no_index(error):
                return None
            raise

    def rows(self, hybrid: Sequence[object]) -> Rows:
        """The rows of an `FT.HYBRID` that loads `@__key`."""
        reply = self._reply(*hybrid)
        if reply is None:
            return []
        found = [_texts(row) for row in _texts(reply)["results"]]
        return [(_text(row["__key"])[len(self.prefix) :], row) for row in found]

    def _make(self, dimensions: int) -> None:
        if self._is_made:
            return
        command: list[object] = ["FT.CREATE", self.name, "PREFIX", 1, self.prefix, "SCHEMA", *self._schema]
        command += ["vector", "VECTOR", self._algorithm, 6, "TYPE", "FLOAT32", "DIM", dimensions]
        command += ["DISTANCE_METRIC", self._metric]
        try:
            self.execute(*command)
        except Exception as error:
            if "exists" not in str(error).lower():
                raise
        self._is_made = True


def _no_index(error: Exception) -> bool:
    return "no such index" in str(error).lower()
