"""Embedders of services, through their own clients."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from .base import Embedder, EmbeddingError

_COHERE_TEXTS = 96
"""Texts that Cohere takes in one call."""


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

    The type of input is one for all: what is put and what is asked are both prompts. Many texts are
    several calls.
    """

    def some(texts: list[str]) -> Any:
        reply = client.embed(
            texts=texts, model=model, input_type=input_type, embedding_types=["float"], **options
        )
        rows = getattr(reply.embeddings, "float_", None)
        if rows is None:
            raise EmbeddingError("Cohere gave no embeddings of the type float")
        return rows

    def embed(texts: list[str]) -> list[list[float]]:
        return [row for at in range(0, len(texts), _COHERE_TEXTS) for row in some(texts[at:][:_COHERE_TEXTS])]

    return embed


def sentence_transformers(model: Any, **options: Any) -> Embedder:
    """Through a model of the package `sentence-transformers`.

    Args:
        model: A `SentenceTransformer`, or the name of one.
        options: Others of `encode`, as `batch_size` or `prompt_name`.
    """
    if isinstance(model, str):
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(model)

    def embed(texts: list[str]) -> Any:
        return model.encode(texts, **{"show_progress_bar": False, **options})

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
