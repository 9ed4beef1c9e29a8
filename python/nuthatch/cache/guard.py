"""The built-in guard: whether two prompts that sound alike ask for the same thing.

Embeddings hardly see what changes an answer most: another number, a "not", another name, the opposite
verb, two things that changed places. The guard looks at exactly these, by rules and without a model, in
a few microseconds. What a prompt says of them is its `Facts`. The rules are in the extension
(`src/guard.rs`), the words that they are about in `words.py`.
"""

from __future__ import annotations

from .._native import Facts, Guard, stem
from .words import (
    ASKS,
    COMMON,
    NEGATIONS,
    NUMBER_WORDS,
    OPPOSITES,
    QUALIFIERS,
    RELATIONS,
    STARTERS,
)

__all__ = ["Facts", "between", "difference", "facts", "stem"]

_GUARD = Guard(
    negations=sorted(NEGATIONS),
    numbers=NUMBER_WORDS,
    common=sorted(COMMON),
    starters=sorted(STARTERS),
    opposites={word: sorted(others) for word, others in OPPOSITES.items()},
    qualifiers=sorted(QUALIFIERS),
    asks=sorted(ASKS),
    relations=sorted(RELATIONS),
)

facts = _GUARD.facts
"""What a prompt says of numbers, negations, names, opposites and directions."""

difference = _GUARD.difference
"""Why one prompt may not get the answer of the other, by the facts of both; None if nothing is against it."""

between = _GUARD.between
"""The same of two prompts."""
