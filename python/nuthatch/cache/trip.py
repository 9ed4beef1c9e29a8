"""Trips to a server: several commands at once, by the shortest way that a client of redis-py has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

_MODULE = "redis.connection"
"""Connections of this module are used as they are; others, of another library, say, through their client."""

_TRANSIENT = 16
"""Connections that are kept at most when several threads have asked at once."""


class Command(NamedTuple):
    """A command as it is sent, and the words of it, for a client that packs them itself."""

    packed: bytes
    template: Template
    values: tuple[bytes, ...]

    def words(self) -> list[bytes]:
        """Its name and arguments."""
        values = iter(self.values)
        return [next(values) if word is None else word for word in self.template.words]


class Template:
    """A command of which some words change, and are None here: most of it is packed once and for all."""

    def __init__(self, *words: str | bytes | int | None) -> None:
        self.words = [_encoded(word) for word in words]
        pieces = [b"*%d\r\n" % len(words)]
        for word in self.words:
            if word is None:
                pieces.append(b"")
            else:
                pieces[-1] += b"$%d\r\n%b\r\n" % (len(word), word)
        self._first, *self._others = pieces

    def fill(self, *values: bytes) -> Command:
        """The command with its words, as many as are None."""
        packed = [self._first]
        for value, piece in zip(values, self._others):
            packed += (b"$%d\r\n" % len(value), value, b"\r\n", piece)
        return Command(b"".join(packed), self, values)


class Trips:
    """Trips through one client.

    redis-py spends more time around a command than a server on its way: pools, pipelines, retries, callbacks.
    So commands go straight to connections that are made as those of its pool are, one for each thread that
    asks at the same time; when one fails, its client is asked, with all that it does.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._is_plain = _is_plain(client)
        self._process = os.getpid()
        self._idle: list[Any] = []

    def ask(self, *commands: Command) -> list[Any]:
        """The replies to commands that change nothing, with one trip; an error is a value among them.

        Strings are bytes, or what the client makes of them.
        """
        if self._is_plain:
            replies = self._direct(commands)
            if replies is not None:
                return replies
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command.words())
        found: list[Any] = pipeline.execute(raise_on_error=False)
        return found

    def _direct(self, commands: Sequence[Command]) -> list[Any] | None:
        from redis import RedisError, ResponseError

        if self._process != os.getpid():
            # Those of a parent are the parent's.
            self._process, self._idle = os.getpid(), []
        try:
            connection = self._idle.pop()
        except IndexError:
            pool = self._client.connection_pool
            connection = pool.connection_class(**pool.connection_kwargs)
        try:
            connection.send_packed_command([b"".join([command.packed for command in commands])])
            replies = []
            for _ in commands:
                try:
                    replies.append(connection.read_response(disable_decoding=True))
                except ResponseError as error:
                    replies.append(error)
        except RedisError:
            connection.disconnect()
            return None
        except BaseException:
            # Replies may be left in it.
            connection.disconnect()
            raise
        if len(self._idle) < _TRANSIENT:
            self._idle.append(connection)
        else:
            connection.disconnect()
        return replies


def _is_plain(client: Any) -> bool:
    try:
        import redis
    except ImportError:
        return False
    if type(client) is not redis.Redis or redis.VERSION < (5, 3):
        return False
    pool = client.connection_pool
    # One that keeps replies itself answers from those.
    keeps_replies = getattr(pool, "cache", None) is not None
    return pool.connection_class.__module__ == _MODULE and not keeps_replies


def _encoded(word: str | bytes | int | None) -> bytes | None:
    if word is None or isinstance(word, bytes):
        return word
    return str(word).encode()
