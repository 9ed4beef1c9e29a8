"""The guard: what it lets pass, and what it refuses and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuthatch.cache.guard import difference, facts, stem


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("How old is a dog of 3 years?", "How old is a dog of 4 years?", "numbers differ: 3, 4"),
        ("three wishes", "two wishes", "numbers differ: 2, 3"),
        ("Is sodium malleable?", "Is sodium not malleable?", "one is negated"),
        ("Why can I sleep?", "Why can't I sleep?", "one is negated"),
        ("a Python function", "a function in Rust", "names differ: python, rust"),
        ("What is the capital of France?", "What is the capital of Spain?", "names differ: france, spain"),
        ("flights from Paris to Rome", "flights from Rome to Paris", "the other way round"),
        ("convert feet to metres", "convert metres to feet", "the other way round: to"),
        ("How do I gain weight?", "How do I lose weight?", "opposites: gain and lose"),
        ("What is the minimum of f?", "What is the maximum of f?", "opposites: minimum and maximum"),
        ("the first president", "the president", "one is narrower: first"),
        ("When did it end?", "Why did it end?", "they ask differently: when, why"),
    ],
)
def test_what_changes_an_answer_is_refused(one: str, other: str, why: str) -> None:
    for asked, kept in ((one, other), (other, one)):
        found = difference(facts(asked), facts(kept))
        assert found is not None
        assert found.split(":")[0] == why.split(":", maxsplit=1)[0]
    assert difference(facts(one), facts(other)) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is the capital of France?", "what's the capital of france"),
        ("How do I reset my password?", "How can I reset my passwords?"),
        ("2,000 dollars in euros", "2000 dollars in euros"),
        ("three wishes", "3 wishes"),
        ("What is not a fruit?", "Which isn't a fruit?"),
        ("buy or sell a car", "sell or buy a car"),
    ],
)
def test_what_changes_no_answer_passes(one: str, other: str) -> None:
    assert difference(facts(one), facts(other)) is None


@given(st.text(max_size=80))
def test_no_text_differs_from_itself(text: str) -> None:
    assert difference(facts(text), facts(text)) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_order_of_two_prompts_does_not_matter(one: str, other: str) -> None:
    first = difference(facts(one), facts(other))
    second = difference(facts(other), facts(one))
    assert (first is None) == (second is None)


def test_stems_are_of_plurals_and_possession() -> None:
    pairs = {"cities": "city", "dogs": "dog", "boxes": "box", "glass": "glass", "gas's": "gas", "is": "is"}
    assert {word: stem(word) for word in pairs} == pairs
