"""The ways of a lookup that are there for speed: they find what the slow ones find."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuthatch import SemanticCache
from nuthatch.cache.guard import facts
from nuthatch.cache.keys import entry_key, general_key
from nuthatch.cache.stats import Counters
from nuthatch.cache.trip import Template, Trips
from nuthatch.embed.base import EmbeddingError, Embeddings, unit

ENTRIES = 6000
"""More than are compared with one by one."""


def word(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


@pytest.fixture(scope="module")
def full():
    random = np.random.default_rng(5)
    rows = random.standard_normal((ENTRIES, 24)).astype(np.float32)
    known = {f"kept {word(number)}": row for number, row in enumerate(rows)}
    cache = SemanticCache(
        lambda texts: np.stack([known[text] for text in texts]), threshold=0.9, guard=False, raise_errors=True
    )
    cache.put_many([(prompt, number) for number, prompt in enumerate(known)])
    return cache, known, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_glance_and_a_closer_look_find_the_nearest(full) -> None:
    cache, known, rows = full
    random = np.random.default_rng(6)
    found = 0
    for number in random.choice(ENTRIES, 300, replace=False).tolist():
        near = rows[number] + random.standard_normal(24).astype(np.float32) * np.float32(0.04)
        prompt = f"asked {word(number)}"
        known[prompt] = near
        nearest = int(np.argmax(rows @ near))
        hit = cache.get(prompt)
        found += hit is not None and hit.response == nearest
        if hit is not None:
            similarity = float(rows[hit.response] @ near / np.linalg.norm(near))
            assert hit.similarity == pytest.approx(similarity, abs=1e-4)
    assert found >= 297


def test_what_a_glance_finds_and_is_refused_is_not_judged_again(full) -> None:
    cache, known, rows = full
    known["asked thrice"] = rows[7] + np.float32(0.001)
    judged = []
    strict = SemanticCache(
        lambda texts: np.stack([known[text] for text in texts]),
        engine=cache._store._engine,
        threshold=-1.0,
        guard=lambda asked, kept: judged.append(kept) or "no",
        k=5,
        raise_errors=True,
    )
    strict._store = cache._store
    assert strict.get("asked thrice") is None
    assert len(judged) == len(set(judged)) >= 5
    assert judged[0] == f"kept {word(7)}"
    order = [candidate.similarity for candidate in strict.explain("asked thrice")]
    assert order == sorted(order, reverse=True)


def test_a_unit_vector_of_one_is_that_of_many() -> None:
    def one_of(given: object) -> np.ndarray:
        return Embeddings(lambda texts: given, 0, Counters()).one("a text")

    rows = np.random.default_rng(8).standard_normal((5, 37)).astype(np.float64)
    for row, one in zip(rows, unit(rows, 5)):
        wide = np.stack([row, row], axis=1)[:, 0].reshape(1, -1)
        for rows_of_one in ([row], row.reshape(1, -1), row.reshape(1, -1).astype(np.float32), wide):
            np.testing.assert_allclose(one_of(rows_of_one), one, rtol=1e-6)
    for bad in ([[0.0, 0.0]], [[np.nan, 1.0]], [[np.inf, 1.0]], [1.0, 2.0], [["a"]], [[]], rows, rows[0]):
        for rows_of_one in (bad, np.array(bad)):
            with pytest.raises(EmbeddingError):
                one_of(rows_of_one)


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=30), st.text(max_size=4))
def test_keys_of_ascii_are_those_of_any_prompt(prompt: str, scope: str) -> None:
    assert entry_key(prompt, scope, ()) == general_key(prompt, scope, ())


def test_keys_tell_prompts_scopes_and_contexts_apart() -> None:
    same = [
        "Why is  the sky blue?",
        "why is the SKY blue ...",
        "\x1cwhy is the\tsky blue!",
        "why\u2003is the sky blue…",
    ]
    assert len({entry_key(prompt, "a", ()) for prompt in same}) == 1
    others = [
        ("why is the sky blue", "b", ()),
        ("why is the sky blue", "a", ("before",)),
        ("why is the sky", "a", ()),
    ]
    others += [("blue", "a why is the sky", ()), (same[0], "a", ())]
    assert len({entry_key(*one) for one in others}) == len(others)


def test_facts_can_be_looked_at() -> None:
    said = facts("Why don't 2,000 Birds from Paris buy free well-known seeds?")
    assert said.numbers == {"2000"}
    assert said.negations == 1
    assert said.names == {"bird", "paris"}
    assert {"well", "known", "seed"} <= said.words
    assert said.opposites == {"buy"}
    assert said.qualifiers == {"free"}
    assert said.asks == {"why"}
    assert said.relations == (("from", "paris"),)
    # Halves of surrogate pairs come from broken texts; they are no letters.
    assert facts("a \ud800 b").words == {"a", "b"}


def test_one_trip_gives_what_two_give(url) -> None:
    import redis

    class Other(redis.Redis):
        """Not asked directly."""

    get = Template("GET", "trip").fill()
    commands = [
        Template("SET", None, None).fill(b"trip", b"a \r\nb"),
        Template("HMGET", None, "x").fill(b"trip"),
        get,
        Template("FT.NONE", "x").fill(),
    ]
    for protocol in (2, 3):
        with redis.Redis.from_url(url, protocol=protocol) as direct, Other.from_url(url) as other:
            for client in (direct, other):
                trips = Trips(client)
                done, refused, value, unknown = trips.ask(*commands)
                assert done in (b"OK", True)
                assert isinstance(refused, redis.ResponseError)
                assert value == b"a \r\nb"
                assert isinstance(unknown, redis.ResponseError)
                # The connection is as good as before, and when it is gone another takes its place.
                assert trips.ask(get) == [b"a \r\nb"]
                other.client_kill_filter(_type="normal", skipme=True)
                assert trips.ask(get) == [b"a \r\nb"]
                assert trips.ask(get, get) == [b"a \r\nb"] * 2


def test_threads_have_trips_of_their_own(url) -> None:
    import redis

    with redis.Redis.from_url(url) as client:
        trips = Trips(client)
        wrong = []

        def work(number: int) -> None:
            echo = Template("ECHO", None)
            for turn in range(50):
                word = b"%d of %d" % (turn, number)
                if trips.ask(echo.fill(word)) != [word]:
                    wrong.append(word)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


def test_a_trip_to_nobody_fails() -> None:
    import redis

    with redis.Redis(port=1) as nobody, pytest.raises(redis.ConnectionError):
        Trips(nobody).ask(Template("GET", "x").fill())
