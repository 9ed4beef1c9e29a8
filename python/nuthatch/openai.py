"""A client of OpenAI, or of a service that speaks as it does, with a semantic cache before it.

client = cached(openai.OpenAI(), SemanticCache(embedder))
client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello"}])
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .cache import SemanticCache

_NEVER = ("tools", "functions", "audio", "modalities")
"""Options with which an answer is more than text, or does something: such calls pass as they are."""


def cached(client: Any, cache: SemanticCache, *, scope: Mapping[str, object] | None = None) -> CachedClient:
    """The client with the cache before `chat.completions.create`; all else is the client's own.

    The last message is the prompt, those before it are its context, and the model with all options is the
    scope. A stream is kept when it has come to its end, and replayed chunk by chunk. Calls with tools, or
    with content that is no text, pass as they are; so do calls that ask for several answers.

    Args:
        client: As `openai.OpenAI()`.
        cache: Where answers are kept; `prices` of it by the model's name give what they save.
        scope: More of the scope, as `{"tenant": "acme"}`.
    """
    return CachedClient(client, cache, dict(scope or {}))


class CachedClient:
    """What `cached` gives."""

    def __init__(self, client: Any, cache: SemanticCache, scope: dict[str, object]) -> None:
        self._client = client
        self.chat = _Chat(client.chat, cache, scope)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class _Chat:
    def __init__(self, chat: Any, cache: SemanticCache, scope: dict[str, object]) -> None:
        self._chat = chat
        self.completions = _Completions(chat.completions, cache, scope)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chat, name)


class _Completions:
    def __init__(self, completions: Any, cache: SemanticCache, scope: dict[str, object]) -> None:
        self._completions = completions
        self._cache = cache
        self._scope = scope

    def __getattr__(self, name: str) -> Any:
        return getattr(self._completions, name)

    def create(self, *, messages: Sequence[Mapping[str, Any]], **options: Any) -> Any:
        """As the client's own, answered from the cache where it can be."""
        said = _said(messages)
        if said is None or any(options.get(name) for name in _NEVER) or (options.get("n") or 1) != 1:
            return self._completions.create(messages=messages, **options)
        context, prompt = tuple(said[:-1]), messages[-1]["content"]
        scope = {**self._scope, "model": options.get("model"), "options": _canonical(options)}
        if options.get("stream"):
            return self._stream(prompt, context, scope, messages, options)
        hit = self._cache.get(prompt, scope=scope, context=context)
        if hit is not None:
            from openai.types.chat import ChatCompletion

            return ChatCompletion.model_validate(hit.response)
        answer = self._completions.create(messages=messages, **options)
        usage = getattr(answer, "usage", None)
        tokens = (usage.prompt_tokens, usage.completion_tokens) if usage is not None else (0, 0)
        if _is_whole(answer.choices[0].finish_reason):
            kept = answer.model_dump(mode="json")
            self._cache.put(prompt, kept, scope=scope, context=context, tokens=tokens)
        return answer

    def _stream(
        self,
        prompt: str,
        context: tuple[str, ...],
        scope: dict[str, object],
        messages: Sequence[Mapping[str, Any]],
        options: dict[str, Any],
    ) -> Iterator[Any]:
        """Chunks from the cache, or from the service; those are kept when the last has come."""
        hit = self._cache.get(prompt, scope=scope, context=context)
        if hit is not None:
            from openai.types.chat import ChatCompletionChunk

            for chunk in hit.response:
                yield ChatCompletionChunk.model_validate(chunk)
            return
        chunks = []
        is_whole = False
        for chunk in self._completions.create(messages=messages, **options):
            chunks.append(chunk.model_dump(mode="json"))
            is_whole |= any(_is_whole(choice.finish_reason) for choice in chunk.choices)
            yield chunk
        if is_whole:
            self._cache.put(prompt, chunks, scope=scope, context=context)


def _said(messages: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """What was said, one text a message; None if anything of it is no text, or the last is not a user's."""
    if not messages or messages[-1].get("role") != "user":
        return None
    said = []
    for message in messages:
        content = message.get("content")
        if not isinstance(content, str) or not content.strip() or message.get("tool_calls"):
            return None
        said.append(f"{message.get('role')}: {content}")
    return said


def _canonical(options: Mapping[str, Any]) -> str:
    """All options as one text, whatever their order."""
    return json.dumps(dict(options), sort_keys=True, default=repr)


def _is_whole(reason: str | None) -> bool:
    """Whether an answer came to its own end: one that was cut off is no answer to the next who asks."""
    return reason == "stop"
