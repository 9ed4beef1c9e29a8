"""The semantic cache in the process."""

from __future__ import annotations

import numpy as np
import pytest

import nuthatch
from nuthatch import SemanticCache


@pytest.fixture
def cache(words, clock) -> SemanticCache:
    return SemanticCache(words, threshold=0.9, clock=clock, raise_errors=True)


def test_the_same_prompt_needs_no_embedding(cache, words) -> None:
    cache.put("What is a nuthatch?", "a bird", metadata={"source": "book"})
    calls = len(words.calls)
    hit = cache.get("  what is a  NUTHATCH ")
    assert (hit.response, hit.tier, hit.similarity, hit.why) == ("a bird", "exact", 1.0, "the same prompt")
    assert hit.metadata == {"source": "book"}
    assert hit.prompt == "What is a nuthatch?"
    assert len(words.calls) == calls


def test_a_prompt_that_means_the_same_is_a_hit(cache) -> None:
    cache.put("what does the nuthatch bird eat in winter time", "seeds")
    hit = cache.get("what does the nuthatch bird eat in winter")
    assert hit.tier == "semantic"
    assert hit.response == "seeds"
    assert 0.9 <= hit.similarity < 1.0
    assert "0.9" in hit.why
    assert cache.get("how do I repair a bicycle") is None
    assert cache.get("what does the nuthatch bird eat in winter", threshold=0.9999) is None


def test_a_put_replaces_the_entry_of_the_same_prompt(cache) -> None:
    first = cache.put("a prompt", 1)
    assert cache.put("A prompt.", 2) == first
    assert cache.get("a prompt").response == 2
    assert cache.stats().entries == 1


def test_the_guard_stands_between(words, clock) -> None:
    prompts = (
        "how much is a flight to Rome for 3 people today please",
        "how much is a flight to Rome for 4 people today please",
    )
    guarded = SemanticCache(words, threshold=0.8, clock=clock)
    guarded.put(prompts[0], "300")
    assert guarded.get(prompts[1]) is None
    assert guarded.stats().guarded == 1
    plain = SemanticCache(words, threshold=0.8, clock=clock, guard=False)
    plain.put(prompts[0], "300")
    assert plain.get(prompts[1]).response == "300"
    own = SemanticCache(words, threshold=0.8, clock=clock, guard=lambda one, other: "never")
    own.put(prompts[0], "300")
    assert own.get(prompts[1]) is None
    assert own.get(prompts[0]).tier == "exact"


def test_verify_is_asked_last(words, clock) -> None:
    asked = []

    def verify(prompt: str, kept: str) -> bool:
        asked.append((prompt, kept))
        return "yes" in prompt

    cache = SemanticCache(words, threshold=0.5, clock=clock, verify=verify)
    cache.put("some words that are kept", 1)
    assert cache.get("some words that are asked") is None
    assert cache.get("some words that are yes").response == 1
    assert asked[0] == ("some words that are asked", "some words that are kept")
    assert cache.stats().unverified == 1


def test_explanations_say_what_speaks_against_each(words, clock) -> None:
    cache = SemanticCache(words, threshold=0.7, clock=clock)
    cache.put("words of a prompt that is kept here 3", 1)
    cache.put("words of a prompt that is kept here", 2)
    cache.put("words of a prompt that is kept there", 3)
    cache.put("entirely else", 4)
    lookups = cache.stats().lookups
    found = cache.explain("words of a prompt that is kept here now")
    verdicts = {candidate.prompt: candidate.verdict for candidate in found}
    assert verdicts["words of a prompt that is kept here"] == "taken"
    assert verdicts["words of a prompt that is kept here 3"] == "guarded: numbers differ: 3"
    assert verdicts["words of a prompt that is kept there"] == "good, but one nearer was taken"
    assert verdicts["entirely else"].startswith("not near enough")
    assert cache.stats().lookups == lookups


def test_scopes_do_not_see_each_other(cache) -> None:
    cache.put("a prompt of tenants", "acme's", scope={"tenant": "acme", "model": "m"})
    assert cache.get("a prompt of tenants", scope={"tenant": "acme", "model": "m"}).response == "acme's"
    assert cache.get("a prompt of tenants", scope={"model": "m", "tenant": "acme"}) is not None
    for other in (
        {},
        {"tenant": "acme"},
        {"tenant": "evil", "model": "m"},
        {"tenant": "acme", "model": "m", "x": 1},
    ):
        assert cache.get("a prompt of tenants", scope=other) is None
        assert cache.get("a prompt of the tenants", scope=other, threshold=-1.0) is None
    # None is no value, and a number is not its text.
    assert cache.get("a prompt of tenants", scope={"tenant": "acme", "model": "m", "user": None}) is not None
    cache.put("temperatures", 1, scope={"temperature": 1})
    assert cache.get("temperatures", scope={"temperature": "1"}) is None
    assert cache.get("temperatures", scope={"temperature": 1.0}) is None


HOSTILE = [
    "acme} | @scope:{*",
    "*",
    "acme|evil",
    "acme\x1fmodel",
    "acme\x00",
    "ACME",
    " acme",
    "acme,evil",
    "acme'}) | (*",
    'acme"}',
    "\\",
    "$",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_tenant_s_name_reaches_another_s_entries(words, clock, name: str) -> None:
    cache = SemanticCache(words, threshold=-1.0, clock=clock, guard=False, raise_errors=True)
    cache.put("a secret", "acme's", scope={"tenant": "acme"})
    assert cache.get("a secret", scope={"tenant": name}) is None
    assert cache.get("another secret", scope={"tenant": name}) is None
    cache.put("a secret", "the other's", scope={"tenant": name})
    assert cache.get("a secret", scope={"tenant": "acme"}).response == "acme's"
    assert cache.get("a secret", scope={"tenant": name}).response == "the other's"
    assert cache.invalidate(scope={"tenant": name}) == 1
    assert cache.get("a secret", scope={"tenant": "acme"}).response == "acme's"


@pytest.mark.parametrize(
    "filter", ["*) | (*", "@lang:{en}) | (@lang:{de}", "* | *", "@scope:{*}", "-@lang:{xx}"]
)
def test_no_filter_reaches_another_tenant_s_entries(words, clock, filter: str) -> None:
    options = {"threshold": -1.0, "guard": False, "fields": {"lang": "TAG"}}
    cache = SemanticCache(words, clock=clock, **options)
    for number in range(20):
        cache.put(f"secret {number}", "acme's", scope={"tenant": "acme"}, metadata={"lang": "de"})
    cache.put("mine", "evil's", scope={"tenant": "evil"}, metadata={"lang": "en"})
    hits = [cache.get(f"secret {n}", scope={"tenant": "evil"}, filter=filter, k=50) for n in range(20)]
    assert {hit.response for hit in hits if hit} <= {"evil's"}


def test_filters_ask_for_metadata(words, clock) -> None:
    fields = {"lang": "TAG", "year": "NUMERIC"}
    cache = SemanticCache(words, threshold=0.8, clock=clock, fields=fields, raise_errors=True)
    cache.put("the same words in a prompt one", "english", metadata={"lang": "en", "year": 2020})
    cache.put("the same words in a prompt", "german", metadata={"lang": ["de", "at"], "year": 1999})
    assert cache.get("the same words in a prompt", filter="@lang:{at}").response == "german"
    assert cache.get("the same words in a prompt", filter="@year:[2000 +inf]").response == "english"
    assert cache.get("the same words in a prompt", filter="@lang:{fr}") is None
    # An entry that is put anew has only what it says now.
    cache.put("the same words in a prompt", "german", metadata={"year": 1999})
    assert cache.get("the same words in a prompt", filter="@lang:{at}") is None
    with pytest.raises(nuthatch.Error, match="SYNTAX"):
        cache.get("the same words", filter="@lang:{")


def test_tags_find_and_invalidate(cache) -> None:
    cache.put("first prompt", 1, tags=["a", "b"])
    cache.put("second prompt", 2, tags=["a"], scope={"tenant": "x"})
    cache.put("third prompt", 3)
    assert cache.get("first prompt", tags=["a", "b"]).response == 1
    assert cache.get("third prompt", tags=["a"]) is None
    assert cache.invalidate(tags=["a", "b"]) == 1
    assert cache.get("first prompt") is None
    assert cache.invalidate(tags=["a"], scope={"tenant": "y"}) == 0
    assert cache.invalidate(scope={"tenant": "x"}) == 1
    assert cache.invalidate(prompt="Third prompt!") == 1
    key = cache.put("fourth prompt", 4)
    assert cache.invalidate(key=key) == 1
    assert cache.invalidate(key=key) == 0
    cache.put("fifth prompt", 5)
    cache.clear()
    assert cache.stats().entries == 0
    assert cache.get("fifth prompt") is None
    cache.put("sixth prompt", 6)
    assert cache.get("sixth prompt").response == 6


def test_filters_invalidate_within_a_scope(words) -> None:
    cache = SemanticCache(words, fields={"lang": "TAG", "year": "NUMERIC"}, raise_errors=True)
    assert cache.invalidate(filter="*") == 0
    acme = {"tenant": "acme"}
    for number, (lang, scope) in enumerate((("en", acme), ("en", None), ("de", acme), ("fr", acme))):
        prompt = f"prompt {number}"
        cache.put(prompt, number, scope=scope, tags=["t"], metadata={"lang": lang, "year": 2020 + number})
    assert cache.invalidate(filter="@lang:{en}", scope={"tenant": "globex"}) == 0
    assert cache.invalidate(filter="@lang:{en} | @year:[-inf +inf]", scope={"tenant": "globex"}) == 0
    assert cache.invalidate(filter="@lang:{en}", scope=acme, tags=["other"]) == 0
    assert cache.invalidate(filter="@lang:{en}", scope=acme, tags=["t"]) == 1
    assert cache.invalidate(filter="@year:[-inf 2022]") == 2
    assert cache.get("prompt 3", scope=acme).response == 3
    with pytest.raises(ValueError, match="invalidate takes key"):
        cache.invalidate(filter="*", prompt="prompt 3")


def test_a_cache_s_own_scope_bounds_what_it_deletes(words) -> None:
    acme = SemanticCache(words, scope={"tenant": "acme"}, fields={"lang": "TAG"})
    acme.put("a prompt", 1, tags=["t"], metadata={"lang": "en"})
    acme.put("a prompt", 2, scope={"tenant": "globex"}, tags=["t"], metadata={"lang": "en"})
    assert acme.invalidate(tags=["t"]) == 1
    assert acme.invalidate(filter="@lang:{en}") == 0
    assert acme.invalidate(tags=["t"], scope={"tenant": "globex"}) == 1


def test_context_is_a_part_of_the_question(cache) -> None:
    cache.put("and in winter", "seeds", context=["what do nuthatches eat in summer"])
    assert cache.get("and in winter") is None
    assert cache.get("and in winter", context="where do tourists go in the summer") is None
    assert cache.get("And in winter?", context=["what do nuthatches eat in summer"]).tier == "exact"
    assert cache.invalidate(prompt="and in winter", context="what do nuthatches eat in summer") == 1


def test_times_to_live(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, ttl=100, tag_ttls={"news": 10, "day": 50}, raise_errors=True)
    cache.put("by default", 1)
    cache.put("of news", 2, tags=["news", "day"])
    cache.put("of its own", 3, ttl=500, tags=["news"])
    clock.sleep(9.9)
    assert cache.get("of news").age == pytest.approx(9.9)
    clock.sleep(0.2)
    assert cache.get("of news") is None
    assert cache.get("by default") is not None
    clock.sleep(90)
    assert cache.get("by default") is None
    assert cache.get("of its own") is not None
    stats = cache.stats()
    assert (stats.entries, stats.expired) == (1, 2)


def test_jitter_only_shortens(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, ttl=100, ttl_jitter=0.5)
    for number in range(200):
        cache.put(f"prompt {number}", number)
    clock.sleep(49.9)
    assert cache.stats().entries == 200
    clock.sleep(25)
    assert 50 < cache.stats().entries < 150
    clock.sleep(25.2)
    assert cache.stats().entries == 0


def test_sliding_times_begin_anew_with_each_use(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, ttl=10, sliding=True)
    cache.put("used", 1)
    cache.put("not used", 2)
    for _ in range(5):
        clock.sleep(6)
        assert cache.get("used") is not None
    assert cache.get("not used") is None
    clock.sleep(10.1)
    assert cache.get("used") is None


def test_limits_by_number_and_by_bytes(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, max_entries=3)
    for number in range(5):
        cache.put(f"prompt {number}", number)
    assert cache.stats().entries == 3
    assert cache.stats().evicted == 2
    assert cache.get("prompt 0") is None
    assert cache.get("prompt 2").response == 2
    cache.put("prompt 5", 5)
    assert cache.get("prompt 2") is not None
    assert cache.get("prompt 3") is None
    small = SemanticCache(words, clock=clock, max_bytes=20_000)
    for number in range(50):
        small.put(f"prompt {number}", "x" * 1000)
    assert 5 < small.stats().entries < 20
    assert small.stats().bytes <= 20_000


def test_lfu_keeps_what_is_used_often_and_cost_what_is_worth_it(words, clock) -> None:
    lfu = SemanticCache(words, clock=clock, max_entries=2, eviction="lfu")
    lfu.put("often", 1)
    for _ in range(3):
        lfu.get("often")
    lfu.put("once", 2)
    lfu.put("new", 3)
    assert lfu.get("often") is not None
    assert lfu.get("once") is None
    cost = SemanticCache(words, clock=clock, max_entries=2, eviction="cost", prices={"m": (0, 1000.0)})
    cost.put("dear", 1, scope={"model": "m"}, tokens=(10, 1000))
    cost.put("cheap", 2, scope={"model": "m"}, tokens=(10, 1))
    cost.put("between", 3, scope={"model": "m"}, tokens=(10, 100))
    assert cost.get("dear", scope={"model": "m"}) is not None
    assert cost.get("cheap", scope={"model": "m"}) is None


def test_failures_never_reach_the_application(words, clock) -> None:
    cache = SemanticCache(words, clock=clock)
    words.fails = True
    assert cache.get("a prompt") is None
    assert cache.put("a prompt", 1) is None
    assert cache.put_many([("a prompt", 1)]) == []
    assert cache.get_or_compute("a prompt", lambda prompt: "computed") == "computed"
    assert cache.stats().errors == 5
    words.fails = False
    assert cache.get_or_compute("a prompt", lambda prompt: "again") == "again"
    assert cache.get("a prompt").response == "again"
    loud = SemanticCache(words, clock=clock, raise_errors=True)
    words.fails = True
    with pytest.raises(RuntimeError, match="the embedder is down"):
        loud.get("a prompt that is new")


def test_what_an_embedder_may_not_give(clock) -> None:
    for bad, message in [
        (lambda texts: np.zeros((1, 4)), "zero or not finite"),
        (lambda texts: np.full((1, 4), np.nan), "zero or not finite"),
        (lambda texts: np.ones(4), r"the shape \[4\] for 1 texts: it must be \[1, d\]"),
        (lambda texts: np.ones((2, 4)), "for 1 texts"),
        (lambda texts: ["a"], "no array of numbers"),
        (lambda texts: None, "the embedder gave"),
    ]:
        with pytest.raises(ValueError, match=message):
            SemanticCache(bad, raise_errors=True).put("a prompt", 1)
    lengths = iter((4, 5))
    changing = SemanticCache(lambda texts: np.ones((1, next(lengths))), raise_errors=True)
    changing.put("a prompt", 1)
    with pytest.raises(ValueError, match="gave 5 dimensions, and the entries of the cache have 4"):
        changing.put("another", 1)


def test_wrong_arguments_always_raise(cache, words) -> None:
    for options, message in [
        ({"k": 0}, "k is 0"),
        ({"threshold": 1.5}, "threshold is 1.5"),
    ]:
        with pytest.raises(ValueError, match=message):
            cache.get("a prompt", **options)
    with pytest.raises(ValueError, match="prompt is empty"):
        cache.get("  ")
    with pytest.raises(TypeError, match="prompt is of type bytes"):
        cache.get(b"a prompt")
    with pytest.raises(ValueError, match="ttl is -1"):
        cache.put("a prompt", 1, ttl=-1)
    with pytest.raises(ValueError, match="invalidate what"):
        cache.invalidate()
    with pytest.raises(ValueError, match="invalidate takes"):
        cache.invalidate(key="a", tags=["b"])
    for options, message in [
        ({"ttl": 0}, "ttl is 0"),
        ({"ttl_jitter": 2}, "ttl_jitter is 2"),
        ({"eviction": "fifo"}, "eviction is 'fifo': it must be one of lru, lfu, cost"),
        ({"max_entries": 0}, "max_entries is 0"),
        ({"name": "a:b"}, "name is 'a:b'"),
        ({"fields": {"scope": "TAG"}}, "fields has 'scope'"),
        ({"fields": {"a": "VECTOR"}}, "the type 'VECTOR'"),
        ({"engine": nuthatch.Engine(), "client": object()}, "only one of them"),
        ({"client": object(), "max_entries": 1}, "max_entries and max_bytes"),
        ({"embedding_cache": -1}, "embedding_cache is -1"),
        ({"flight_seconds": 0}, "flight_seconds is 0"),
    ]:
        with pytest.raises(ValueError, match=message):
            SemanticCache(words, **options)
    with pytest.raises(TypeError, match="embedder is of type str"):
        SemanticCache("embed")


def test_batches_embed_once(cache, words) -> None:
    keys = cache.put_many([("first words here", 1), ("second words there", 2)], tags=["t"])
    assert len(keys) == 2
    assert len(words.calls) == 1
    hits = cache.get_many(
        ["First words here", "second words there too", "nothing of the kind", "second words there too"]
    )
    assert [hit and hit.response for hit in hits][:3] == [1, 2 if hits[1] else None, None]
    assert len(words.calls) == 2
    assert len(words.calls[1]) == 2
    assert cache.get_many([]) == []
    assert cache.stats().lookups == 4


def test_the_decorator(cache) -> None:
    calls = []

    @cache.cached(tags=["t"], scope=lambda question, lang="en": {"lang": lang})
    def answer(question: str, lang: str = "en") -> str:
        """Answers."""
        calls.append(question)
        return f"{question} in {lang}"

    assert answer("a question") == "a question in en"
    assert answer("A question?") == "a question in en"
    assert answer("a question", lang="de") == "a question in de"
    assert answer(question="a question") == "a question in en"
    assert len(calls) == 2
    assert answer.__doc__ == "Answers."
    assert cache.invalidate(tags=["t"]) == 2

    @cache.cached(prompt=lambda number: f"number {number}")
    def square(number: int) -> int:
        return number * number

    assert (square(3), square(3), square(4)) == (9, 9, 16)
    with pytest.raises(TypeError, match="its first argument must be a str"):
        cache.cached()(len)([1])
    with pytest.raises(TypeError, match="AsyncSemanticCache"):

        @cache.cached()
        async def never(prompt: str) -> None: ...


def test_what_is_saved_in_tokens_and_money(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, prices={"m": (1.0, 2.0)}, scope={"model": "m"})
    cache.put("a prompt", 1, tokens=(100, 200))
    cache.put("of its own price", 1, tokens=(1, 1), cost=5.0)
    cache.get("a prompt")
    cache.get("a prompt")
    cache.get("of its own price")
    cache.get("a miss of this cache")
    stats = cache.stats()
    assert (stats.lookups, stats.exact_hits, stats.misses) == (4, 3, 1)
    assert stats.tokens_saved == 602
    assert stats.money_saved == pytest.approx(2 * 500 / 1e6 + 5.0)
    assert stats.hit_rate == 0.75
    assert stats.latency() > 0
    assert "hit rate" in stats._repr_html_()
    cache.reset_stats()
    assert cache.stats().lookups == 0


def test_caches_share_an_engine_by_name(words, clock) -> None:
    engine = nuthatch.Engine()
    one = SemanticCache(words, engine=engine, name="one", clock=clock)
    other = SemanticCache(words, engine=engine, name="other", clock=clock)
    one.put("a prompt", 1)
    assert other.get("a prompt") is None
    other.put("a prompt", 2)
    one.clear()
    assert other.get("a prompt words", threshold=-1.0).response == 2
    assert engine.indexes() == ["one", "other"]


def test_a_threshold_by_scope(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, threshold=lambda scope: 0.5 if scope.get("loose") else 0.99)
    for loose in (True, False):
        cache.put("these are some words of a prompt", 1, scope={"loose": loose})
    assert cache.get("these are some words", scope={"loose": True}) is not None
    assert cache.get("these are some words", scope={"loose": False}) is None
