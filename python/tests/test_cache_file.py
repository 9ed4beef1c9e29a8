"""A cache in a file: what was saved is there again, and what is damaged changes nothing."""

from __future__ import annotations

import os
import pickle

import pytest

import nuthatch
from nuthatch import AsyncSemanticCache, SemanticCache

from .conftest import Words

PROMPTS = ("what does a nuthatch eat", "where do warblers nest", "how long is a rock nuthatch")


def saved(cache: SemanticCache, folder) -> str:
    path = str(folder / "cache.nuthatch")
    cache.save(path)
    return path


def test_what_was_saved_is_loaded(words, clock, tmp_path) -> None:
    options = {"threshold": 0.5, "fields": {"lang": "TAG"}, "stale_for": 50, "clock": clock}
    cache = SemanticCache(words, scope={"model": "gpt"}, **options)
    cache.put(
        PROMPTS[0],
        {"text": "seeds"},
        context=["about birds"],
        tags=["birds"],
        metadata={"lang": "en", "n": 1},
        ttl=100,
        tokens=(10, 20),
        cost=0.5,
    )
    cache.put(PROMPTS[1], "in trees", scope={"tenant": "acme"})
    path = saved(cache, tmp_path)
    assert os.listdir(tmp_path) == ["cache.nuthatch"]

    other = SemanticCache(Words(), scope={"model": "gpt"}, name="other", raise_errors=True, **options)
    other.put("what was there before", "gone", scope={"tenant": "acme"})
    other.load(path)
    assert other.stats().entries == 2
    assert other.get("what was there before", scope={"tenant": "acme"}, threshold=0.99) is None
    assert other.get(PROMPTS[1]) is None
    assert other.get(PROMPTS[1], scope={"tenant": "acme"}).response == "in trees"
    hit = other.get(PROMPTS[0], context="about birds")
    assert (hit.tier, hit.response, hit.metadata) == ("exact", {"text": "seeds"}, {"lang": "en", "n": 1})
    assert (other.stats().tokens_saved, other.stats().money_saved) == (30, 0.5)
    near = other.get("what does the nuthatch eat", context="about birds", tags=["birds"], filter="@lang:{en}")
    assert near.tier == "semantic"
    clock.sleep(120)
    assert other.get(PROMPTS[0], context="about birds") is None
    assert other.get(PROMPTS[0], context="about birds", allow_stale=True).stale
    clock.sleep(40)
    assert other.get(PROMPTS[0], context="about birds", allow_stale=True) is None
    assert other.stats().entries == 1


@pytest.mark.parametrize("eviction", ["lru", "lfu", "cost"])
def test_what_goes_next_is_the_same_as_before(words, clock, tmp_path, eviction: str) -> None:
    def survivors(cache: SemanticCache) -> list[str]:
        cache.put("a new prompt of another kind", "new", cost=1.0)
        cache.put("something entirely else", "new", cost=1.0)
        return [prompt for prompt in PROMPTS if cache.get(prompt, threshold=0.999) is not None]

    cache = SemanticCache(words, max_entries=3, eviction=eviction, clock=clock)
    for prompt in PROMPTS:
        cache.put(prompt, "an answer", cost=1.0)
    for prompt in (PROMPTS[0], PROMPTS[0], PROMPTS[2], PROMPTS[2]):
        cache.get(prompt)
    path = saved(cache, tmp_path)
    other = SemanticCache(Words(), max_entries=3, eviction=eviction, clock=clock)
    other.load(path)
    left = [PROMPTS[2]] if eviction == "lru" else [PROMPTS[0], PROMPTS[2]]
    assert survivors(other) == survivors(cache) == left


def test_limits_hold_for_what_is_loaded(words, tmp_path) -> None:
    cache = SemanticCache(words)
    cache.put_many([(prompt, "an answer") for prompt in PROMPTS])
    path = saved(cache, tmp_path)
    small = SemanticCache(words, max_entries=1)
    small.load(path)
    assert small.stats().entries == 1
    assert small.get(PROMPTS[2]).response == "an answer"


def test_a_damaged_file_changes_nothing(words, tmp_path) -> None:
    cache = SemanticCache(words)
    cache.put(PROMPTS[0], "seeds")
    path = saved(cache, tmp_path)
    cache.put(PROMPTS[1], "in trees")
    data = bytearray((tmp_path / "cache.nuthatch").read_bytes())
    for place in range(0, len(data), max(1, len(data) // 40)):
        damaged = bytearray(data)
        damaged[place] ^= 0x5A
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(nuthatch.Error):
            cache.load(tmp_path / "damaged")
    (tmp_path / "damaged").write_bytes(data[: len(data) // 2])
    engine = nuthatch.Engine()
    engine.execute("HSET", "h", "a", "b")
    engine.save(tmp_path / "engine")
    for name, why in (("damaged", "ERR"), ("none", "ERR"), ("engine", "no semantic cache")):
        with pytest.raises(nuthatch.Error, match=why):
            cache.load(tmp_path / name)
    assert cache.stats().entries == 2
    assert cache.get(PROMPTS[1]).response == "in trees"
    cache.load(path)
    assert cache.stats().entries == 1


def test_a_save_that_fails_leaves_the_file(words, tmp_path) -> None:
    cache = SemanticCache(words)
    cache.put(PROMPTS[0], "seeds")
    path = saved(cache, tmp_path)
    cache.put(PROMPTS[1], object())
    with pytest.raises(TypeError, match="the response or the metadata of 'where do warblers nest'"):
        cache.save(path)
    cache.invalidate(prompt=PROMPTS[1])
    with pytest.raises(nuthatch.Error):
        cache.save(tmp_path / "no folder" / "cache")
    cache.load(path)
    assert cache.get(PROMPTS[0]).response == "seeds"


def test_responses_are_written_as_told(words, tmp_path) -> None:
    options = {"dumps": pickle.dumps, "loads": pickle.loads}
    cache = SemanticCache(words, **options)
    cache.put(PROMPTS[0], {1, 2})
    path = saved(cache, tmp_path)
    other = SemanticCache(words, **options)
    other.load(path)
    assert other.get(PROMPTS[0]).response == {1, 2}


def test_vectors_of_another_length_and_no_entries_at_all(words, tmp_path) -> None:
    other = SemanticCache(lambda texts: [[1.0, 2.0]] * len(texts), raise_errors=True)
    other.put("a prompt", 1)
    path = saved(other, tmp_path)
    cache = SemanticCache(words)
    empty = tmp_path / "empty"
    cache.save(empty)
    cache.put(PROMPTS[0], "seeds")
    cache.load(path)
    assert cache.get("a prompt").response == 1
    other.load(empty)
    assert other.stats().entries == 0
    other.put("a prompt", 2)
    assert other.get("a prompt").response == 2


async def test_the_asynchronous_cache_in_a_file(words, tmp_path) -> None:
    cache = AsyncSemanticCache(words)
    await cache.put(PROMPTS[0], "seeds")
    await cache.save(tmp_path / "cache")
    await cache.clear()
    await cache.load(tmp_path / "cache")
    assert (await cache.get(PROMPTS[0])).response == "seeds"


def test_a_cache_on_a_server_is_saved_there(url, words, tmp_path) -> None:
    cache = SemanticCache(words, url=url)
    for call in (cache.save, cache.load):
        with pytest.raises(ValueError, match="is for a cache in the process"):
            call(tmp_path / "cache")
