"""The extension: the engine behind one lock. Use `nuthatch.Engine`."""

import os
from collections.abc import Sequence
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
    def save(self, path: str | os.PathLike[str]) -> None: ...
    def load(self, path: str | os.PathLike[str]) -> None: ...
