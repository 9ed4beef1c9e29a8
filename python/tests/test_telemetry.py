"""Traces and metrics of a cache, through the real libraries."""

from __future__ import annotations

import gc
from contextlib import contextmanager

import pytest

from nuthatch import AsyncSemanticCache, SemanticCache

from .conftest import Words

QUESTION = "what does a nuthatch eat in winter time"
NEAR = "what does a nuthatch eat in the winter time"


@pytest.fixture
def spans():
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def finished() -> list[tuple[str, str | None, dict]]:
        """Names, those of their parents, and attributes; and begins anew."""
        ended = exporter.get_finished_spans()
        exporter.clear()
        names = {span.context.span_id: span.name for span in ended}
        return [
            (span.name.removeprefix("nuthatch.cache."), span.parent and names.get(span.parent.span_id), span)
            for span in ended
        ]

    finished.provider = provider
    return finished


@pytest.fixture
def registry():
    return pytest.importorskip("prometheus_client").CollectorRegistry()


def about(span) -> dict:
    return {name.removeprefix("nuthatch.cache."): value for name, value in span.attributes.items()}


def test_steps_are_spans_within_each_other(words, spans) -> None:
    from nuthatch import otel

    cache = SemanticCache(words, name="birds", threshold=0.9)
    otel.instrument(cache, tracer_provider=spans.provider)
    assert cache.get_or_compute(QUESTION, lambda _: "seeds") == "seeds"
    root = "nuthatch.cache.get_or_compute"
    found = spans()
    assert [(name, parent) for name, parent, _ in found] == [
        ("embed", "nuthatch.cache.get"),
        ("get", root),
        ("compute", root),
        ("put", root),
        ("get_or_compute", None),
    ]
    known = {name: about(span) for name, _, span in found}
    assert known["get"] == {"name": "birds", "count": 1, "tier": "miss"}
    assert known["embed"] == {"name": "birds", "count": 1}
    assert known["get_or_compute"]["source"] == "computed"

    cache.get(NEAR)
    [_, (_, _, near)] = spans()
    assert about(near)["tier"] == "semantic"
    assert 0.9 <= about(near)["similarity"] < 1.0
    cache.get_many([QUESTION, "something else entirely"])
    assert about(spans()[-1][2])["hits"] == 1
    cache.invalidate(prompt=QUESTION)
    assert about(spans()[-1][2])["deleted"] == 1


def test_prompts_are_recorded_only_when_asked(words, spans) -> None:
    from nuthatch import otel

    for record in (False, True):
        cache = SemanticCache(words, threshold=0.9)
        otel.instrument(cache, tracer_provider=spans.provider, record_prompts=record)
        cache.put(QUESTION, "seeds")
        cache.get(NEAR)
        texts = [value for _, _, span in spans() for value in span.attributes.values()]
        assert (NEAR in texts) == (QUESTION in texts) == record


def test_failures_that_nobody_sees_are_seen_in_spans(words, spans) -> None:
    from nuthatch import otel

    cache = SemanticCache(words)
    otel.instrument(cache, tracer_provider=spans.provider)
    words.fails = True
    assert cache.get(QUESTION) is None
    embed, get = (span for _, _, span in spans())
    for span in (embed, get):
        assert not span.status.is_ok
        assert span.events[0].attributes["exception.message"] == "the embedder is down"

    def fails(prompt: str) -> str:
        raise LookupError("no model")

    words.fails = False
    with pytest.raises(LookupError):
        cache.get_or_compute(QUESTION, fails)
    states = {name: span.status.is_ok for name, _, span in spans()}
    assert states == {"embed": True, "get": True, "compute": False, "get_or_compute": False}


async def test_steps_of_the_asynchronous_cache(spans) -> None:
    from nuthatch import otel

    class Embedder:
        async def __call__(self, texts: list[str]):
            return Words()(texts)

    for embedder in (Words(), Embedder()):
        cache = AsyncSemanticCache(embedder)
        otel.instrument(cache, tracer_provider=spans.provider)

        async def answer(prompt: str) -> str:
            return "seeds"

        assert await cache.get_or_compute(QUESTION, answer) == "seeds"
        names = [(name, parent and parent.removeprefix("nuthatch.cache.")) for name, parent, _ in spans()]
        expected = ["embed", "get", "compute", "put", "get_or_compute"]
        assert [name for name, _ in names] == expected
        assert dict(names)["embed"] == "get"


def test_metrics_are_what_the_cache_counts(words, registry) -> None:
    from nuthatch import prometheus

    cache = SemanticCache(
        words, name="birds", threshold=0.9, prices={"gpt": (1.0, 2.0)}, scope={"model": "gpt"}
    )
    prometheus.instrument(cache, registry=registry)
    cache.put(QUESTION, "seeds", tokens=(100, 50))
    cache.get(QUESTION)
    cache.get(NEAR)
    cache.get("something else entirely")
    cache.get(QUESTION.replace("what", "3"))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"nuthatch_cache_{name}", {"cache": "birds", **labels})

    found = {result: value("lookups_total", result=result) for result in ("exact", "semantic", "miss")}
    stats = cache.stats()
    assert found == {"exact": 1, "semantic": 1, "miss": 2}
    assert value("refused_total", by="guard") == stats.guarded
    assert value("entries") == 1
    assert value("bytes") == stats.bytes > 0
    assert value("tokens_saved_total") == 300
    assert value("money_saved_total") == pytest.approx(2 * (100 + 2 * 50) / 1e6)
    assert value("seconds_count", step="get") == 4
    assert value("seconds_count", step="embed") == stats.embedded
    assert value("seconds_sum", step="get") > 0


def test_a_registry_has_a_cache_of_a_name_once(words, registry) -> None:
    from prometheus_client import generate_latest

    from nuthatch import prometheus

    one, other = SemanticCache(words, name="one"), AsyncSemanticCache(words, name="other")
    prometheus.instrument(one, registry=registry)
    prometheus.instrument(one, registry=registry)
    prometheus.instrument(other, registry=registry)
    with pytest.raises(ValueError, match="a cache of the name 'one' already"):
        prometheus.instrument(SemanticCache(words, name="one"), registry=registry)
    one.get(QUESTION)
    assert registry.get_sample_value("nuthatch_cache_seconds_count", {"cache": "one", "step": "get"}) == 1
    assert b'nuthatch_cache_entries{cache="other"} 0.0' in generate_latest(registry)
    del one
    gc.collect()
    assert b'nuthatch_cache_entries{cache="one"}' not in generate_latest(registry)


def test_an_observer_that_fails_harms_nothing(words, caplog) -> None:
    seen: list[tuple[str, dict]] = []

    @contextmanager
    def watches(step: str, facts: dict):
        yield
        seen.append((step, facts))

    @contextmanager
    def fails_at_its_end(step: str, facts: dict):
        yield
        raise RuntimeError("of the observer")

    def fails(step: str, facts: dict):
        raise RuntimeError("of the observer")

    cache = SemanticCache(words, verify=lambda prompt, other: True, guard=False, threshold=0.9)
    for observer in (watches, fails_at_its_end, fails):
        cache.observe(observer)
    with pytest.raises(TypeError, match="observer is of type int"):
        cache.observe(3)
    cache.put(QUESTION, "seeds")
    assert cache.get(NEAR).response == "seeds"
    assert [step for step, _ in seen] == ["embed", "put", "embed", "verify", "get"]
    assert "an observer failed: RuntimeError: of the observer" in caplog.text
    assert cache.stats().errors == 0
