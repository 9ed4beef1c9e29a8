"""What a cache keeps and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .guard import Facts, facts
from .keys import text_to_embed


@dataclass
class Entry:
    """A prompt with its response, as a store keeps it. Times are seconds since 1970."""

    key: str
    """Digest of the prompt's normal form, its scope and its context."""
    prompt: str
    response: Any
    scope: str
    """Digest of the scope: lookups in another never see it."""
    labels: frozenset[str]
    """Digests of the scope's parts and of the tags, for invalidation and filters."""
    created: float
    fresh_until: float | None = None
    """When it becomes stale; never if none."""
    expires: float | None = None
    """When it goes; later than `fresh_until` if stale answers are served meanwhile."""
    lifetime: float | None = None
    """Seconds from the last use, or from its making, to `fresh_until`."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tokens: tuple[int, int] = (0, 0)
    """Tokens of the prompt and of the response: what a hit saves."""
    cost: float = 0.0
    """What a hit saves in money."""
    context: tuple[str, ...] = ()
    """What was said before the prompt."""
    facts_: Facts | None = field(default=None, repr=False, compare=False)

    @property
    def facts(self) -> Facts:
        """What the guard compares."""
        if self.facts_ is None:
            self.facts_ = facts(text_to_embed(self.prompt, self.context))
        return self.facts_


@dataclass(frozen=True)
class Hit:
    """An answer from the cache."""

    response: Any
    key: str
    """The entry, for `invalidate`."""
    prompt: str
    """The prompt that it was put with."""
    similarity: float
    """Cosine of the two embeddings; 1.0 for an exact match."""
    tier: str
    """"exact" or "semantic"."""
    why: str
    """Why it was taken, in words."""
    stale: bool = False
    """Its time is over; it is served while another is computed."""
    age: float = 0.0
    """Seconds since it was put."""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        from .._html import table

        rows = [[name, str(getattr(self, name))] for name in ("prompt", "response", "tier", "why")]
        return table(["hit", f"{self.similarity:.4f}"], rows)


@dataclass(frozen=True)
class Candidate:
    """An entry that was near a prompt, and what became of it; see `SemanticCache.explain`."""

    prompt: str
    similarity: float
    verdict: str
    """"taken", or why not."""
    key: str = ""

    def _repr_html_(self) -> str:
        from .._html import table

        return table(["candidate", f"{self.similarity:.4f}"], [[self.prompt, self.verdict]])
