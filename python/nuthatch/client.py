"""redis-py on an engine in the process: code written for a server runs without one.

`embedded_client()` is a `redis.Redis` whose connections end at an `Engine`. Whatever redis-py does
around a command, it does here too: its builders (`client.ft(...)`), its callbacks on replies, pipelines.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import redis
import redis.asyncio
from redis._parsers import BaseParser
from redis.asyncio.connection import AbstractConnection as AsyncAbstractConnection
from redis.connection import AbstractConnection
from redis.exceptions import ResponseError

from ._native import Error
from .engine import Engine

Command = tuple[object, ...]


class _Session:
    """What a connection is in the middle of: a transaction, and replies not yet read."""

    def __init__(self, engine: Engine) -> None:
        self._native = engine._native
        self._queue: list[Command] | None = None
        self.replies: deque[Any] = deque()

    def reset(self) -> None:
        self._queue = None
        self.replies.clear()

    def run(self, commands: Iterable[Command], protocol: int) -> None:
        """Runs commands and keeps their replies; those of one call are not interrupted by others."""
        plain: list[Command] = []
        for command in commands:
            name = _name(command)
            if name in _SESSION_COMMANDS or self._queue is not None:
                self._flush(plain, protocol)
                self.replies.append(self._one(name, command, protocol))
            else:
                plain.append(command)
        self._flush(plain, protocol)

    def _flush(self, plain: list[Command], protocol: int) -> None:
        if plain:
            self.replies.extend(self._native.execute_many(plain, protocol, False))
            plain.clear()

    def _one(self, name: bytes, command: Command, protocol: int) -> Any:
        """What a command of a transaction, or in one, answers."""
        if name == b"MULTI":
            if self._queue is not None:
                return ResponseError("MULTI calls can not be nested")
            self._queue = []
            return b"OK"
        if name in (b"EXEC", b"DISCARD"):
            queue, self._queue = self._queue, None
            if queue is None:
                return ResponseError(f"{name.decode()} without MULTI")
            if name == b"DISCARD":
                return b"OK"
            return self._native.execute_many(queue, protocol, False)
        if name == b"UNWATCH":
            return b"OK"
        if name == b"WATCH":
            return ResponseError("WATCH is not supported by an engine in the process")
        assert self._queue is not None
        self._queue.append(command)
        return b"QUEUED"


_SESSION_COMMANDS = frozenset((b"MULTI", b"EXEC", b"DISCARD", b"WATCH", b"UNWATCH"))


def _name(command: Command) -> bytes:
    name = command[0]
    return (name.encode() if isinstance(name, str) else bytes(name)).upper()  # type: ignore[call-overload]


class _Local:
    """What both kinds of connection have: nothing to connect to, and commands that stay tuples."""

    encoder: Any

    def repr_pieces(self) -> Any:
        """What is shown of it."""
        return [("engine", "in-process")]

    @property
    def is_connected(self) -> bool:
        """Always."""
        return True

    def _host_error(self) -> Any:
        return "engine in the process"

    def pack_command(self, *args: Any) -> list[Any]:
        """One command, its name split where redis-py writes two words as one."""
        first = args[0]
        words = (
            tuple(first.split()) if isinstance(first, (str, bytes)) and len(first.split()) > 1 else (first,)
        )
        return [tuple(self.encoder.encode(argument) for argument in (*words, *args[1:]))]

    def pack_commands(self, commands: Iterable[Sequence[Any]]) -> list[Any]:
        """Several commands."""
        return [packed for command in commands for packed in self.pack_command(*command)]

    def _shown(self, reply: Any, disable_decoding: bool) -> Any:
        """A reply as a parser of redis-py gives it."""
        if isinstance(reply, Error):
            return BaseParser.parse_error(str(reply))  # type: ignore[no-untyped-call]
        if isinstance(reply, bytes):
            return reply if disable_decoding else self.encoder.decode(reply)
        if isinstance(reply, list):
            return [self._shown(one, disable_decoding) for one in reply]
        if isinstance(reply, dict):
            shown = self._shown
            return {shown(k, disable_decoding): shown(v, disable_decoding) for k, v in reply.items()}
        return reply


class EmbeddedConnection(_Local, AbstractConnection):
    """A connection of redis-py that ends at an engine in the process."""

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._session = _Session(engine)

    def connect(self) -> None:
        """Nothing to do."""

    def connect_check_health(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do."""

    def check_health(self) -> None:
        """There is nothing that could be ill."""

    def disconnect(self, *args: Any, **kwargs: Any) -> None:
        """Forgets a transaction that was begun, and replies that were not read."""
        self._session.reset()

    def can_read(self, timeout: float = 0) -> bool:
        """Whether a reply was not read yet."""
        return bool(self._session.replies)

    def _connect(self) -> Any:
        return None

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Runs commands."""
        self._session.run(command, int(self.protocol))

    def send_command(self, *args: Any, **kwargs: Any) -> None:
        """Runs one command."""
        self._session.run(self.pack_command(*args), int(self.protocol))

    def read_response(self, disable_decoding: bool = False, **kwargs: Any) -> Any:
        """The next reply; an error is raised."""
        response = self._shown(self._session.replies.popleft(), disable_decoding)
        if isinstance(response, ResponseError):
            raise response
        return response


class AsyncEmbeddedConnection(_Local, AsyncAbstractConnection):  # type: ignore[misc]
    """The same for asyncio: commands run in threads, so that the loop goes on meanwhile."""

    def __init__(self, engine: Engine, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._session = _Session(engine)

    async def connect(self) -> None:
        """Nothing to do."""

    async def connect_check_health(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do."""

    async def check_health(self) -> None:
        """There is nothing that could be ill."""

    async def disconnect(self, *args: Any, **kwargs: Any) -> None:
        """Forgets a transaction that was begun, and replies that were not read."""
        self._session.reset()

    async def can_read_destructive(self) -> bool:
        """Whether a reply was not read yet."""
        return bool(self._session.replies)

    async def can_read(self, *args: Any, **kwargs: Any) -> bool:
        """Whether a reply was not read yet."""
        return bool(self._session.replies)

    async def _connect(self) -> None:
        return None

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Runs commands."""
        await asyncio.to_thread(self._session.run, list(command), int(self.protocol))

    async def send_command(self, *args: Any, **kwargs: Any) -> None:
        """Runs one command."""
        await asyncio.to_thread(self._session.run, self.pack_command(*args), int(self.protocol))

    async def read_response(
        self, disable_decoding: bool = False, timeout: float | None = None, **kwargs: Any
    ) -> Any:
        """The next reply; an error is raised."""
        response = self._shown(self._session.replies.popleft(), disable_decoding)
        if isinstance(response, ResponseError):
            raise response
        return response


def embedded_client(
    engine: Engine | None = None,
    *,
    protocol: int | None = None,
    decode_responses: bool = False,
    **options: Any,
) -> redis.Redis:
    """A `redis.Redis` on an engine in the process.

    It answers what the engine does: every `FT.*` command, hashes, keys and their expiry. Transactions
    run without others between them; `WATCH` and Pub/Sub are not there, and each is refused by name.

    Args:
        engine: The engine; by default a new one of this client's own.
        protocol: 2 or 3, as of `redis.Redis`; by default redis-py's own default.
        decode_responses: As of `redis.Redis`.
        options: Others that connections take, as `encoding`.
    """
    connection: Any = EmbeddedConnection
    pool = redis.ConnectionPool(
        connection_class=connection,
        **_options(connection, engine, protocol, decode_responses, options),
    )
    return redis.Redis.from_pool(pool)


def async_embedded_client(
    engine: Engine | None = None,
    *,
    protocol: int | None = None,
    decode_responses: bool = False,
    **options: Any,
) -> redis.asyncio.Redis:
    """A `redis.asyncio.Redis` on an engine in the process; see `embedded_client`."""
    connection = AsyncEmbeddedConnection
    pool = redis.asyncio.ConnectionPool(
        connection_class=connection,
        **_options(connection, engine, protocol, decode_responses, options),
    )
    return redis.asyncio.Redis.from_pool(pool)


def _options(
    connection: type,
    engine: Engine | None,
    protocol: int | None,
    decode_responses: bool,
    options: dict[str, Any],
) -> dict[str, Any]:
    given = {"engine": engine if engine is not None else Engine(), "decode_responses": decode_responses}
    if protocol is not None:
        given["protocol"] = protocol
    if _takes(connection, "maint_notifications_config"):
        # Newer versions ask a server of more than one node for news of its maintenance.
        from redis.maint_notifications import MaintNotificationsConfig

        given["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    return {**given, **options}


def _takes(connection: type, option: str) -> bool:
    """Whether connections of this version of redis-py know an option."""
    makers = [vars(kind).get("__init__") for kind in connection.__mro__]
    return any(option in inspect.signature(make).parameters for make in makers if callable(make))
