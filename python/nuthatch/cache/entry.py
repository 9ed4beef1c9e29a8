"""What a cache keeps and gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple


class Entry:
    """A prompt with its response, as a store keeps it. Times are seconds since 1970.

    Args:
        key: Digest of the prompt's normal form, its scope and its context.
        scope: Digest of the scope: lookups in another never see it.
        labels: Digests of the scope's parts and of the tags, for invalidation and filters.
        fresh_until: When it becomes stale; never if none.
        expires: When it goes; later than `fresh_until` if stale answers are served meanwhile.
        lifetime: Seconds from the last use, or from its making, to `fresh_until`.
        tokens: Of the prompt and of the response: what a hit saves.
        cost: What a hit saves in money.
        context: What was said before the prompt.

    `size` is what it takes in a store that counts bytes.
    """

    # There are as many as prompts: slots take a third of the memory, and less time.
    __slots__ = (
        "context",
        "cost",
        "created",
        "expires",
        "fresh_until",
        "key",
        "labels",
        "lifetime",
        "metadata",
        "prompt",
        "response",
        "scope",
        "size",
        "tokens",
    )

    def __init__(
        self,
        key: str,
        prompt: str,
        response: Any,
        scope: str,
        labels: frozenset[str],
        created: float,
        fresh_until: float | None = None,
        expires: float | None = None,
        lifetime: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        tokens: tuple[int, int] = (0, 0),
        cost: float = 0.0,
        context: tuple[str, ...] = (),
    ) -> None:
        self.key = key
        self.prompt = prompt
        self.response = response
        self.scope = scope
        self.labels = labels
        self.created = created
        self.fresh_until = fresh_until
        self.expires = expires
        self.lifetime = lifetime
        self.metadata: Mapping[str, Any] = {} if metadata is None else metadata
        self.tokens = tokens
        self.cost = cost
        self.context = context
        self.size = 0


class Hit(NamedTuple):
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
    metadata: Mapping[str, Any] = MappingProxyType({})

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
