"""Prometheus: what semantic caches do, as metrics.

cache = SemanticCache(embedder)
nuthatch.prometheus.instrument(cache)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from .cache import AsyncSemanticCache, SemanticCache

BUCKETS = (
    2e-5,
    5e-5,
    1e-4,
    2e-4,
    5e-4,
    1e-3,
    2e-3,
    5e-3,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1.0,
    2.0,
    5.0,
    10.0,
)
"""Seconds: from a lookup in the process to an answer of a slow model."""

_COUNTERS = (
    ("puts", "Entries put."),
    ("stale_hits", "Of the hits, those whose time was over."),
    ("below_threshold", "Misses whose nearest entry was not near enough."),
    ("evicted", "Entries that went because the cache was full."),
    ("expired", "Entries that went because their time was over."),
    ("shared", "Computations not made because another of the same prompt was under way."),
    ("errors", "Failures of the embedder or the store."),
    ("embedded", "Texts embedded."),
    ("embeddings_cached", "Texts whose embedding was known."),
    ("tokens_saved", "Tokens that hits saved."),
    ("money_saved", "Money that hits saved."),
)
"""Counts of `Stats` that are metrics of their own."""

_LABELLED = (
    (
        "lookups",
        "Lookups, by what they found.",
        "result",
        {"exact": "exact_hits", "semantic": "semantic_hits", "miss": "misses"},
    ),
    (
        "refused",
        "Candidates near enough that were refused.",
        "by",
        {"guard": "guarded", "verify": "unverified"},
    ),
)
"""Counts of `Stats` that are one metric, told apart by a label."""


def instrument(cache: SemanticCache | AsyncSemanticCache, *, registry: CollectorRegistry = REGISTRY) -> None:
    """Adds a cache to what a registry shows.

    Counts and sizes are read when they are asked for, and cost nothing before: `nuthatch_cache_lookups_total`
    by `result`, `nuthatch_cache_refused_total`, `nuthatch_cache_entries` and others. How long each step
    takes is in the histogram `nuthatch_cache_seconds` by `step`. All have the label `cache`, its name.

    Args:
        cache: Either kind of cache; it is shown for as long as it lives.
        registry: By default prometheus_client's own.

    Raises:
        ValueError: The registry shows another cache of that name.
    """
    inner = cache.cache if isinstance(cache, AsyncSemanticCache) else cache
    metrics = _REGISTRIES.get(registry)
    if metrics is None:
        metrics = _REGISTRIES[registry] = _Caches(registry)
    metrics.add(inner)


class _Caches(Collector):
    """The caches of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._caches: WeakValueDictionary[str, SemanticCache] = WeakValueDictionary()
        self._seconds = Histogram(
            "nuthatch_cache_seconds",
            "How long steps of caches take.",
            ["cache", "step"],
            buckets=BUCKETS,
            registry=registry,
        )
        registry.register(self)

    def add(self, cache: SemanticCache) -> None:
        held = self._caches.get(cache.name)
        if held is cache:
            return
        if held is not None:
            raise ValueError(
                f"the registry shows a cache of the name {cache.name!r} already: give another name="
            )
        self._caches[cache.name] = cache
        cache.observe(self._observe)

    @contextmanager
    def _observe(self, step: str, facts: dict[str, Any]) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(facts["cache"], step).observe(time.perf_counter() - start)

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks no cache."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The counts of all caches now."""
        stats = {name: cache.stats() for name, cache in sorted(self._caches.items())}
        for metric, text, label, names in _LABELLED:
            family = CounterMetricFamily(f"nuthatch_cache_{metric}", text, labels=["cache", label])
            for name, counts in stats.items():
                for value, field in names.items():
                    family.add_metric([name, value], getattr(counts, field))
            yield family
        for field, text in _COUNTERS:
            family = CounterMetricFamily(f"nuthatch_cache_{field}", text, labels=["cache"])
            for name, counts in stats.items():
                family.add_metric([name], getattr(counts, field))
            yield family
        for field, text in (("entries", "Entries held."), ("bytes", "Their bytes, in the process.")):
            gauge = GaugeMetricFamily(f"nuthatch_cache_{field}", text, labels=["cache"])
            for name, counts in stats.items():
                gauge.add_metric([name], getattr(counts, field))
            yield gauge


_REGISTRIES: WeakKeyDictionary[CollectorRegistry, _Caches] = WeakKeyDictionary()
