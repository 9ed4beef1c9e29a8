"""The built-in guard: whether two prompts that sound alike ask for the same thing.

Embeddings hardly see what changes an answer most: another number, a "not", another name, the opposite
verb, two things that changed places. The guard looks at exactly these, by rules and without a model, in
some microseconds. What a prompt says of them is its `Facts`, taken once when it is put or asked.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

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

_TOKEN = re.compile(r"[^\W_]+(?:[.,:'’/-][^\W_]+)*", re.UNICODE)
_SENTENCE_END = re.compile(r"[.!?:;\n\"“”(]\s*$")
_DIGITS = re.compile(r"\d")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}\b)")
_CONTRACTION = re.compile(r"n['’]t$")
_OPPOSITE_WORDS = frozenset(OPPOSITES)


class Facts(NamedTuple):
    """What a prompt says that another must say too."""

    words: frozenset[str]
    """All words, lower case, without endings of the plural."""
    numbers: frozenset[str]
    """Words with a digit, and words for numbers, as digits."""
    negations: int
    """How many words negate."""
    names: frozenset[str]
    """Words written as names are, lower case."""
    opposites: frozenset[str]
    """Words that have an opposite."""
    qualifiers: frozenset[str]
    """Words that narrow a question down, as "first" and "free" do."""
    asks: frozenset[str]
    """Whether it asks why, when, where or who."""
    relations: tuple[tuple[str, str], ...]
    """Which word follows each "to", "than" and the like."""


def stem(word: str) -> str:
    """A word without the endings of plural and possession: enough to compare names and nouns."""
    if word.endswith(("'s", "’s")):
        word = word[:-2]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class _Word(NamedTuple):
    """What a word is, wherever it stands."""

    parts: tuple[str, ...]
    """Its stem, or those of its parts."""
    numbers: tuple[str, ...]
    negates: bool


@lru_cache(maxsize=1 << 16)
def _word(lower: str) -> _Word:
    has_digit = _DIGITS.search(lower) is not None
    parts = lower.split("-") if "-" in lower and not has_digit else [lower]
    numbers = [lower] if has_digit else [NUMBER_WORDS[part] for part in parts if part in NUMBER_WORDS]
    negates = (
        lower in NEGATIONS or _CONTRACTION.search(lower) is not None or (parts[0] == "non" and len(parts) > 1)
    )
    return _Word(tuple(stem(part) for part in parts), tuple(numbers), negates)


def facts(prompt: str) -> Facts:
    """What a prompt says of numbers, negations, names, opposites and directions."""
    words: list[str] = []
    numbers: list[str] = []
    names: list[str] = []
    negations = 0
    text = _GROUPED.sub("", prompt) if "," in prompt else prompt
    for match in _TOKEN.finditer(text):
        token = match.group()
        lower = token.lower()
        word = _word(lower)
        words += word.parts
        if word.numbers:
            numbers += word.numbers
        if word.negates:
            negations += 1
        if token != lower and _is_name(token, lower, text, match.start()):
            names += word.parts
    known = frozenset(words)
    return Facts(
        words=known,
        numbers=frozenset(numbers),
        negations=negations,
        names=frozenset(names),
        opposites=known & _OPPOSITE_WORDS,
        qualifiers=known & QUALIFIERS,
        asks=known & ASKS,
        relations=_relations(words) if known & RELATIONS else (),
    )


def _is_name(token: str, lower: str, text: str, start: int) -> bool:
    """Whether a word is written as a name: with a capital that the sentence does not ask for."""
    if lower in COMMON or stem(lower) in COMMON or not token[0].isalpha():
        return False
    if token[1:] != lower[1:]:
        # An acronym, or a word that is shouted.
        return True
    before = text[max(0, start - 8) : start]
    begins = not before.strip() or _SENTENCE_END.search(before) is not None
    return not (begins and stem(lower) in STARTERS)


def _relations(words: list[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for position, word in enumerate(words[:-1]):
        if word in RELATIONS:
            rest = (later for later in words[position + 1 :] if later not in COMMON)
            found.append((word, next(rest, "")))
    return tuple(sorted(found))


def difference(asked: Facts, kept: Facts) -> str | None:
    """Why one prompt may not get the answer of the other; none if nothing speaks against it."""
    if asked.numbers != kept.numbers:
        return f"numbers differ: {_shown(asked.numbers ^ kept.numbers)}"
    if asked.negations % 2 != kept.negations % 2:
        return "one is negated"
    missing = (asked.names - kept.words) | (kept.names - asked.words)
    if missing:
        return f"names differ: {_shown(missing)}"
    for word in asked.opposites - kept.words:
        against = OPPOSITES[word] & (kept.words - asked.words)
        if against:
            return f"opposites: {word} and {min(against)}"
    if asked.qualifiers != kept.qualifiers:
        return f"one is narrower: {_shown(asked.qualifiers ^ kept.qualifiers)}"
    if asked.asks != kept.asks:
        return f"they ask differently: {_shown(asked.asks ^ kept.asks)}"
    if asked.relations != kept.relations:
        turned = _turned(asked, kept)
        if turned:
            return f"the other way round: {turned}"
    return None


def _turned(asked: Facts, kept: Facts) -> str | None:
    """The word between things that changed places, if the same things are in both."""
    one, other = dict(asked.relations), dict(kept.relations)
    for word in one.keys() & other.keys():
        first, second = one[word], other[word]
        if first != second and first in kept.words and second in asked.words and first and second:
            return word
    return None


def _shown(words: frozenset[str]) -> str:
    return ", ".join(sorted(words))
