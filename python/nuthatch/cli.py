"""The console command `nuthatch`: a server, a demonstration, a measurement."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType

from . import Engine, Error, SemanticCache, __version__
from .embed import each


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; its exit status."""
    parser = argparse.ArgumentParser(prog="nuthatch", description=__doc__)
    parser.add_argument("--version", action="version", version=f"nuthatch {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    served = commands.add_parser("server", help="run a Valkey server with the module in the foreground")
    served.add_argument("--port", type=int, default=6379, help="where it listens (6379)")
    served.add_argument("--host", default="127.0.0.1", help="the address it listens on (127.0.0.1)")
    served.add_argument("--data", metavar="FOLDER", help="a folder that is kept (a temporary one)")
    served.add_argument("--module", metavar="FILE", help="another module than the package's own")
    commands.add_parser("demo", help="searches and a semantic cache in this process, without a server")
    bench = commands.add_parser("bench", help="measure the semantic cache in this process")
    bench.add_argument("--entries", type=int, default=20_000, help="entries in the cache (20000)")
    bench.add_argument("--dimensions", type=int, default=384, help="of their vectors (384)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "server":
            return _serve(options)
        return _demo() if options.command == "demo" else _bench(options.entries, options.dimensions)
    except (Error, ImportError, OSError, ValueError) as error:
        print(f"nuthatch: {error}", file=sys.stderr)
        return 1


def _serve(options: argparse.Namespace) -> int:
    from ._server import server

    ended = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    started = server(options.port, host=options.host, data_dir=options.data, module=options.module)
    with started:
        print(f"Valkey with Nuthatch on {options.host}:{started.port}; Ctrl-C ends it.", flush=True)
        while not ended.wait(0.2):
            if not started.is_running():
                print("nuthatch: the server has ended", file=sys.stderr)
                return 1
    return 0


_BIRDS = (
    ("Eurasian nuthatch", "forest,park", 14),
    ("Rock nuthatch", "cliff", 15),
    ("Wood warbler", "forest", 12),
    ("Blackbird", "forest,park,garden", 25),
)

_QUERIES = ("nuthatch", "@habitat:{forest} @length:[(12 +inf]", "nuth* -rock")


def _demo() -> int:
    engine = Engine(decode_responses=True)
    schema = ("name", "TEXT", "habitat", "TAG", "length", "NUMERIC", "SORTABLE")
    engine.execute("FT.CREATE", "birds", "PREFIX", 1, "bird:", "SCHEMA", *schema)
    for number, (name, habitat, length) in enumerate(_BIRDS):
        engine.execute("HSET", f"bird:{number}", "name", name, "habitat", habitat, "length", length)
    for query in _QUERIES:
        print(f"\nFT.SEARCH birds {query!r}")
        for row in engine.execute("FT.SEARCH", "birds", query)["results"]:
            bird = row["extra_attributes"]
            print(f"  {row['id']}  {bird['name']}, {bird['length']} cm, {bird['habitat']}")
    calls: list[str] = []

    def model(prompt: str) -> str:
        calls.append(prompt)
        return f"answer {len(calls)}"

    print("\nA semantic cache before a model that counts its calls:")
    cache = SemanticCache(each(_letters), threshold=0.9)
    for prompt in ("How do I feed 3 birds?", "how do i feed 3 birds", "How do I feed 30 birds?"):
        print(f"  {prompt:<26} {cache.get_or_compute(prompt, model)}  ({len(calls)} calls)")
    return 0


def _letters(text: str) -> list[float]:
    """A toy of an embedding: pairs of letters, counted."""
    vector = [0.0] * 64
    for one, other in zip(text.lower(), text.lower()[1:]):
        vector[(ord(one) * 31 + ord(other)) % 64] += 1.0
    return vector


def _bench(entries: int, dimensions: int) -> int:
    import numpy as np

    if entries < 1 or dimensions < 1:
        raise ValueError("--entries and --dimensions must be at least 1")
    random = np.random.default_rng(0)
    vectors: dict[str, np.ndarray] = {}

    def embed(texts: list[str]) -> np.ndarray:
        return np.stack([vectors[text] for text in texts])

    cache = SemanticCache(embed, threshold=0.9, embedding_cache=0)
    rows = random.standard_normal((entries, dimensions), dtype=np.float32)
    puts, gets = [], []
    for number, row in enumerate(rows):
        prompt = f"prompt {_word(number)}"
        vectors[prompt] = row
        start = time.perf_counter()
        cache.put(prompt, "answer")
        puts.append(time.perf_counter() - start)
    for number in random.integers(0, entries, 2000).tolist():
        prompt = f"asked {_word(number)}"
        vectors[prompt] = rows[number] + random.standard_normal(dimensions, dtype=np.float32) * 0.1
        start = time.perf_counter()
        cache.get(prompt)
        gets.append(time.perf_counter() - start)
    for name, times in (("put", puts), ("get", gets)):
        low, high = np.quantile(times, (0.5, 0.99)) * 1e6
        print(f"{name}: p50 {low:.0f} µs, p99 {high:.0f} µs, without the embedding")
    print(f"hits: {cache.stats().hit_rate:.1%} of entries found again from vectors near theirs")
    return 0


def _word(number: int) -> str:
    """A number without digits, for the guard compares those."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


if __name__ == "__main__":
    sys.exit(main())
