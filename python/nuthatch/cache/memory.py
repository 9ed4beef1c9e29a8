"""Entries in the process: objects as they are, and an engine for their vectors."""

from __future__ import annotations

import heapq
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

import numpy as np

from ..engine import Engine
from .entry import Entry
from .eviction import POLICIES, Policy, Unlimited
from .file import Kept
from .lookup import Request
from .store import Near, Vectors, definition, written

_GLANCE = 6
"""Candidates of a walk of the graph that finds the nearest seven times of eight. Each one more takes as much
of every lookup as it saves by closer looks that are not needed.
"""

_CLOSE_LOOK = 32
"""Candidates of one that finds all but some thousandths, before a lookup misses: what comes of a miss takes
thousands of times as long.
"""

_COMPARED = 5000
"""So many entries are compared with, one by one, by any search."""

_ENTRY_BYTES = 700
"""What an entry takes beside its prompt, its response and its vector: objects, index, digests."""


class MemoryStore:
    """A store in the process, in an engine of its own or in one that others use too."""

    def __init__(
        self,
        engine: Engine | None,
        name: str,
        *,
        fields: Mapping[str, str],
        eviction: str,
        max_entries: int | None,
        max_bytes: int | None,
        clock: Callable[[], float],
    ) -> None:
        if eviction not in POLICIES:
            raise ValueError(f"eviction is {eviction!r}: it must be one of {', '.join(POLICIES)}")
        for limit, value in (("max_entries", max_entries), ("max_bytes", max_bytes)):
            if value is not None and value < 1:
                raise ValueError(f"{limit} is {value}: it must be at least 1")
        self._engine = engine if engine is not None else Engine()
        self._native = self._engine._native
        self._name = name
        self._index = name.encode()
        self._prefix = f"{name}:"
        self._skip = len(self._prefix.encode())
        self._fields = fields
        self._is_limited = max_entries is not None or max_bytes is not None
        self._policy: Policy = POLICIES[eviction]() if self._is_limited else Unlimited()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.RLock()
        self._dimensions: int | None = None
        self._entries: dict[str, Entry] = {}
        self._bytes = 0
        self._labels: dict[str, set[str]] = {}
        self._deadlines: list[tuple[float, str]] = []
        self._counts = {"evicted": 0, "expired": 0}

    def exact(self, key: str) -> Entry | None:
        """See `Store`."""
        entry = self._entries.get(key)
        if entry is None or entry.expires is None:
            return entry
        return None if entry.expires <= self._clock() else entry

    def lookup(self, asked: Request, vector: Vectors | None) -> tuple[Entry | None, Near | None]:
        """See `Store`."""
        if asked.filter is not None:
            return None, None
        return self.exact(asked.key), None

    def nearest(self, vector: Vectors, asked: Request) -> Near:
        """See `Store`: what is found at a glance, if it is near enough, then what a closer look finds."""
        if self._deadlines:
            self._expire()
        if self._dimensions is None:
            return
        if len(vector) != self._dimensions:
            self._check(vector)
        entries = self._entries
        judged = None
        if len(entries) > _COMPARED:
            for key, distance in self._find(vector, asked, 1, _GLANCE):
                entry = entries.get(key)
                if entry is not None and 1.0 - distance >= asked.threshold:
                    judged = key
                    yield entry, 1.0 - distance
        for key, distance in self._find(vector, asked, asked.k, _CLOSE_LOOK):
            entry = entries.get(key)
            if entry is not None and key != judged:
                yield entry, 1.0 - distance

    def _find(self, vector: Vectors, asked: Request, k: int, ef: int) -> list[tuple[str, float]]:
        tags = [(b"scope", asked.scope)]
        if asked.tags:
            tags += [(b"labels", tag) for tag in asked.tags]
        query = b"*" if asked.filter is None else asked.filter.encode()
        return self._native.nearest_tagged(self._index, b"vector", vector, k, ef, tags, query, self._skip)

    def nearest_many(self, vectors: Vectors, asked: Sequence[Request]) -> list[Near]:
        """See `Store`."""
        return [self.nearest(vector, one) for vector, one in zip(vectors, asked)]

    def put(self, entries: Sequence[Entry], vectors: Vectors) -> None:
        """See `Store`."""
        with self._lock:
            if self._dimensions is None:
                self._make_index(vectors.shape[1])
            self._check(vectors)
            for entry, vector in zip(entries, vectors):
                self._put(entry, vector)
            if self._deadlines:
                self._expire()
            self._evict()

    def _put(self, entry: Entry, vector: Vectors) -> None:
        old = self._entries.get(entry.key)
        if old is not None:
            self._forget(entry.key)
        command: tuple[Any, ...] = (
            "HSET",
            self._prefix + entry.key,
            "scope",
            entry.scope,
            "labels",
            ",".join(entry.labels),
            "vector",
            vector.tobytes(),
        )
        if self._fields:
            if old is not None:
                self._native.execute(("DEL", self._prefix + entry.key), 3, False)
            command += tuple(written(entry.metadata, self._fields))
        self._native.execute(command, 3, False)
        size = _ENTRY_BYTES + _size(entry.prompt) + _size(entry.response) + vector.nbytes
        self._entries[entry.key] = entry
        entry.size = size
        self._bytes += size
        for label in entry.labels:
            self._labels.setdefault(label, set()).add(entry.key)
        if entry.expires is not None:
            heapq.heappush(self._deadlines, (entry.expires, entry.key))
        self._policy.added(entry.key, size, entry.cost)

    def used(self, entry: Entry) -> None:
        """See `Store`."""
        if self._is_limited:
            with self._lock:
                if self._entries.get(entry.key) is entry:
                    self._policy.used(entry.key)

    def find(self, labels: Iterable[str], filter: str | None = None) -> list[str]:
        """See `Store`."""
        with self._lock:
            sets = [self._labels.get(label, set()) for label in labels]
            if filter is not None:
                sets.append(self._matching(filter))
            return list(set.intersection(*sets)) if sets else []

    def _matching(self, filter: str) -> set[str]:
        if self._dimensions is None:
            return set()
        limit = max(1, len(self._entries))
        search = ("FT.SEARCH", self._index, filter, "NOCONTENT", "LIMIT", 0, limit, "DIALECT", 2)
        found = self._native.execute(search, 2, False)
        return {key[len(self._prefix) :].decode() for key in found[1:]}

    def delete(self, keys: Sequence[str]) -> int:
        """See `Store`."""
        with self._lock:
            held = [key for key in keys if key in self._entries]
            for key in held:
                self._remove(key)
            return len(held)

    def clear(self) -> None:
        """See `Store`."""
        with self._lock:
            for key in list(self._entries):
                self._native.execute(("DEL", self._prefix + key), 3, False)
            self._entries.clear()
            self._labels.clear()
            self._deadlines.clear()
            self._policy.clear()
            self._bytes = 0

    def kept(self) -> list[Kept]:
        """All entries with their vectors, in the order in which they would go."""
        with self._lock:
            self._expire()
            kept = []
            order = self._policy.order() if self._is_limited else [(key, 1) for key in self._entries]
            for key, uses in order:
                vector = self._native.execute(("HGET", self._prefix + key, "vector"), 3, False)
                kept.append(Kept(self._entries[key], np.frombuffer(vector, dtype=np.float32), uses))
            return kept

    def replace(self, kept: Sequence[Kept]) -> None:
        """Puts entries in the place of all that there are; what comes last is the last to go."""
        with self._lock:
            self.clear()
            if kept and self._dimensions not in (None, len(kept[0].vector)):
                self._native.execute(("FT.DROPINDEX", self._index), 3, False)
                self._dimensions = None
            for one in kept:
                self.put([one.entry], one.vector.reshape(1, -1))
                if one.entry.key in self._entries:
                    self._policy.restored(one.entry.key, one.uses)

    def acquire(self, key: str, seconds: float) -> str | None:
        """There is no other process."""
        return ""

    def release(self, key: str, token: str) -> None:
        """Nothing to do."""

    def size(self) -> tuple[int, int]:
        """See `Store`."""
        with self._lock:
            self._expire()
            return len(self._entries), self._bytes

    def take_counts(self) -> Mapping[str, int]:
        """See `Store`."""
        with self._lock:
            counts, self._counts = self._counts, {"evicted": 0, "expired": 0}
            return counts

    def _make_index(self, dimensions: int) -> None:
        command = definition(self._name, self._prefix, dimensions, self._fields)
        self._native.execute(tuple(command), 3, False)
        self._dimensions = dimensions

    def _check(self, vectors: Vectors) -> None:
        if vectors.shape[-1] != self._dimensions:
            raise ValueError(
                f"the embedder gave {vectors.shape[-1]} dimensions, and the entries of the cache have "
                f"{self._dimensions}: one cache is for one embedder"
            )

    def _expire(self) -> None:
        now = self._clock()
        with self._lock:
            while self._deadlines and self._deadlines[0][0] <= now:
                _, key = heapq.heappop(self._deadlines)
                entry = self._entries.get(key)
                if entry is None or entry.expires is None:
                    continue
                if entry.expires <= now:
                    self._remove(key)
                    self._counts["expired"] += 1
                else:
                    # It was used, and lives on.
                    heapq.heappush(self._deadlines, (entry.expires, key))

    def _evict(self) -> None:
        while self._entries and (
            (self._max_entries is not None and len(self._entries) > self._max_entries)
            or (self._max_bytes is not None and self._bytes > self._max_bytes)
        ):
            self._remove(self._policy.victim())
            self._counts["evicted"] += 1

    def _remove(self, key: str) -> None:
        self._forget(key)
        self._native.execute(("DEL", self._prefix + key), 3, False)

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key)
        self._bytes -= entry.size
        for label in entry.labels:
            keys = self._labels.get(label)
            if keys is not None:
                keys.discard(key)
                if not keys:
                    del self._labels[label]
        self._policy.removed(key)


def _size(value: object) -> int:
    if isinstance(value, (str, bytes)):
        return len(value)
    return sys.getsizeof(value)
