"""Embedders of services, through their own clients."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from .base import Embedder, EmbeddingError


def openai(client: Any, model: str = "text-embedding-3-small", **options: Any) -> Embedder:
    """Through a client of the package `openai`, or any that has its `embeddings.create`.

    Args:
        client: As `openai.OpenAI()`.
        model: The model's name.
        options: Others of `embeddings.create`, as `dimensions`.
    """

    def embed(texts: list[str]) -> list[list[float]]:
        reply = client.embeddings.create(model=model, input=texts, **options)
        rows = sorted(reply.data, key=lambda row: row.index)
        return [row.embedding for row in rows]

    return embed


def cohere(
    client: Any, model: str = "embed-v4.0", input_type: str = "search_query", **options: Any
) -> Embedder:
    """Through a client of the package `cohere` (`cohere.ClientV2()`).

    The type of input is one for all: what is put and what is asked are both prompts.
    """

    def embed(texts: list[str]) -> Any:
        reply = client.embed(
            texts=texts, model=model, input_type=input_type, embedding_types=["float"], **options
        )
        rows = reply.embeddings
        return getattr(rows, "float_", None) or rows.float

    return embed


def ollama(
    model: str = "all-minilm", *, url: str = "http://localhost:11434", timeout: float = 30.0
) -> Embedder:
    """Through a local Ollama, without a package.

    Args:
        model: A model that was pulled.
        url: Where Ollama listens.
        timeout: Seconds for one call.
    """
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url is {url!r}: it must begin with http:// or https://")

    def embed(texts: list[str]) -> Any:
        body = json.dumps({"model": model, "input": texts}).encode()
        asked = urllib.request.Request(
            f"{url.rstrip('/')}/api/embed", data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=timeout) as reply:
            answer = json.load(reply)
        if "embeddings" not in answer:
            raise EmbeddingError(f"Ollama gave no embeddings: {answer.get('error', answer)}")
        return answer["embeddings"]

    return embed
