"""Measures the model that runs on NumPy beside the same model in sentence-transformers, on torch.

    make bench-embedder

The same texts in turns, one at a time and in batches; how alike the vectors are. Needs torch, some gigabytes,
which `make bench-cache` does not install.
"""

from __future__ import annotations

import gzip
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from goals import ROOT, merge
from sentence_transformers import SentenceTransformer

from nuthatch.embed import minilm

QUERIES = ROOT.parent / "shared" / "data" / "minilm384" / "query.txt.gz"
ROUNDS = 7
SINGLE = 60
BATCHES = (32, 256)

Embed = Callable[[Sequence[str]], np.ndarray]


def main() -> None:
    torch.set_num_threads(1)
    ours, theirs = minilm.shared(), SentenceTransformer(str(minilm.installed()), device="cpu")
    engines: dict[str, Embed] = {
        "NumPy": lambda texts: ours(list(texts)),
        "torch": lambda texts: theirs.encode(
            list(texts), batch_size=len(texts), normalize_embeddings=True, show_progress_bar=False
        ),
    }
    texts = gzip.decompress(QUERIES.read_bytes()).decode().splitlines()
    words = statistics.mean(len(text.split()) for text in texts)
    alike = np.einsum("ij,ij->i", *(embed(texts[:1000]) for embed in engines.values()))
    print(f"{len(texts)} texts of {words:.1f} words; the least cosine of 1,000: {alike.min():.7f}")
    summary = [line("cosine of both models' vectors, the least", float(alike.min()), 0.9999, 0.99999, "of 1")]
    single = [[text] for text in texts[:SINGLE]]
    summary.append(compare("one text at a time", single, engines))
    for size in BATCHES:
        batches = [texts[start : start + size] for start in range(0, 2 * size, size)]
        summary.append(compare(f"{size} texts at a time", batches, engines))
    merge(summary)


def compare(name: str, calls: Sequence[Sequence[str]], engines: dict[str, Embed]) -> dict[str, object]:
    """Milliseconds of a text in each engine, medians of rounds in turns, and their ratio as a line."""
    times: dict[str, list[float]] = {engine: [] for engine in engines}
    for _ in range(ROUNDS):
        for engine, embed in engines.items():
            start = time.perf_counter()
            for texts in calls:
                embed(texts)
            times[engine].append((time.perf_counter() - start) / sum(map(len, calls)))
    medians = {engine: statistics.median(taken) * 1e3 for engine, taken in times.items()}
    shown = ", ".join(f"{engine} {taken:.2f} ms" for engine, taken in medians.items())
    print(f"{name:24} {shown} a text")
    ratio = statistics.median(b / a for a, b in zip(times["NumPy"], times["torch"]))
    return line(f"embedding, {name}: torch's time over ours", ratio, 0.5, 1.0, "×")


def line(name: str, value: float, must: float, aim: float, unit: str) -> dict[str, object]:
    return {"name": name, "value": value, "must": must, "aim": aim, "unit": unit, "better": "higher"}


if __name__ == "__main__":
    main()
