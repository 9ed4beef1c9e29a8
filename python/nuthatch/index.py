"""An index of an engine in the process, and batch searches for nearest neighbours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .results import Results, results

if TYPE_CHECKING:
    from .engine import Engine

_NUMPY_TYPES: dict[str, type[np.generic]] = {
    "FLOAT64": np.float64,
    "FLOAT32": np.float32,
    "FLOAT16": np.float16,
    "INT8": np.int8,
    "UINT8": np.uint8,
}
"""How NumPy calls the types of vector fields; it has no BFLOAT16."""


class Neighbours(NamedTuple):
    """What `Index.knn` finds: for each query its neighbours, nearest first."""

    keys: list[list[bytes]]
    """Keys of documents; fewer than k where fewer match."""
    distances: NDArray[np.float32]
    """`[n, w]`, w the length of the longest list of keys; infinite where there is no key."""

    def _repr_html_(self) -> str:
        from ._html import table

        rows = []
        for number, keys in enumerate(self.keys):
            shown = [
                f"{key.decode('utf-8', 'backslashreplace')} ({distance:.4g})"
                for key, distance in zip(keys, self.distances[number])
            ]
            rows.append([str(number), ", ".join(shown)])
        return table(["query", "nearest (distance)"], rows)


class Index:
    """An index of an `Engine`; made by `Engine.index`."""

    __slots__ = ("_engine", "_fields", "_name", "name")

    def __init__(self, engine: Engine, name: str | bytes) -> None:
        self._engine = engine
        self._name = name.encode() if isinstance(name, str) else bytes(name)
        self.name = self._name.decode("utf-8", "backslashreplace")
        self._fields: dict[str, tuple[type[np.generic] | None, int]] = {}
        self._read_fields()

    def info(self) -> dict[str, Any]:
        """What `FT.INFO` says, with names as str."""
        command = ("FT.INFO", self._name)
        info: dict[str, Any] = self._engine._native.execute(command, 3, True)
        return info

    def search(
        self,
        query: str | bytes = "*",
        *options: object,
        params: Mapping[str, object] | None = None,
        limit: int = 10,
        offset: int = 0,
    ) -> Results:
        """The documents that match a query, as rows that notebooks show.

        Args:
            query: As of `FT.SEARCH`, with `=>[KNN …]` too.
            options: Others of `FT.SEARCH`, as they are: `"SORTBY", "price", "WITHSCORES"`.
            params: Parameters of the query: an array is a vector.
            limit: Rows, at most.
            offset: Rows that are passed over.

        Raises:
            Error: The engine refused the query; the text says why.
        """
        command: list[object] = ["FT.SEARCH", self._name, query, *options, "LIMIT", offset, limit]
        if params:
            command += ["PARAMS", 2 * len(params)]
            for name, value in params.items():
                command += [name, value]
        command += ["DIALECT", 2]
        return results(self._engine._native.execute(tuple(command), 3, True))

    def knn(
        self,
        queries: ArrayLike,
        k: int = 10,
        *,
        field: str | None = None,
        filter: str | bytes = "*",
        params: Mapping[str, str | bytes | int | float] | None = None,
        ef: int | None = None,
        threads: int | None = None,
    ) -> Neighbours:
        """The nearest documents of each query, for many queries at once.

        An array of the field's own type in C order is read where it lies; any other is converted once.
        The filter is evaluated once for all queries.

        Args:
            queries: `[n, d]` for n queries, or `[d]` for one; d is the field's dimension.
            k: Neighbours of each, at most.
            field: The vector field; may be left out when the index has one only.
            filter: A query that documents must match, as in `FT.SEARCH`; `*` is all.
            params: Parameters of the filter.
            ef: Candidates in a graph: more find better and take longer; by default the field's own.
            threads: How many threads search; by default one a core, no more than queries.

        Returns:
            Keys and distances of each query.

        Raises:
            Error: The engine refused the filter, or the index is gone.
            ValueError: The array has another shape, or there is no such vector field.
        """
        name, dtype, dimensions = self._field(field)
        rows = _packed(queries, dtype, dimensions, name)
        given = [(key.encode(), _bytes(value)) for key, value in (params or {}).items()]
        if threads is None:
            threads = os.cpu_count() or 1
        if threads < 1:
            raise ValueError(f"threads is {threads}: it must be at least 1")
        if k < 1:
            raise ValueError(f"k is {k}: it must be at least 1")
        text = filter.encode() if isinstance(filter, str) else bytes(filter)
        keys, distances = self._engine._native.nearest(
            self._name, name.encode(), rows, k, ef, text, given, threads
        )
        return Neighbours(keys, distances)

    def __repr__(self) -> str:
        info = self.info()
        return f"<nuthatch.Index {self.name!r}: {info.get('num_docs')} documents>"

    def _repr_html_(self) -> str:
        from ._html import paragraph, table

        info = self.info()
        rows = []
        for attribute in info.get("attributes", []):
            rows.append([str(attribute.get("attribute")), str(attribute.get("type"))])
        return paragraph(f"{self.name}: {info.get('num_docs')} documents") + table(["field", "type"], rows)

    def _read_fields(self) -> None:
        """Learns the vector fields: NumPy's type and the dimension of each."""
        self._fields.clear()
        for attribute in self.info().get("attributes", []):
            if str(attribute.get("type")).upper() == "VECTOR":
                element = _NUMPY_TYPES.get(str(attribute.get("data_type")).upper())
                self._fields[str(attribute["attribute"])] = (element, int(attribute["dim"]))

    def _field(self, field: str | None) -> tuple[str, type[np.generic] | None, int]:
        if field not in self._fields and (field is not None or len(self._fields) != 1):
            # FT.ALTER may have added it.
            self._read_fields()
        if field is None:
            if len(self._fields) != 1:
                names = ", ".join(self._fields) or "none"
                raise ValueError(f"field is needed: the vector fields of {self.name!r} are: {names}")
            field = next(iter(self._fields))
        if field not in self._fields:
            names = ", ".join(self._fields) or "none"
            raise ValueError(f"field is {field!r}: the vector fields of {self.name!r} are: {names}")
        return (field, *self._fields[field])


def _packed(
    queries: ArrayLike, dtype: type[np.generic] | None, dimensions: int, field: str
) -> NDArray[np.uint8]:
    """Rows of bytes as the field has them, `[n, bytes]`, without a copy where that is possible."""
    array = np.asarray(queries)
    if array.ndim == 1:
        array = array.reshape(1, -1)
    if dtype is None:
        # BFLOAT16: two bytes that NumPy has no numbers for.
        if array.dtype.itemsize != 2:
            raise ValueError(f"queries of {field!r} must be BFLOAT16, as an array of 2 bytes an element")
    else:
        array = array.astype(dtype, copy=False)
    if array.ndim != 2 or array.shape[1] != dimensions:
        shape = list(np.shape(queries))
        raise ValueError(f"queries have the shape {shape}: it must be [n, {dimensions}] or [{dimensions}]")
    return np.ascontiguousarray(array).view(np.uint8).reshape(len(array), -1 if len(array) else 1)


def _bytes(value: str | bytes | int | float) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode()
