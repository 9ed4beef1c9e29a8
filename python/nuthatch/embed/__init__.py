"""Embedders: what makes vectors of texts.

An embedder is anything that can be called with a list of n texts and gives n vectors of one length,
`[n, d]`: a function, a bound method such as `SentenceTransformer.encode`, or what this package has:

- `MiniLM`: all-MiniLM-L6-v2 on NumPy alone, offline.
- `each(function)`: for a function of one text.
- `openai(client)`, `cohere(client)`, `ollama()`, `sentence_transformers(model)`: through their own packages.
"""

from __future__ import annotations

from .base import Embedder, EmbeddingError, Embeddings, each
from .minilm import MiniLM
from .services import cohere, ollama, openai, sentence_transformers

__all__ = [
    "Embedder",
    "EmbeddingError",
    "Embeddings",
    "MiniLM",
    "cohere",
    "each",
    "ollama",
    "openai",
    "sentence_transformers",
]
