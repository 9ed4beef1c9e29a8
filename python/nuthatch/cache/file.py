"""Entries in a file: an engine's own file, written as a whole and with a checksum.

Each entry is a hash with its response, its vector, and all else as JSON, in the order in which entries
would go. One more says what the file is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, Callable, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._native import Error
from ..engine import Engine
from .entry import Entry

_FORMAT = 1
_HEAD = b"nuthatch:cache"
_BATCH = 1000
_PLAIN = ("key", "prompt", "scope", "created", "fresh_until", "expires", "lifetime", "cost")
"""Fields of an entry that JSON gives back as they were."""


class Kept(NamedTuple):
    """An entry with what its store knows of it."""

    entry: Entry
    vector: NDArray[np.float32]
    uses: int


def write(path: str | os.PathLike[str], kept: Sequence[Kept], dumps: Callable[[Any], str | bytes]) -> None:
    """Writes entries; what the file held before gives way when the new one is whole.

    Raises:
        Error: The file cannot be written.
        TypeError: A response or its metadata cannot.
    """
    engine = Engine()
    dimensions = len(kept[0].vector) if kept else 0
    head = ("format", _FORMAT, "entries", len(kept), "dimensions", dimensions)
    engine.execute("HSET", _HEAD, *head)
    for start in range(0, len(kept), _BATCH):
        commands = [
            ("HSET", number, *_pairs(one, dumps)) for number, one in enumerate(kept[start:][:_BATCH], start)
        ]
        for reply in engine.execute_many(commands):
            if isinstance(reply, Error):
                raise reply
    engine.save(path)


def read(path: str | os.PathLike[str], loads: Callable[[str | bytes], Any]) -> list[Kept]:
    """The entries of a file, in the order in which they were written.

    Raises:
        Error: It cannot be read, is damaged, or is none of a cache.
    """
    engine = Engine()
    engine.load(path)
    head = engine.execute("HGETALL", _HEAD)
    if int(head.get(b"format", 0)) != _FORMAT:
        raise Error(f"ERR the file {os.fspath(path)!r} holds no semantic cache of this version")
    return list(_read(engine, int(head[b"entries"]), int(head[b"dimensions"]), loads))


def _pairs(kept: Kept, dumps: Callable[[Any], str | bytes]) -> tuple[object, ...]:
    entry = kept.entry
    about = {name: getattr(entry, name) for name in _PLAIN}
    about["labels"] = sorted(entry.labels)
    about["tokens"], about["context"], about["uses"] = entry.tokens, entry.context, kept.uses
    try:
        response = dumps(entry.response)
        text = json.dumps({**about, "metadata": dict(entry.metadata)})
    except TypeError as error:
        raise TypeError(
            f"the response or the metadata of {entry.prompt!r} cannot be written ({error}): "
            "dumps= and loads= of the cache say how responses are"
        ) from error
    return ("entry", text, "response", response, "vector", kept.vector)


def _read(
    engine: Engine, entries: int, dimensions: int, loads: Callable[[str | bytes], Any]
) -> Iterator[Kept]:
    for start in range(0, entries, _BATCH):
        numbers = range(start, min(start + _BATCH, entries))
        rows = engine.execute_many([("HGETALL", number) for number in numbers])
        for number, row in zip(numbers, rows):
            try:
                about = json.loads(row[b"entry"])
                vector = np.frombuffer(row[b"vector"], dtype=np.float32)
                if len(vector) != dimensions:
                    raise ValueError(f"{len(vector)} dimensions")
                entry = Entry(
                    **{name: about[name] for name in _PLAIN},
                    response=loads(row[b"response"]),
                    labels=frozenset(about["labels"]),
                    metadata=about["metadata"],
                    tokens=(about["tokens"][0], about["tokens"][1]),
                    context=tuple(about["context"]),
                )
                kept = Kept(entry, vector, int(about["uses"]))
            except (KeyError, TypeError, ValueError) as error:
                raise Error(f"ERR the entry {number} of the file cannot be read: {error!r}") from error
            yield kept
