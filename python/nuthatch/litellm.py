"""LiteLLM: its cache of answers on a `SemanticCache`.

litellm.cache = NuthatchCache(SemanticCache(embedder))
litellm.completion(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import litellm
from litellm.caching.base_cache import BaseCache
from litellm.caching.caching import Cache
from litellm.types.caching import LiteLLMCacheType

from .cache import SemanticCache
from .openai import _is_whole, _said

_PROMPTS = ("messages", "prompt", "input")
"""Arguments of a call that are what is asked: no part of its scope."""

_WHO = ("user_api_key", "user_api_key_team_id", "user_api_key_org_id")
"""Whose call it is, as LiteLLM's proxy says: each sees answers of its own alone."""


class NuthatchCache(Cache):  # type: ignore[misc]
    """LiteLLM's cache on a `SemanticCache`, for `litellm.cache`, streams included.

    The last message is the prompt, those before it are its context; the model with all its parameters, and
    the proxy's key, team and organisation, are the scope. What LiteLLM says of caching works: `cache={"ttl":
    60, "s-maxage": 10, "no-cache": True, "namespace": "x"}` of a call, `ttl`, `namespace`, `mode`. Answers
    with tools, for several choices, to what is no text, and those that were cut off are not kept. What hits
    save in money is by LiteLLM's own prices.

    Args:
        cache: Where answers are kept.
        scope: More of the scope, as `{"tenant": "acme"}`.
        options: As of `litellm.Cache`; `max_messages` is 4 there, None is no limit.
    """

    def __init__(
        self, cache: SemanticCache, *, scope: Mapping[str, object] | None = None, **options: Any
    ) -> None:
        options.setdefault("supported_call_types", ["completion", "acompletion"])
        super().__init__(type=LiteLLMCacheType.LOCAL, **options)
        self.cache = _Answers(cache, dict(scope or {}))

    def get_cache_key(self, **kwargs: Any) -> str:
        """The scope of a call: all of it but what is asked."""
        rest = {name: value for name, value in kwargs.items() if name not in _PROMPTS}
        return json.dumps([super().get_cache_key(**rest), *_who(kwargs)])


def _who(arguments: Mapping[str, Any]) -> list[Any]:
    sources = [
        source.get(name) or {}
        for source in (arguments, arguments.get("litellm_params") or {})
        for name in ("metadata", "litellm_metadata")
    ]
    return [next((source[name] for source in sources if source.get(name)), None) for name in _WHO]


class _Answers(BaseCache):  # type: ignore[misc]
    """What LiteLLM's cache asks for answers and gives them to."""

    def __init__(self, cache: SemanticCache, scope: dict[str, object]) -> None:
        super().__init__()
        self.semantic = cache
        self._scope = scope

    def get_cache(self, key: str, **kwargs: Any) -> Any:
        said = _said(kwargs.get("messages") or ())
        if said is None:
            return None
        prompt = kwargs["messages"][-1]["content"]
        hit = self.semantic.get(prompt, scope=self._of(key), context=said[:-1])
        if isinstance(kwargs.get("metadata"), dict):
            # Where LiteLLM's own semantic caches have it.
            kwargs["metadata"]["semantic-similarity"] = 0.0 if hit is None else hit.similarity
        return None if hit is None else hit.response

    def set_cache(self, key: str, value: Any, **kwargs: Any) -> None:
        said = _said(kwargs.get("messages") or ())
        if said is None or kwargs.get("tools") or kwargs.get("functions"):
            return
        answer = value.get("response") if isinstance(value, dict) else None
        parsed = json.loads(answer) if isinstance(answer, str) else {}
        choices = parsed.get("choices")
        if not choices or len(choices) != 1 or not _is_whole(choices[0].get("finish_reason")):
            return
        usage = parsed.get("usage") or {}
        tokens = (int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))
        ttl = kwargs.get("ttl")
        self.semantic.put(
            kwargs["messages"][-1]["content"],
            value,
            scope=self._of(key),
            context=said[:-1],
            ttl=None if ttl is None else float(ttl),
            tokens=tokens,
            cost=_cost(kwargs.get("model"), tokens),
        )

    async def async_get_cache(self, key: str, **kwargs: Any) -> Any:
        return await asyncio.to_thread(self.get_cache, key, **kwargs)

    async def async_set_cache(self, key: str, value: Any, **kwargs: Any) -> None:
        await asyncio.to_thread(self.set_cache, key, value, **kwargs)

    async def async_set_cache_pipeline(self, cache_list: list[tuple[str, Any]], **kwargs: Any) -> None:
        for key, value in cache_list:
            await self.async_set_cache(key, value, **kwargs)

    async def disconnect(self) -> None:
        """There is nothing that is connected."""

    def flush_cache(self) -> None:
        """Forgets all answers."""
        self.semantic.clear()

    def _of(self, key: str) -> dict[str, object]:
        return {**self._scope, "litellm": key}


def _cost(model: Any, tokens: tuple[int, int]) -> float | None:
    """By LiteLLM's table of prices; None for a model that is not in it."""
    try:
        asked, answered = litellm.cost_per_token(
            model=str(model), prompt_tokens=tokens[0], completion_tokens=tokens[1]
        )
    except Exception:
        return None
    return float(asked + answered)
