"""LiteLLM's own calls on the cache."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("litellm")

import litellm
from litellm import CustomLLM, ModelResponse
from litellm.types.utils import GenericStreamingChunk

from nuthatch import SemanticCache
from nuthatch.litellm import NuthatchCache

QUESTION = "what does a nuthatch eat in winter time"
NEAR = "what does a nuthatch eat in the winter time"


class Fake(CustomLLM):
    """A model that numbers its answers."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.finish = "stop"

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        self.calls += 1
        message = {"role": "assistant", "content": f"answer {self.calls}"}
        return ModelResponse(
            model="fake",
            choices=[{"index": 0, "message": message, "finish_reason": self.finish}],
            usage={"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
        )

    async def acompletion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.completion()

    def streaming(self, *args: Any, **kwargs: Any):
        self.calls += 1
        words = ("answer ", str(self.calls))
        for number, word in enumerate(words):
            last = number == len(words) - 1
            yield GenericStreamingChunk(
                text=word,
                is_finished=last,
                finish_reason="stop" if last else "",
                usage=None,
                index=0,
                tool_use=None,
            )


@pytest.fixture
def fake(monkeypatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(litellm, "custom_provider_map", [{"provider": "fake", "custom_handler": fake}])
    litellm.utils.custom_llm_setup()
    return fake


@pytest.fixture
def cache(words, monkeypatch) -> SemanticCache:
    cache = SemanticCache(words, threshold=0.9, raise_errors=True)
    monkeypatch.setattr(litellm, "cache", NuthatchCache(cache))
    return cache


def said(*texts: Any) -> list[dict[str, Any]]:
    roles = ("system", "user") if len(texts) == 2 else ("user",)
    return [{"role": role, "content": text} for role, text in zip(roles, texts)]


def ask(*texts: Any, **options: Any) -> str:
    answer = litellm.completion(model="fake/model", messages=said(*texts), **options)
    return answer.choices[0].message.content


def test_a_model_is_asked_once_for_what_means_the_same(fake, cache) -> None:
    assert ask(QUESTION) == "answer 1"
    assert ask("What does a nuthatch eat in winter time?") == "answer 1"
    assert ask(NEAR) == "answer 1"
    assert ask("how many eggs are in a nest") == "answer 2"
    # Said after other words, or with other settings, it is another question.
    assert ask("Answer in rhymes only", QUESTION) == "answer 3"
    assert ask("Answer in rhymes only", NEAR) == "answer 3"
    assert ask(QUESTION, temperature=0.5) == "answer 4"
    assert fake.calls == 4
    stats = cache.stats()
    assert (stats.exact_hits, stats.semantic_hits) == (1, 2)
    assert stats.tokens_saved == 45
    cache.clear()
    assert ask(QUESTION) == "answer 5"


def test_each_key_of_the_proxy_has_its_own(fake, cache) -> None:
    for number, tenant in enumerate(("acme", "globex"), 1):
        for _ in range(2):
            metadata = {"user_api_key": tenant}
            assert ask(QUESTION, metadata=metadata) == f"answer {number}"
    assert metadata["semantic-similarity"] == 1.0


def test_what_litellm_says_of_caching_works(fake, cache) -> None:
    assert ask(QUESTION) == "answer 1"
    assert ask(QUESTION, cache={"no-cache": True}) == "answer 2"
    assert ask(QUESTION, cache={"namespace": "other"}) == "answer 3"
    assert ask("another question", cache={"no-store": True}) == "answer 4"
    assert ask("another question") == "answer 5"
    assert ask("another question", caching=False) == "answer 6"
    ask("a third question", cache={"ttl": 100})
    [fresh] = [one for one in cache._store.kept() if one.entry.prompt == "a third question"]
    assert fresh.entry.fresh_until - fresh.entry.created == pytest.approx(100)


def test_streams_are_replayed(fake, cache) -> None:
    def streamed() -> str:
        chunks = litellm.completion(model="fake/model", messages=said(QUESTION), stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    assert streamed() == "answer 1"
    assert streamed() == "answer 1"
    assert fake.calls == 1


async def test_asynchronous_calls(fake, cache) -> None:
    for text in (QUESTION, NEAR, QUESTION):
        answer = await litellm.acompletion(model="fake/model", messages=said(text))
        # LiteLLM keeps answers in a task of its own.
        for _ in range(100):
            if cache.stats().puts:
                break
            await asyncio.sleep(0.02)
        assert answer.choices[0].message.content == "answer 1"
    assert fake.calls == 1


def test_what_must_not_be_kept_is_not(fake, cache) -> None:
    parts = [{"type": "text", "text": QUESTION}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    fake.finish = "length"
    ask(QUESTION)
    fake.finish = "stop"
    ask(parts)
    ask(QUESTION, tools=[tool])
    assert cache.stats().entries == 0
    assert fake.calls == 3


def test_money_is_by_litellm_s_prices() -> None:
    from nuthatch.litellm import _cost

    assert _cost("gpt-4o", (1_000_000, 0)) > 0
    assert _cost("no such model", (10, 10)) is None
