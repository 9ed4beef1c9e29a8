"""The extension: the engine behind one lock. Use `nuthatch.Engine`."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

class Error(Exception): ...

class Engine:
    def __new__(cls) -> Engine: ...
    def execute(self, command: tuple[object, ...], protocol: int, text: bool) -> Any: ...
    def execute_many(
        self, commands: Sequence[tuple[object, ...]], protocol: int, text: bool
    ) -> list[Any]: ...
    def nearest(
        self,
        index: bytes,
        field: bytes,
        queries: NDArray[np.uint8],
        k: int,
        ef: int | None,
        filter: bytes,
        params: Sequence[tuple[bytes, bytes]],
        threads: int,
    ) -> tuple[list[list[bytes]], NDArray[np.float32]]: ...
    def nearest_tagged(
        self,
        index: bytes,
        field: bytes,
        query: NDArray[np.float32],
        k: int,
        ef: int,
        tags: Sequence[tuple[bytes, str]],
        filter: bytes,
        skip: int,
    ) -> list[tuple[str, float]]: ...
    def nearest_seconds(self, index: bytes, field: bytes, queries: NDArray[np.uint8], k: int) -> float: ...
    def fresh(self) -> int: ...
    def save(self, path: str | os.PathLike[str]) -> None: ...
    def load(self, path: str | os.PathLike[str]) -> None: ...

class Facts:
    """What a prompt says that another must say too."""

    @property
    def words(self) -> frozenset[str]: ...
    @property
    def numbers(self) -> frozenset[str]: ...
    @property
    def negations(self) -> int: ...
    @property
    def names(self) -> frozenset[str]: ...
    @property
    def opposites(self) -> frozenset[str]: ...
    @property
    def qualifiers(self) -> frozenset[str]: ...
    @property
    def asks(self) -> frozenset[str]: ...
    @property
    def relations(self) -> tuple[tuple[str, str], ...]: ...

class Guard:
    """Compares prompts by rules over the words that it is given."""

    def __new__(
        cls,
        *,
        negations: Sequence[str],
        numbers: Mapping[str, str],
        common: Sequence[str],
        starters: Sequence[str],
        opposites: Mapping[str, Sequence[str]],
        qualifiers: Sequence[str],
        asks: Sequence[str],
        relations: Sequence[str],
    ) -> Guard: ...
    def facts(self, prompt: str) -> Facts: ...
    def between(self, asked: str, kept: str) -> str | None: ...
    def difference(self, asked: Facts, kept: Facts) -> str | None: ...

def stem(word: str) -> str: ...
def entry_key(prompt: str, scope: str) -> str | None: ...
def unit_row(rows: Any) -> NDArray[np.float32] | None: ...
