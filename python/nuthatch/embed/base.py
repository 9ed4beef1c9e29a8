"""What an embedder is, and embeddings that are remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Callable, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._native import unit_row as _unit_row

Embedder = Callable[[list[str]], Any]
"""From n texts to n vectors, `[n, d]`."""


_NO_DIRECTION = "the embedder gave a vector that is zero or not finite"


class EmbeddingError(ValueError):
    """An embedder gave something that is no list of vectors."""


class Counts(Protocol):
    """Who wants to know how much was embedded."""

    def add(self, name: str, amount: float = 1) -> None:
        """Counts something."""


class Embeddings:
    """Unit vectors of texts; those of the last texts are kept."""

    def __init__(self, embedder: Embedder, keep: int, counts: Counts) -> None:
        if not callable(embedder):
            kind = type(embedder).__name__
            raise TypeError(f"embedder is of type {kind}: it must be callable with a list of texts")
        if keep < 0:
            raise ValueError(f"embedding_cache is {keep}: it must be at least 0")
        self._embedder = embedder
        self._keep = keep
        self._counts = counts
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of some texts, `[n, d]`, with one call of the embedder for those that are new.

        Raises:
            EmbeddingError: The embedder gave something else.
        """
        if len(texts) == 1:
            return self.one(texts[0]).reshape(1, -1)
        known = self.known(texts)
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if new:
            known.update(self.keep(new, self._embedder(new)))
        return np.stack([known[text] for text in texts])

    def one(self, text: str) -> NDArray[np.float32]:
        """The vector of one text, `[d]`.

        Raises:
            EmbeddingError: The embedder gave something else.
        """
        vector = self.kept(text)
        if vector is not None:
            self._counts.add("embeddings_cached")
            return vector
        return self.new(text)

    def new(self, text: str) -> NDArray[np.float32]:
        """The vector of a text that is not kept yet.

        Raises:
            EmbeddingError: The embedder gave something else.
        """
        rows = self._embedder([text])
        vector = _unit_row(rows)
        if vector is None:
            vector = unit(rows, 1)[0]
        self._counts.add("embedded")
        if self._keep:
            with self._lock:
                self._kept[text] = vector
                if len(self._kept) > self._keep:
                    self._kept.popitem(last=False)
        return vector

    def kept(self, text: str) -> NDArray[np.float32] | None:
        """The vector of a text, if it is kept."""
        if not self._keep:
            return None
        with self._lock:
            vector = self._kept.get(text)
            if vector is not None:
                self._kept.move_to_end(text)
        return vector

    def known(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Those that are kept."""
        found = {}
        with self._lock:
            for text in texts:
                vector = self._kept.get(text)
                if vector is not None:
                    self._kept.move_to_end(text)
                    found[text] = vector
        if found:
            self._counts.add("embeddings_cached", len(found))
        return found

    def keep(self, texts: Sequence[str], vectors: ArrayLike) -> dict[str, NDArray[np.float32]]:
        """Vectors as unit vectors by text, kept for the next time."""
        rows = unit(vectors, len(texts))
        self._counts.add("embedded", len(texts))
        found = dict(zip(texts, rows))
        if self._keep:
            with self._lock:
                self._kept.update(found)
                while len(self._kept) > self._keep:
                    self._kept.popitem(last=False)
        return found


def unit(vectors: ArrayLike, count: int) -> NDArray[np.float32]:
    """Vectors of length 1, `[count, d]`.

    Raises:
        EmbeddingError: They are of another shape, or one is zero or not finite.
    """
    rows = _rows(vectors, count)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    if not np.all(np.isfinite(lengths)) or not np.all(lengths > 0):
        raise EmbeddingError(_NO_DIRECTION)
    return np.ascontiguousarray(rows / lengths[:, None], dtype=np.float32)


def _rows(vectors: ArrayLike, count: int) -> NDArray[np.float32]:
    try:
        rows = np.ascontiguousarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise EmbeddingError(f"the embedder gave no array of numbers: {error}") from error
    if rows.ndim != 2 or rows.shape[0] != count or rows.shape[1] == 0:
        raise EmbeddingError(
            f"the embedder gave the shape {list(rows.shape)} for {count} texts: it must be [{count}, d]"
        )
    return rows


def each(function: Callable[[str], ArrayLike]) -> Embedder:
    """An embedder of a function that takes one text and gives one vector."""

    def embed(texts: list[str]) -> list[ArrayLike]:
        return [function(text) for text in texts]

    return embed
