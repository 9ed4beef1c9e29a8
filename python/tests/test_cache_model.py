"""The cache against a model of it: any sequence of calls gives what plain code says it must."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from nuthatch import SemanticCache

TOPICS = 6
"""Prompts of one topic are near each other (cosine 0.98), those of two far apart (0)."""
FORMS = 3
THRESHOLD = 0.9


def text(topic: int, form: int) -> str:
    return f"topic {'abcdef'[topic]} form {'xyz'[form]}"


def embed(texts: list[str]) -> np.ndarray:
    vectors = np.zeros((len(texts), 32), dtype=np.float32)
    for row, one in zip(vectors, texts):
        _, topic, _, form = one.split()
        row[ord(topic) - ord("a")] = 1.0
        row[8 + ord(form) - ord("x")] = 0.15
    return vectors


class Model(RuleBasedStateMachine):
    """Entries as a dict, in the order of their use."""

    eviction = "lru"
    max_entries: int | None = None
    sliding = False

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.cache = SemanticCache(
            embed,
            threshold=THRESHOLD,
            clock=lambda: self.now,
            max_entries=self.max_entries,
            eviction=self.eviction,
            sliding=self.sliding,
            raise_errors=True,
            k=FORMS * TOPICS,
        )
        self.held: dict[tuple, dict] = {}

    topics = st.integers(0, TOPICS - 1)
    forms = st.integers(0, FORMS - 1)
    tenants = st.sampled_from(["a", "b"])

    @rule(
        topic=topics,
        form=forms,
        tenant=tenants,
        tag=st.sampled_from([(), ("t",)]),
        ttl=st.sampled_from([None, 5, 50]),
    )
    def put(self, topic, form, tenant, tag, ttl) -> None:
        response = [topic, form, tenant, self.now]
        self.cache.put(text(topic, form), response, scope={"tenant": tenant}, tags=tag, ttl=ttl)
        key = (tenant, topic, form)
        self.held.pop(key, None)
        self.held[key] = {
            "response": response,
            "tags": set(tag),
            "expires": None if ttl is None else self.now + ttl,
            "ttl": ttl,
        }
        self.drop_expired()
        if self.max_entries is not None and len(self.held) > self.max_entries:
            del self.held[next(iter(self.held))]

    @rule(topic=topics, form=forms, tenant=tenants, tag=st.sampled_from([(), ("t",)]))
    def get(self, topic, form, tenant, tag) -> None:
        hit = self.cache.get(text(topic, form), scope={"tenant": tenant}, tags=tag)
        self.drop_expired()
        exact = self.held.get((tenant, topic, form))
        if exact is not None and exact["tags"].issuperset(tag):
            assert hit is not None
            assert (hit.tier, hit.response) == ("exact", exact["response"])
            self.use((tenant, topic, form))
            return
        near = {
            key: entry
            for key, entry in self.held.items()
            if key[:2] == (tenant, topic) and entry["tags"].issuperset(tag)
        }
        if not near:
            assert hit is None
            return
        assert hit is not None
        assert hit.tier == "semantic"
        [key] = [key for key, entry in near.items() if entry["response"] == hit.response]
        self.use(key)

    @rule(seconds=st.sampled_from([1, 6, 60]))
    def wait(self, seconds) -> None:
        self.now += seconds

    @rule(topic=topics, form=forms, tenant=tenants)
    def invalidate_prompt(self, topic, form, tenant) -> None:
        self.cache.invalidate(prompt=text(topic, form), scope={"tenant": tenant})
        self.held.pop((tenant, topic, form), None)

    @rule(tenant=tenants)
    def invalidate_tenant(self, tenant) -> None:
        self.cache.invalidate(scope={"tenant": tenant}, tags=["t"])
        self.held = {
            key: entry for key, entry in self.held.items() if key[0] != tenant or "t" not in entry["tags"]
        }

    @precondition(lambda self: len(self.held) > 4)
    @rule()
    def clear(self) -> None:
        self.cache.clear()
        self.held.clear()

    @invariant()
    def as_many_are_held(self) -> None:
        self.drop_expired()
        assert self.cache.stats().entries == len(self.held)

    def use(self, key) -> None:
        entry = self.held.pop(key)
        if self.sliding and entry["ttl"] is not None:
            entry["expires"] = self.now + entry["ttl"]
        self.held[key] = entry

    def drop_expired(self) -> None:
        self.held = {
            key: entry
            for key, entry in self.held.items()
            if entry["expires"] is None or entry["expires"] > self.now
        }


class Bounded(Model):
    max_entries = 4


class Sliding(Model):
    sliding = True
    max_entries = 6


SETTINGS = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestCache = Model.TestCase
TestCache.settings = SETTINGS
TestBounded = Bounded.TestCase
TestBounded.settings = SETTINGS
TestSliding = Sliding.TestCase
TestSliding.settings = SETTINGS
