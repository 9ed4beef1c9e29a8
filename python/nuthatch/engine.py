"""The engine in the process: every `FT.*` command over hashes of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from . import _native
from .index import Index


class Engine:
    """A search engine without a server: hashes, and indexes over them.

    A write can be searched as soon as it returns. Calls from several threads wait for each other; each
    releases the interpreter's lock while the engine works, so other threads go on. Nothing is kept
    when the process ends, but for what `save` writes. After `os.fork` an engine belongs to the parent alone:
    in the child its calls raise, and a new one must be made.

    Args:
        protocol: The shape of replies: 3 has dicts and floats, 2 is flat lists and bytes.
        decode_responses: Strings of replies are `str`; what is not UTF-8, a vector say, stays `bytes`.
    """

    __slots__ = ("_native", "decode_responses", "protocol")

    def __init__(self, *, protocol: int = 3, decode_responses: bool = False) -> None:
        if protocol not in (2, 3):
            raise ValueError(f"protocol is {protocol}: it must be 2 or 3")
        self._native = _native.Engine()
        self.protocol = protocol
        self.decode_responses = decode_responses

    def execute(self, *command: object) -> Any:
        """Runs one command, as `engine.execute("HSET", "bird:1", "name", "Nuthatch")`.

        Args:
            command: The command's name and its arguments: bytes, str, int, float, or an array of
                numbers, which gives its elements in C order.

        Returns:
            The reply: bytes (or str), int, float, None, list or dict.

        Raises:
            Error: The engine refused the command; the text says why.
            TypeError: An argument is of another type.
        """
        return self._native.execute(command, self.protocol, self.decode_responses)

    def execute_many(self, commands: Sequence[Sequence[object]]) -> list[Any]:
        """Runs commands one after the other, with no other thread's between them.

        Returns:
            Their replies; a command that failed has its `Error` there, and the others have run.
        """
        rows = [tuple(command) for command in commands]
        return self._native.execute_many(rows, self.protocol, self.decode_responses)

    def index(self, name: str | bytes) -> Index:
        """An index of this engine, by name or alias.

        Raises:
            Error: There is none of that name.
        """
        return Index(self, name)

    def indexes(self) -> list[str]:
        """The names of all indexes, sorted."""
        names = self._native.execute(("FT._LIST",), 3, False)
        return sorted(name.decode("utf-8", "backslashreplace") for name in names)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes everything into a file: definitions, dictionaries, every key with its time to live.

        The file that was there before gives way when the new one is whole and on the disk, never
        earlier. It has a checksum.

        Raises:
            Error: It cannot be written; the text says why.
        """
        self._native.save(path)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Replaces everything by what a file holds, and indexes it.

        Raises:
            Error: It cannot be read, was not written by `save`, or is damaged; nothing has changed then.
        """
        self._native.load(path)

    def __repr__(self) -> str:
        keys = self._native.execute(("DBSIZE",), 3, False)
        return f"<nuthatch.Engine: {keys} keys, {len(self.indexes())} indexes>"

    def _repr_html_(self) -> str:
        from ._html import table

        rows = [[name, str(self.index(name).info().get("num_docs", ""))] for name in self.indexes()]
        return table(["index", "documents"], rows)
