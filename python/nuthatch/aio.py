"""The engine for asyncio: the same calls, in threads, so that the loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from .engine import Engine
from .index import Neighbours


class AsyncEngine:
    """An `Engine` whose calls are awaited; `engine` is the one it is on, which others may use as well.

    A call costs the handing over to a thread (some tens of microseconds) on top of its own time.
    """

    __slots__ = ("engine",)

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = Engine() if engine is None else engine

    async def execute(self, *command: object) -> Any:
        """As `Engine.execute`."""
        return await asyncio.to_thread(self.engine.execute, *command)

    async def execute_many(self, commands: Sequence[Sequence[object]]) -> list[Any]:
        """As `Engine.execute_many`."""
        return await asyncio.to_thread(self.engine.execute_many, commands)

    async def knn(
        self,
        index: str | bytes,
        queries: ArrayLike,
        k: int = 10,
        *,
        field: str | None = None,
        filter: str | bytes = "*",
        params: Mapping[str, str | bytes | int | float] | None = None,
        ef: int | None = None,
        threads: int | None = None,
    ) -> Neighbours:
        """As `Index.knn` of the index of that name."""

        def search() -> Neighbours:
            found = self.engine.index(index)
            return found.knn(queries, k, field=field, filter=filter, params=params, ef=ef, threads=threads)

        return await asyncio.to_thread(search)

    async def save(self, path: str | os.PathLike[str]) -> None:
        """As `Engine.save`."""
        await asyncio.to_thread(self.engine.save, path)

    async def load(self, path: str | os.PathLike[str]) -> None:
        """As `Engine.load`."""
        await asyncio.to_thread(self.engine.load, path)
