"""The row of the vector table about a live server: what an `HSET` of an indexed vector costs over the
same `HSET` to a key that no index takes.

Both write to one server with the module, 100 commands in a pipeline over a raw socket, and wait for
nothing but the replies. Between two batches background work comes to rest, so that both find the same
server.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from bench import Bench
from data import Data
from measure import CPUS, alternate, say, wall_seconds

PIPELINED = 100
LOADED = 20_000
ROUNDS = 60
# Seconds in which two threads link a batch ten times over.
REST = 0.08


def command(*words: bytes | str) -> bytes:
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    body = b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    return b"*%d\r\n%s" % (len(parts), body)


class Server:
    """A server with the module, on a socket of its own; it keeps nothing."""

    def __init__(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name) / "server.sock"
        arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", self.directory.name]
        arguments += ["--loadmodule", os.environ["NUTHATCH_MODULE"]]
        self.process = subprocess.Popen(
            [os.environ["NUTHATCH_VALKEY_SERVER"], *arguments],
            stdout=subprocess.DEVNULL,
            # The client stays on its core; the server has them all.
            preexec_fn=lambda: os.sched_setaffinity(0, CPUS),
        )
        for _ in range(200):
            if path.exists() or self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))

    def send(self, commands: bytes, replies: int) -> list[bytes]:
        """Sends commands and reads as many one-line replies."""
        self.socket.sendall(commands)
        answer = b""
        while answer.count(b"\r\n") < replies:
            part = self.socket.recv(1 << 16)
            if not part:
                raise RuntimeError("the server closed the connection")
            answer += part
        lines = answer.split(b"\r\n")
        if errors := [line for line in lines if line.startswith(b"-")]:
            raise RuntimeError(f"the server answered {errors[0].decode()}")
        return lines[:-1]

    def main_thread_seconds(self) -> float:
        """CPU time of the server's main thread."""
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9

    def close(self) -> None:
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.directory.cleanup()


def insert(bench: Bench, data: Data) -> None:
    if not {"NUTHATCH_MODULE", "NUTHATCH_VALKEY_SERVER"} <= os.environ.keys():
        say("insert into a server: NUTHATCH_MODULE or NUTHATCH_VALKEY_SERVER is not set; not measured")
        return
    server = Server()
    try:
        measure(bench, data, server)
    finally:
        server.close()


def measure(bench: Bench, data: Data, server: Server) -> None:
    create = f"FT.CREATE i PREFIX 1 doc: SCHEMA v VECTOR HNSW 6 TYPE FLOAT32 DIM {data.dimensions}"
    server.send(command(*create.split(), "DISTANCE_METRIC", data.metric), 1)
    # Every key is new and no two vectors are the same.
    noise = np.random.default_rng(3).normal(0, 1e-3, data.base.shape).astype(np.float32)
    rows = np.concatenate([data.base, data.base + noise])
    written = {"doc:": 0, "other:": 0}

    def batch(prefix: str, count: int = PIPELINED) -> bytes:
        first = written[prefix]
        written[prefix] += count
        return b"".join(
            command("HSET", f"{prefix}{i}", "v", rows[i % len(rows)].tobytes()) for i in range(first, first + count)
        )

    say(f"a server takes {LOADED} vectors")
    loading = wall_seconds(lambda: [server.send(batch("doc:"), PIPELINED) for _ in range(LOADED // PIPELINED)])
    time.sleep(10)
    main_thread: dict[str, list[float]] = {"doc:": [], "other:": []}

    def once(prefix: str) -> float:
        commands = batch(prefix)
        time.sleep(REST)
        before = server.main_thread_seconds()
        seconds = wall_seconds(lambda: server.send(commands, PIPELINED))
        main_thread[prefix].append((server.main_thread_seconds() - before) / PIPELINED * 1e6)
        return seconds / PIPELINED * 1e6

    say(f"{ROUNDS} rounds of writes")
    micros = alternate(ROUNDS, [("other:", lambda: once("other:")), ("doc:", lambda: once("doc:"))])
    over = median(a - b for a, b in zip(micros["doc:"], micros["other:"], strict=True))
    over_cpu = median(a - b for a, b in zip(main_thread["doc:"], main_thread["other:"], strict=True))
    bench.row(
        "insert on a server", data, bare_us=median(micros["other:"]), indexed_us=median(micros["doc:"]), over_us=over,
        main_thread_over_us=over_cpu, sustained_us=loading / LOADED * 1e6,
    )  # fmt: skip
    bench.line("insert", over)
