"""What a cache needs of the place where its entries are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from .entry import Entry

if TYPE_CHECKING:
    from .lookup import Request

Vectors = NDArray[np.float32]
Near = Iterable[tuple[Entry, float]]
"""Entries and their similarities, nearest first; to be gone through once."""

FIELD_TYPES = ("TAG", "NUMERIC", "TEXT")
"""Types that metadata can be indexed as."""

RESERVED = frozenset(
    [
        "prompt",
        "response",
        "scope",
        "labels",
        "vector",
        "about_entry",
        "fresh_until",
        "expires",
    ]
)
"""Names of an entry's own fields."""


class Store(Protocol):
    """Entries with their vectors. All methods may be called from several threads."""

    def exact(self, key: str) -> Entry | None:
        """The entry of a key, if it is there and not expired."""
        ...

    def nearest(self, vector: Vectors, asked: Request) -> Near:
        """The `asked.k` entries nearest to a unit vector `[d]`, of those in the scope of a lookup that have
        its tags and match its filter.

        What the user wrote as a filter can widen it, and is never trusted with that: `Judge` looks at the
        scope and the tags of each entry again.
        """
        ...

    def nearest_many(self, vectors: Vectors, asked: Sequence[Request]) -> list[Near]:
        """The same of several, `[n, d]`."""
        ...

    def lookup(self, asked: Request, vector: Vectors | None) -> tuple[Entry | None, Near | None]:
        """The entry of the key of a lookup, and, if there is none, what is nearest, provided that the
        vector is known by now and that costs no other trip.
        """
        ...

    def put(self, entries: Sequence[Entry], vectors: Vectors) -> None:
        """Puts entries, each over that of the same key."""
        ...

    def used(self, entry: Entry) -> None:
        """An entry was a hit; its times may have changed."""
        ...

    def find(self, labels: Iterable[str], filter: str | None = None) -> list[str]:
        """The keys of the entries that have all of some labels and match a query, whatever that says."""
        ...

    def delete(self, keys: Sequence[str]) -> int:
        """Deletes entries; how many there were."""
        ...

    def clear(self) -> None:
        """Deletes all entries."""
        ...

    def acquire(self, key: str, seconds: float) -> str | None:
        """Takes the right to compute a key, for so long at most; none if another process has it."""
        ...

    def release(self, key: str, token: str) -> None:
        """Gives that right back."""
        ...

    def size(self) -> tuple[int, int]:
        """Entries, and bytes where those are known."""
        ...

    def take_counts(self) -> Mapping[str, int]:
        """How many were `evicted` and `expired` since this was last asked."""
        ...


def check_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Names and types of indexed metadata, checked.

    Raises:
        ValueError: A name is none of a field, or one of an entry's own; or there is no such type.
    """
    checked = {}
    for name, kind in fields.items():
        if not name.isidentifier() or name in RESERVED:
            taken = ", ".join(sorted(RESERVED))
            raise ValueError(
                f"fields has {name!r}: a name is a word of letters and digits other than {taken}"
            )
        if kind.upper() not in FIELD_TYPES:
            raise ValueError(f"fields gives {name!r} the type {kind!r}: it must be one of {FIELD_TYPES}")
        checked[name] = kind.upper()
    return checked


def definition(index: str, prefix: str, dimensions: int, fields: Mapping[str, str]) -> list[object]:
    """The command that makes the index of a cache."""
    command: list[object] = ["FT.CREATE", index, "ON", "HASH", "PREFIX", 1, prefix, "SCHEMA"]
    command += ["scope", "TAG", "labels", "TAG"]
    command += ["vector", "VECTOR", "HNSW", 8, "TYPE", "FLOAT32", "DIM", dimensions]
    command += ["DISTANCE_METRIC", "COSINE", "EF_RUNTIME", 24]
    for name, kind in fields.items():
        command += [name, kind]
    return command


def written(metadata: Mapping[str, object], fields: Mapping[str, str]) -> list[object]:
    """Names and values of the metadata that is indexed."""
    pairs: list[object] = []
    for name in fields:
        value = metadata.get(name)
        if value is not None:
            pairs += [
                name,
                ",".join(map(str, value)) if isinstance(value, (list, tuple, set)) else str(value),
            ]
    return pairs
