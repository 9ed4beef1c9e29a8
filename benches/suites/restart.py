"""How fast a snapshot brings an index back: with its content, without it, and without an index at all.

    NUTHATCH_MODULE=… NUTHATCH_VALKEY_SERVER=… python benches/suites/restart.py --documents 1000000

One server writes three snapshots of the same keys. Each is then loaded in turn, round after round, by a new
server that says itself how long that took ("DB loaded from disk"); until vectors are linked counts too. What an index adds is the
time over that of the keys alone; the ratio of the two ways is the median of the ratios within a round.
"""

from __future__ import annotations

import argparse
import atexit
import itertools
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import redis

BATCH = 1000
WAYS = ("keys", "content", "anew")


class Server:
    """A server in a directory, and the log that it writes."""

    def __init__(self, directory: Path, content: bool = True) -> None:
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = directory / "server.log"
        self.log.unlink(missing_ok=True)
        arguments = ["--port", str(self.port), "--save", "", "--dir", str(directory), "--logfile", str(self.log)]
        arguments += ["--loadmodule", os.environ["NUTHATCH_MODULE"], "SAVECONTENT", "YES" if content else "NO"]
        self.process = subprocess.Popen([os.environ["NUTHATCH_VALKEY_SERVER"], *arguments])
        # Whatever fails, no server is left behind.
        atexit.register(self.end)
        self.client = redis.Redis(port=self.port, protocol=2)
        self.wait()

    def wait(self) -> None:
        while True:
            try:
                if self.client.ping():
                    return
            except (redis.ConnectionError, redis.BusyLoadingError):
                time.sleep(0.05)

    def seconds_loading(self) -> float:
        return float(re.findall(r"DB loaded from disk: ([0-9.]+) seconds", self.log.read_text())[-1])

    def figures(self) -> dict[str, int]:
        told = self.client.info("everything")
        return {name.removeprefix("search_"): value for name, value in told.items() if name.startswith("search_")}

    def end(self) -> None:
        atexit.unregister(self.end)
        self.process.kill()
        self.process.wait()


def small(chance: random.Random, words: list[str], weights: list[float]) -> dict[str, object]:
    text = " ".join(chance.choices(words, cum_weights=weights, k=6))
    return {"t": text, "g": f"tag{chance.randrange(1000)}", "n": chance.randrange(1_000_000)}


def fill(client: redis.Redis, documents: int, dimensions: int) -> list[str]:
    """Writes the keys and gives the schema of their index."""
    chance = random.Random(7)
    words = [f"w{number:x}" for number in range(50_000)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(words) + 1)))
    for start in range(0, documents, BATCH):
        pipeline = client.pipeline(transaction=False)
        for number in range(start, min(start + BATCH, documents)):
            if dimensions:
                vector = struct.pack(f"<{dimensions}f", *(chance.gauss(0, 1) for _ in range(dimensions)))
                pipeline.hset(f"d:{number}", mapping={"v": vector})
            else:
                pipeline.hset(f"d:{number}", mapping=small(chance, words, weights))
        pipeline.execute()
    if dimensions:
        return f"v VECTOR HNSW 6 TYPE FLOAT32 DIM {dimensions} DISTANCE_METRIC COSINE".split()
    return "t TEXT g TAG n NUMERIC".split()


def wait_for_index(client: redis.Redis, server: Server) -> None:
    while True:
        told = client.execute_command("FT.INFO", "i")
        if float(dict(zip(told[::2], told[1::2]))[b"percent_indexed"]) == 1 and server.figures()["fresh_vectors"] == 0:
            return
        time.sleep(0.02)


def snapshots(directory: Path, documents: int, dimensions: int) -> dict[str, Path]:
    """The keys alone, with the index's content, and with its definition only."""
    server = Server(directory)
    client = server.client
    saved = {}

    def save(way: str) -> None:
        client.save()
        saved[way] = directory / f"{way}.rdb"
        shutil.copy(directory / "dump.rdb", saved[way])

    schema = fill(client, documents, dimensions)
    save("keys")
    client.execute_command("FT.CREATE", "i", "PREFIX", "1", "d:", "SCHEMA", *schema)
    start = time.monotonic()
    wait_for_index(client, server)
    print(f"indexed in the background in {time.monotonic() - start:.2f} s", flush=True)
    save("content")
    client.execute_command("FT.CONFIG", "SET", "SAVECONTENT", "NO")
    save("anew")
    server.end()
    (directory / "dump.rdb").unlink()
    return saved


def load(directory: Path, snapshot: Path, documents: int, way: str) -> float:
    """Seconds until all is loaded, and linked."""
    shutil.copy(snapshot, directory / "dump.rdb")
    server = Server(directory)
    seconds = server.seconds_loading()
    if way != "keys":
        start = time.monotonic()
        wait_for_index(server.client, server)
        seconds += time.monotonic() - start
        figures = server.figures()
        restored = figures["rdb_documents_restored"]
        assert figures["number_of_documents"] == documents
        assert restored == (documents if way == "content" else 0), restored
    server.end()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=0, help="vectors of so many instead of small documents")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        saved = snapshots(directory, options.documents, options.dimensions)
        sizes = {way: saved[way].stat().st_size / 1e6 for way in WAYS}
        print("snapshots in MB: " + ", ".join(f"{way} {size:.1f}" for way, size in sizes.items()), flush=True)
        rounds = []
        for _ in range(options.rounds):
            seconds = {way: load(directory, saved[way], options.documents, way) for way in WAYS}
            print("seconds: " + ", ".join(f"{way} {value:.2f}" for way, value in seconds.items()), flush=True)
            rounds.append(seconds)
        ratios = [(one["anew"] - one["keys"]) / (one["content"] - one["keys"]) for one in rounds]
        whole = [one["anew"] / one["content"] for one in rounds]
        print(f"the index is back {median(ratios):.1f} times as fast, the server {median(whole):.2f} times")


if __name__ == "__main__":
    main()
