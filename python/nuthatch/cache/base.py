"""What the cache's calls are made of: requests, entries, the tiers of a lookup."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, TypeVar, Union

import numpy as np
from numpy.typing import NDArray

from ..embed import Embedder, Embeddings
from ..engine import Engine
from .entry import Entry, Hit
from .flight import Flights
from .keys import Context, Scope, labels, scope_digest, scope_parts, text_to_embed
from .lookup import Judge, Request
from .memory import MemoryStore
from .observe import Observer, Observers, outcome
from .remote import RemoteStore
from .stats import Counters
from .store import Near, Store, check_fields

T = TypeVar("T")
Verify = Callable[[str, str], bool]
Threshold = Union[float, Callable[[Mapping[str, object]], float]]

_LOG = logging.getLogger("nuthatch.cache")

_COUNT_OF_TIER = {"exact": "exact_hits", "semantic": "semantic_hits"}

DEFAULT_THRESHOLD = 0.93
"""Similarity that MiniLM-like embeddings give paraphrases; `tune` finds that of others."""


class CacheBase:
    """Everything of `SemanticCache` but its calls; `AsyncSemanticCache` uses it too."""

    def __init__(
        self,
        embedder: Embedder,
        *,
        url: str | None = None,
        client: Any = None,
        engine: Engine | None = None,
        name: str = "cache",
        threshold: Threshold = DEFAULT_THRESHOLD,
        scope: Scope | None = None,
        k: int = 5,
        guard: bool | Callable[[str, str], str | None] = True,
        verify: Verify | None = None,
        ttl: float | None = None,
        tag_ttls: Mapping[str, float] | None = None,
        ttl_jitter: float = 0.0,
        sliding: bool = False,
        stale_for: float = 0.0,
        negative_ttl: float | None = None,
        max_entries: int | None = None,
        max_bytes: int | None = None,
        eviction: str = "lru",
        fields: Mapping[str, str] | None = None,
        embedding_cache: int = 10_000,
        flight_seconds: float = 60.0,
        prices: Mapping[str, tuple[float, float]] | None = None,
        raise_errors: bool = False,
        dumps: Callable[[Any], str | bytes] = json.dumps,
        loads: Callable[[str | bytes], Any] = json.loads,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check(k=k, ttl=ttl, ttl_jitter=ttl_jitter, stale_for=stale_for, negative_ttl=negative_ttl)
        if sum(given is not None for given in (url, client, engine)) > 1:
            raise ValueError("url, client and engine: only one of them says where the entries are")
        if not name or ":" in name or not name.isprintable():
            raise ValueError(f"name is {name!r}: it must be a word without ':'")
        self.name = name
        self._threshold = threshold
        self._scope = scope_parts(scope)
        self._scope_digest = scope_digest(self._scope)
        self._scope_labels = labels(self._scope, ())
        self._k = k
        self._observers = Observers(name)
        self._judge = Judge(guard, verify and self._observers.around("verify", verify), clock)
        self._ttl = ttl
        self._tag_ttls = dict(tag_ttls or {})
        self._jitter = ttl_jitter
        self._sliding = sliding
        self._stale_for = stale_for
        self._prices = dict(prices or {})
        self._raise_errors = raise_errors
        self._clock = clock
        self._dumps, self._loads = dumps, loads
        self._counters = Counters()
        embed = self._observers.around("embed", embedder) if callable(embedder) else embedder
        self._embeddings = Embeddings(embed, embedding_cache, self._counters)
        checked = check_fields(fields or {})
        self._store: Store
        if url is not None or client is not None:
            if max_entries is not None or max_bytes is not None:
                raise ValueError(
                    "max_entries and max_bytes are for a cache in the process: set maxmemory on the server"
                )
            if client is None:
                import redis

                client = redis.Redis.from_url(str(url))
            self._store = RemoteStore(client, name, fields=checked, dumps=dumps, loads=loads)
        else:
            self._store = MemoryStore(
                engine,
                name,
                fields=checked,
                eviction=eviction,
                max_entries=max_entries,
                max_bytes=max_bytes,
                clock=clock,
            )
        self._flights = Flights(self._store, flight_seconds, negative_ttl, clock)

    def observe(self, observer: Observer) -> None:
        """Has each step of the calls observed from now on: see `nuthatch.cache.observe`.

        `nuthatch.otel.instrument` and `nuthatch.prometheus.instrument` use it.
        """
        self._observers.add(observer)

    def _request(
        self,
        prompt: str,
        scope: Scope | None,
        context: Context,
        tags: Iterable[str],
        filter: str | None,
        threshold: float | None,
        k: int | None,
    ) -> Request:
        parts = self._scope if not scope else {**self._scope, **scope_parts(scope)}
        if threshold is None:
            threshold = self._threshold(parts) if callable(self._threshold) else self._threshold
        known = None if scope else self._scope_digest
        return Request(prompt, parts, known, context, tags, filter, threshold, self._k if k is None else k)

    def _entry(
        self,
        prompt: str,
        response: Any,
        scope: Scope | None,
        context: Context,
        tags: tuple[str, ...],
        metadata: Mapping[str, Any] | None,
        ttl: float | None,
        tokens: tuple[int, int],
        cost: float | None,
    ) -> Entry:
        asked = self._request(prompt, scope, context, (), None, None, None)
        if ttl is None:
            ttl = self._ttl
            if tags and self._tag_ttls:
                given = [self._tag_ttls[tag] for tag in tags if tag in self._tag_ttls]
                ttl = min(given) if given else ttl
        now = self._clock()
        if ttl is not None and self._jitter:
            ttl *= 1.0 - self._jitter * random.random()
        if cost is None and not self._prices:
            cost = 0.0
        elif cost is None:
            price = self._prices.get(str(asked.parts.get("model")), (0.0, 0.0))
            cost = (tokens[0] * price[0] + tokens[1] * price[1]) / 1e6
        return Entry(
            key=asked.key,
            prompt=prompt,
            response=response,
            scope=asked.scope,
            labels=labels(asked.parts, tags) if scope or tags else self._scope_labels,
            created=now,
            fresh_until=None if ttl is None else now + ttl,
            expires=None if ttl is None else now + ttl + self._stale_for,
            lifetime=ttl if self._sliding else None,
            metadata=metadata,
            tokens=tokens,
            cost=cost,
            context=asked.context,
        )

    def _keep(self, entries: list[Entry], vectors: NDArray[np.float32] | None = None) -> bool:
        if not self._observers.there_are:
            return self._kept(entries, vectors)
        with self._observers.step("put", count=len(entries)):
            return self._kept(entries, vectors)

    def _kept(self, entries: list[Entry], vectors: NDArray[np.float32] | None) -> bool:
        def run() -> bool:
            if entries:
                texts = [text_to_embed(entry.prompt, entry.context) for entry in entries]
                self._store.put(entries, self._embeddings(texts) if vectors is None else vectors)
                self._counters.add("puts", len(entries))
            return True

        return self._safely("put", run, False)

    def _keep_one(self, entry: Entry) -> bool:
        if not self._observers.there_are:
            return self._kept_one(entry)
        with self._observers.step("put", count=1):
            return self._kept_one(entry)

    def _kept_one(self, entry: Entry) -> bool:
        """As `_kept` of one, with less around it."""
        try:
            vector = self._embeddings.one(text_to_embed(entry.prompt, entry.context))
            self._store.put((entry,), vector.reshape(1, -1))
        except Exception as error:
            self._failed("put", error)
            return False
        self._counters.add("puts")
        return True

    def _lookup_one(self, asked: Request, allow_stale: bool) -> Hit | None:
        if not self._observers.there_are:
            return self._looked_up_one(asked, allow_stale)
        with self._observers.step("get", count=1) as facts:
            hit = self._looked_up_one(asked, allow_stale)
            facts.update(outcome([hit], [asked.prompt]))
            return hit

    def _looked_up_one(self, asked: Request, allow_stale: bool) -> Hit | None:
        """As `_lookup` of one, with less around it, and with one trip to a server where that can be."""
        start = time.perf_counter()
        hit = None
        try:
            known = self._embeddings.kept(asked.text)
            entry, near = self._store.lookup(asked, known)
            if entry is not None:
                hit = self._exact_hit(asked, entry, allow_stale)
            if hit is None:
                if near is None:
                    vector = self._embeddings.new(asked.text) if known is None else known
                    near = self._store.nearest(vector, asked)
                hit = self._judged(asked, near, allow_stale)
        except Exception as error:
            self._failed("get", error)
        self._count(hit, time.perf_counter() - start)
        return hit

    def _lookup(self, asked: list[Request], allow_stale: bool) -> list[Hit | None]:
        if not self._observers.there_are:
            return self._looked_up(asked, allow_stale)
        with self._observers.step("get", count=len(asked)) as facts:
            hits = self._looked_up(asked, allow_stale)
            facts.update(outcome(hits, [one.prompt for one in asked]))
            return hits

    def _looked_up(self, asked: list[Request], allow_stale: bool) -> list[Hit | None]:
        """Looks up several prompts; a failure is a miss of those that were not found before it."""
        start = time.perf_counter()
        hits: list[Hit | None] = [None] * len(asked)

        def run() -> None:
            rest = []
            for position, one in enumerate(asked):
                hits[position] = self._exact(one, allow_stale)
                if hits[position] is None:
                    rest.append(position)
            if rest:
                vectors = self._embeddings([asked[position].text for position in rest])
                found = self._semantic([asked[position] for position in rest], vectors, allow_stale)
                for position, hit in zip(rest, found):
                    hits[position] = hit

        self._safely("get", run, None)
        seconds = (time.perf_counter() - start) / max(len(asked), 1)
        for hit in hits:
            self._count(hit, seconds)
        return hits

    def _exact(self, asked: Request, allow_stale: bool) -> Hit | None:
        if asked.filter is not None:
            return None
        entry = self._store.exact(asked.key)
        return None if entry is None else self._exact_hit(asked, entry, allow_stale)

    def _exact_hit(self, asked: Request, entry: Entry, allow_stale: bool) -> Hit | None:
        if self._judge.unfit(asked, entry, allow_stale) is not None:
            return None
        return self._hit(entry, 1.0, "exact", "the same prompt")

    def _semantic(
        self, asked: list[Request], vectors: NDArray[np.float32], allow_stale: bool
    ) -> list[Hit | None]:
        found = self._store.nearest_many(vectors, asked)
        return [self._judged(one, near, allow_stale) for one, near in zip(asked, found)]

    def _judged(self, asked: Request, near: Near, allow_stale: bool) -> Hit | None:
        taken = self._judge.take(asked, near, allow_stale, self._counters)
        return None if taken is None else self._hit(taken[0], taken[1], "semantic", taken[2])

    def _fresh(self, asked: Request) -> Hit | None:
        """An entry of exactly this prompt that another has put meanwhile."""
        return self._safely("get", lambda: self._exact(asked, False), None)

    def _hit(self, entry: Entry, similarity: float, tier: str, why: str) -> Hit:
        now = self._clock()
        fresh_until = entry.fresh_until
        stale = fresh_until is not None and fresh_until <= now
        if entry.lifetime is not None and not stale:
            entry.fresh_until = now + entry.lifetime
            entry.expires = entry.fresh_until + self._stale_for
        self._store.used(entry)
        if entry.tokens != (0, 0):
            self._counters.add("tokens_saved", sum(entry.tokens))
        if entry.cost:
            self._counters.add("money_saved", entry.cost)
        age = max(0.0, now - entry.created)
        # By position: this is on the way of every hit.
        return Hit(entry.response, entry.key, entry.prompt, similarity, tier, why, stale, age, entry.metadata)

    def _count(self, hit: Hit | None, seconds: float) -> None:
        if hit is None:
            self._counters.lookup(seconds, "misses")
        else:
            self._counters.lookup(seconds, _COUNT_OF_TIER[hit.tier], hit.stale)

    def _safely(self, what: str, run: Callable[[], T], otherwise: T) -> T:
        try:
            return run()
        except Exception as error:
            self._failed(what, error)
            return otherwise

    def _failed(self, what: str, error: BaseException) -> None:
        """Counts and logs a failure, or raises it if that is wanted."""
        if self._raise_errors:
            self._counters.add("errors")
            raise error
        self._note(what, error)

    def _note(self, what: str, error: BaseException) -> None:
        """Counts and logs a failure."""
        self._counters.add("errors")
        self._observers.failed(error)
        _LOG.warning("%s of the cache %r failed: %s: %s", what, self.name, type(error).__name__, error)


def check(k: int = 1, ttl_jitter: float = 0.0, **seconds: float | None) -> None:
    """Refuses numbers that are out of range, by their names."""
    if k < 1:
        raise ValueError(f"k is {k}: it must be at least 1")
    if not 0 <= ttl_jitter <= 1:
        raise ValueError(f"ttl_jitter is {ttl_jitter}: it must be 0 to 1")
    for name, value in seconds.items():
        if value is not None and not (value > 0 or (name == "stale_for" and value == 0)):
            raise ValueError(f"{name} is {value}: it must be a positive number of seconds")
