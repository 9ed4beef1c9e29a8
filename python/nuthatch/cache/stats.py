"""What a cache has done, and what that saved."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

_SAMPLES = 1024
"""Latencies kept: the last so many lookups."""


@dataclass(frozen=True)
class Stats:
    """Counts since the cache was made or `reset_stats`; see `SemanticCache.stats`."""

    lookups: int = 0
    exact_hits: int = 0
    semantic_hits: int = 0
    stale_hits: int = 0
    """Of the hits, those whose time was over."""
    misses: int = 0
    below_threshold: int = 0
    """Misses whose nearest entry was not near enough."""
    guarded: int = 0
    """Candidates that the guard refused."""
    unverified: int = 0
    """Candidates that `verify` refused."""
    puts: int = 0
    evicted: int = 0
    expired: int = 0
    """Entries that a cache in the process took away because their time was over."""
    shared: int = 0
    """Computations that were not made because another of the same prompt was under way."""
    errors: int = 0
    """Failures of the embedder or the store that the application did not see."""
    embedded: int = 0
    embeddings_cached: int = 0
    tokens_saved: int = 0
    money_saved: float = 0.0
    entries: int = 0
    bytes: int = 0
    """Of prompts, responses and vectors in the process; 0 on a server."""
    latencies: tuple[float, ...] = field(default=(), repr=False)
    """Seconds of the last lookups, the embedding included."""

    @property
    def hits(self) -> int:
        """Exact and semantic ones."""
        return self.exact_hits + self.semantic_hits

    @property
    def hit_rate(self) -> float:
        """Hits of all lookups, 0 to 1."""
        return self.hits / self.lookups if self.lookups else 0.0

    def latency(self, quantile: float = 0.5) -> float:
        """Seconds below which that share of the last lookups took; 0.0 before the first."""
        if not 0 <= quantile <= 1:
            raise ValueError(f"quantile is {quantile}: it must be 0 to 1")
        ordered = sorted(self.latencies)
        return ordered[min(int(quantile * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def _repr_html_(self) -> str:
        from .._html import table

        names = [name for name in self.__dataclass_fields__ if name != "latencies"]
        rows = [[name.replace("_", " "), f"{getattr(self, name):g}"] for name in names]
        rows.append(["hit rate", f"{self.hit_rate:.1%}"])
        rows.append(["p50 latency", f"{self.latency() * 1e6:.0f} µs"])
        return table(["", ""], rows)


class Counters:
    """The counts as they grow, for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """All to zero."""
        with self._lock:
            self._counts: dict[str, float] = {}
            self._latencies: deque[float] = deque(maxlen=_SAMPLES)
            self._looked_up: deque[tuple[float, str, bool]] = deque()

    def add(self, name: str, amount: float = 1) -> None:
        """Counts something."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + amount

    def lookup(self, seconds: float, name: str, stale: bool = False) -> None:
        """Counts a lookup, and what it was: noted now, and counted with others later."""
        self._looked_up.append((seconds, name, stale))
        if len(self._looked_up) >= _SAMPLES:
            with self._lock:
                self._count_lookups()

    def _count_lookups(self) -> None:
        counts, noted = self._counts, self._looked_up
        while noted:
            seconds, name, stale = noted.popleft()
            self._latencies.append(seconds)
            for counted in ("lookups", name, "stale_hits") if stale else ("lookups", name):
                counts[counted] = counts.get(counted, 0) + 1

    def snapshot(self, entries: int, size: int) -> Stats:
        """The counts now."""
        with self._lock:
            self._count_lookups()
            counts = dict(self._counts)
            latencies = tuple(self._latencies)
        money = counts.pop("money_saved", 0.0)
        whole = {name: int(count) for name, count in counts.items()}
        return Stats(**whole, money_saved=money, entries=entries, bytes=size, latencies=latencies)
