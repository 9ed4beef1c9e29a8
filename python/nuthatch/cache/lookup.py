"""What is asked of a cache, and which of the entries near it may answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Callable, Optional

from .entry import Candidate, Entry
from .guard import between
from .keys import Context, entry_key, scope_digest, tag_digest, text_to_embed, turns
from .stats import Counters
from .store import Near

Difference = Callable[[str, str], Optional[str]]


class Request:
    """One lookup, its arguments checked, with all digests made.

    Args:
        parts: The scope; `scope` is its digest where that is known.
        tags: Of which the digests are kept.

    Raises:
        TypeError: The prompt is no str.
        ValueError: It is empty, or a number is out of range.
    """

    __slots__ = ("context", "filter", "k", "key", "parts", "prompt", "scope", "tags", "text", "threshold")

    def __init__(
        self,
        prompt: str,
        parts: Mapping[str, object],
        scope: str | None,
        context: Context,
        tags: Iterable[str],
        filter: str | None,
        threshold: float,
        k: int,
    ) -> None:
        if not isinstance(prompt, str):
            raise TypeError(f"prompt is of type {type(prompt).__name__}: it must be a str")
        if not prompt.strip():
            raise ValueError("prompt is empty")
        if not -1.0 <= threshold <= 1.0:
            raise ValueError(f"threshold is {threshold}: it must be -1 to 1, as a cosine is")
        if k < 1:
            raise ValueError(f"k is {k}: it must be at least 1")
        self.prompt = prompt
        self.parts = parts
        self.scope = scope_digest(parts) if scope is None else scope
        self.context = () if context is None else turns(context)
        self.key = entry_key(prompt, self.scope, self.context)
        self.tags = tuple([tag_digest(tag) for tag in tags]) if tags else ()
        self.filter = filter
        self.threshold = threshold
        self.k = k
        self.text = text_to_embed(prompt, self.context) if self.context else prompt


def clause(asked: Request) -> str:
    """The query that entries must match."""
    clauses = [f"@scope:{{{asked.scope}}}"]
    clauses += [f"@labels:{{{tag}}}" for tag in asked.tags]
    if asked.filter is not None:
        clauses.append(f"({asked.filter})")
    return " ".join(clauses)


class Judge:
    """Says whether an entry may answer a prompt."""

    def __init__(
        self,
        guard: bool | Difference,
        verify: Callable[[str, str], bool] | None,
        clock: Callable[[], float],
    ) -> None:
        self._guard = guard
        self._verify = verify
        self._clock = clock
        checked = ["near enough"]
        if guard:
            checked.append("nothing against it")
        if verify is not None:
            checked.append("verified")
        self._checked = ", ".join(checked)

    def difference(self, prompt: str, other: str) -> str | None:
        """What the guard has against taking two texts for the same."""
        if callable(self._guard):
            return self._guard(prompt, other)
        return between(prompt, other) if self._guard else None

    def unfit(self, asked: Request, entry: Entry, allow_stale: bool) -> str | None:
        """Why an entry is none for this lookup, however near it is."""
        if entry.scope != asked.scope:
            return "of another scope"
        if asked.tags and not entry.labels.issuperset(asked.tags):
            return "without the tags"
        if entry.fresh_until is None and entry.expires is None:
            return None
        now = self._clock()
        if entry.expires is not None and entry.expires <= now:
            return "expired"
        if not allow_stale and entry.fresh_until is not None and entry.fresh_until <= now:
            return "stale"
        return None

    def take(
        self, asked: Request, near: Near, allow_stale: bool, counters: Counters
    ) -> tuple[Entry, float, str] | None:
        """The first entry that may answer, with its similarity and why."""
        for entry, similarity in near:
            if similarity < asked.threshold:
                counters.add("below_threshold")
                return None
            if self.unfit(asked, entry, allow_stale) is not None:
                continue
            if self._against(asked, entry) is not None:
                counters.add("guarded")
                continue
            if self._verify is not None and not self._verify(asked.prompt, entry.prompt):
                counters.add("unverified")
                continue
            return entry, similarity, self._why(asked, similarity)
        return None

    def explain(self, asked: Request, near: Near) -> list[Candidate]:
        """What speaks against each of some entries."""
        candidates = []
        taken = False
        for entry, similarity in sorted(near, key=lambda found: -found[1]):
            verdict = self._verdict(asked, entry, similarity)
            if verdict == "taken":
                verdict, taken = ("taken" if not taken else "good, but one nearer was taken"), True
            candidates.append(Candidate(entry.prompt, similarity, verdict, entry.key))
        return candidates

    def _verdict(self, asked: Request, entry: Entry, similarity: float) -> str:
        if similarity < asked.threshold:
            return f"not near enough: below {asked.threshold:.4g}"
        unfit = self.unfit(asked, entry, True)
        if unfit is not None:
            return unfit
        against = self._against(asked, entry)
        if against is not None:
            return f"guarded: {against}"
        if self._verify is not None and not self._verify(asked.prompt, entry.prompt):
            return "not verified"
        return "taken"

    def _against(self, asked: Request, entry: Entry) -> str | None:
        if callable(self._guard):
            return self._guard(asked.prompt, entry.prompt)
        if not self._guard or asked.key == entry.key:
            return None
        kept = text_to_embed(entry.prompt, entry.context) if entry.context else entry.prompt
        return between(asked.text, kept)

    def _why(self, asked: Request, similarity: float) -> str:
        return f"{similarity:.4f} ≥ {asked.threshold:.4g}: {self._checked}"
