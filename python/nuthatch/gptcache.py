"""GPTCache: its vectors in an engine in the process, or on a server.

manager = get_data_manager(CacheBase("sqlite"), NuthatchVectors(dimension=384))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gptcache.manager.vector_data.base import VectorBase, VectorData
from numpy.typing import NDArray

from ._documents import SCORE, Documents
from .engine import Engine


class NuthatchVectors(VectorBase):  # type: ignore[misc]
    """GPTCache's store of vectors, for `get_data_manager`. Distances are squared Euclidean ones, as of its
    own stores, so that its evaluations mean what they do with those.

    Args:
        dimension: Of its vectors.
        top_k: Neighbours that are looked at where a call says nothing else.
        client: A client of redis-py; by default an engine in the process of its own.
        engine: An engine in the process to share.
        index_name: The name of the index; keys begin with it.
        algorithm: "HNSW" or "FLAT".
    """

    def __init__(
        self,
        dimension: int,
        *,
        top_k: int = 1,
        client: Any = None,
        engine: Engine | None = None,
        index_name: str = "gptcache",
        algorithm: str = "HNSW",
    ) -> None:
        for name, value in (("dimension", dimension), ("top_k", top_k)):
            if value < 1:
                raise ValueError(f"{name} is {value}: it must be at least 1")
        self._dimension = dimension
        self._top_k = top_k
        self._documents = Documents(client, engine, index_name, (), None, algorithm, metric="L2")

    def mul_add(self, datas: list[VectorData]) -> None:
        """Adds vectors, each over that of the same id."""
        for data in datas:
            self._documents.put(str(int(data.id)), self._row(data.data), ())

    # Its base says that it gives nothing, and takes what it gives.
    def search(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, data: NDArray[np.float32], top_k: int = -1
    ) -> list[tuple[float, int]]:
        """Distances and ids of the vectors nearest to one, nearest first."""
        k = self._top_k if top_k == -1 else top_k
        rows = self._documents.nearest(self._row(data), k, "*", (), ())
        return [(fields[SCORE], int(name)) for name, fields in rows]

    def get_embeddings(self, data_id: int | str) -> NDArray[np.float32] | None:
        """The vector of an id, or None."""
        values = self._documents.get(str(data_id), "vector")
        return None if values is None else np.frombuffer(values[0], dtype=np.float32)

    def update_embeddings(self, data_id: int | str, emb: NDArray[np.float32]) -> None:
        """Puts another vector in the place of that of an id."""
        self._documents.put(str(data_id), self._row(emb), ())

    def rebuild(self, ids: list[int] | None = None) -> bool:
        """There is nothing to rebuild: what was deleted is gone."""
        return True

    def delete(self, ids: list[int]) -> bool:
        """Deletes vectors."""
        self._documents.delete([str(int(one)) for one in ids])
        return True

    def _row(self, vector: Any) -> NDArray[np.float32]:
        row = np.asarray(vector, dtype=np.float32).reshape(-1)
        if len(row) != self._dimension:
            raise ValueError(f"a vector has {len(row)} dimensions: it must have {self._dimension}")
        return row
