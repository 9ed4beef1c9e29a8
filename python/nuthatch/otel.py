"""OpenTelemetry: a span for each step of a semantic cache.

cache = SemanticCache(embedder)
nuthatch.otel.instrument(cache)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode, TracerProvider

from .cache import AsyncSemanticCache, SemanticCache

_TEXTS = ("prompt", "matched")
"""Facts that are what users wrote."""


def instrument(
    cache: SemanticCache | AsyncSemanticCache,
    *,
    tracer_provider: TracerProvider | None = None,
    record_prompts: bool = False,
) -> None:
    """Gives each step of a cache a span, `nuthatch.cache.get` and so on, within the one that is current.

    The embedder's own spans, those of an HTTP client say, stand within `nuthatch.cache.embed`. What a step
    is about, and what came of it, are attributes: `nuthatch.cache.name`, `.count`, `.tier`, `.similarity`,
    `.stale`, `.hits`, `.source`, `.deleted`. A failure that the application does not see is recorded as an
    exception of the span.

    Args:
        cache: Either kind of cache.
        tracer_provider: Where spans go; by default the global one.
        record_prompts: Prompts are attributes too, `.prompt` and `.matched`. Off by default, for
            prompts are what users wrote.
    """
    tracer = trace.get_tracer("nuthatch", tracer_provider=tracer_provider)

    @contextmanager
    def observe(step: str, facts: dict[str, Any]) -> Iterator[None]:
        with tracer.start_as_current_span(f"nuthatch.cache.{step}") as span:
            try:
                yield
            finally:
                _describe(span, facts, record_prompts)

    cache.observe(observe)


def _describe(span: Span, facts: dict[str, Any], record_prompts: bool) -> None:
    for name, value in facts.items():
        if name == "error":
            span.record_exception(value)
            span.set_status(Status(StatusCode.ERROR, f"{type(value).__name__}: {value}"))
        elif name == "cache":
            span.set_attribute("nuthatch.cache.name", value)
        elif record_prompts or name not in _TEXTS:
            span.set_attribute(f"nuthatch.cache.{name}", value)
