#!/usr/bin/env python3
"""Makes the checked-in sample of Debian packages from a directory of full data sets.

    python make_sample.py DATA [--out DIR] [--packages 3000] [--queries 50]

DATA holds `minilm384/{base,query}.{txt.gz,f16.npy}` and `debian/descriptions.jsonl.gz`.
The same input always gives the same bytes: lines are taken in the order of their SHA-256, which
is random enough and needs no seed.
"""

import argparse
import gzip
import hashlib
import json
from pathlib import Path

import numpy as np

# What a package's name says of it, in Debian's naming policy: how a name starts and how it ends.
PREFIXES = {
    "python3-": "python", "python-": "python", "ruby-": "ruby", "golang-": "go", "node-": "javascript",
    "libjs-": "javascript", "librust-": "rust", "libghc-": "haskell", "r-cran-": "r", "r-bioc-": "r",
    "php-": "php", "elpa-": "emacs", "lua-": "lua", "fonts-": "fonts", "gir1.2-": "gnome",
    "gnome-": "gnome", "task-": "task", "dict-": "dictionary", "hunspell-": "dictionary",
    "aspell-": "dictionary", "erlang-": "erlang", "kde": "kde", "postgresql-": "database",
    "mysql-": "database", "mariadb-": "database",
}  # fmt: skip
SUFFIXES = {
    "-dev": "dev", "-doc": "doc", "-docs": "doc", "-data": "data", "-common": "data", "-dbg": "debug",
    "-dbgsym": "debug", "-prof": "debug", "-perl": "perl", "-java": "java", "-ocaml": "ocaml",
    "-clojure": "clojure", "-cil": "mono", "-tools": "tools", "-utils": "tools", "-bin": "tools",
    "-examples": "doc", "-server": "server", "-client": "client", "-plugin": "plugin",
    "-plugins": "plugin", "-theme": "theme",
}  # fmt: skip
LEAST_WORDS = 20
LEAST_SIMILARITY = 0.6


def tags_of(name: str) -> list[str]:
    """Every family and kind that the name alone tells; `other` when it tells none."""
    tags = {tag for prefix, tag in PREFIXES.items() if name.startswith(prefix)}
    tags |= {tag for suffix, tag in SUFFIXES.items() if name.endswith(suffix)}
    if name.startswith("lib") and not name.startswith("libre"):
        tags.add("lib")
    return sorted(tags) or ["other"]


def by_hash(texts: list[str]) -> list[int]:
    """Positions of the texts in the order of their SHA-256."""
    return sorted(range(len(texts)), key=lambda i: hashlib.sha256(texts[i].encode()).digest())


def lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def unit(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def choose_packages(texts: list[str], descriptions: dict[str, dict], count: int) -> list[int]:
    """Rows of packages that have a long enough description unlike that of any chosen before."""
    chosen, seen = [], set()
    for row in by_hash(texts):
        description = descriptions.get(texts[row])
        if description is None or len(description["body"].split()) < LEAST_WORDS:
            continue
        told = {description["title"], description["body"]}
        if told & seen:
            continue
        seen |= told
        chosen.append(row)
        if len(chosen) == count:
            break
    return chosen


def choose_queries(texts: list[str], rows: np.ndarray, packages: np.ndarray, count: int) -> list[int]:
    """Queries that the chosen packages can answer: one of them is similar enough."""
    nearest = (unit(rows) @ unit(packages).T).max(axis=1)
    return [row for row in by_hash(texts) if nearest[row] >= LEAST_SIMILARITY][:count]


def package(text: str, description: dict) -> dict:
    name = text.split(": ", 1)[0]
    words = len(description["title"].split()) + len(description["body"].split())
    return {
        "name": name,
        "title": description["title"],
        "body": description["body"],
        "tags": tags_of(name),
        "words": words,
        "name_length": len(name),
    }


def jsonl(records: list[dict]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="directory of the full data sets")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where to write")
    parser.add_argument("--packages", type=int, default=3000)
    parser.add_argument("--queries", type=int, default=50)
    args = parser.parse_args()

    described = map(json.loads, lines(args.data / "debian/descriptions.jsonl.gz"))
    descriptions = {f"{d['id'].removeprefix('pkg:')}: {d['title']}": d for d in described}
    base_texts = lines(args.data / "minilm384/base.txt.gz")
    base = np.load(args.data / "minilm384/base.f16.npy")
    query_texts = lines(args.data / "minilm384/query.txt.gz")
    query = np.load(args.data / "minilm384/query.f16.npy")

    rows = choose_packages(base_texts, descriptions, args.packages)
    asked = choose_queries(query_texts, query, base[rows], args.queries)
    packages = [package(base_texts[row], descriptions[base_texts[row]]) for row in rows]

    args.out.mkdir(parents=True, exist_ok=True)
    # No time stamp in the gzip header, so that the bytes depend on the data alone.
    (args.out / "packages.jsonl.gz").write_bytes(gzip.compress(jsonl(packages), 9, mtime=0))
    (args.out / "queries.jsonl").write_bytes(jsonl([{"text": query_texts[row]} for row in asked]))
    np.save(args.out / "embeddings.f16.npy", base[rows])
    np.save(args.out / "query_embeddings.f16.npy", query[asked])
    print(f"{len(rows)} packages and {len(asked)} queries in {args.out}")


if __name__ == "__main__":
    main()
