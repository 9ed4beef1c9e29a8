"""A pytest plugin for redis-py's own suite: its clients' connections end at an engine in the process."""

from __future__ import annotations

import redis.asyncio.connection
import redis.connection

import nuthatch
from nuthatch.client import AsyncEmbeddedConnection, EmbeddedConnection

ENGINE = nuthatch.Engine()


class Local(EmbeddedConnection):
    """The suite names an address, which is of no matter."""

    def __init__(self, host: str = "", port: int = 0, **options: object) -> None:
        super().__init__(ENGINE, **options)


class AsyncLocal(AsyncEmbeddedConnection):
    """The same for asyncio."""

    def __init__(self, host: str = "", port: int = 0, **options: object) -> None:
        super().__init__(ENGINE, **options)


# The suite's own conftest takes these names when it is imported, which is later.
redis.connection.Connection = Local
redis.asyncio.connection.Connection = AsyncLocal
