"""Trips to a server: several commands at once, by the shortest way that a client of redis-py has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Command = tuple[Any, ...]

_MODULE = "redis.connection"
"""Connections of this module are used as they are; others, of another library, say, through their client."""


def ask(client: Any, commands: Sequence[Command]) -> list[Any]:
    """The replies to some commands that change nothing, with one trip; an error is a value among them.

    redis-py spends more time around a command than a server on its way: pipelines, retries, callbacks. A
    connection of its pool is asked directly here; when that fails, the client is, with all that it does.
    """
    replies = _direct(client, commands)
    if replies is not None:
        return replies
    pipeline = client.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)
    found: list[Any] = pipeline.execute(raise_on_error=False)
    return found


def _direct(client: Any, commands: Sequence[Command]) -> list[Any] | None:
    import redis

    if type(client) is not redis.Redis or redis.VERSION < (5, 3):
        return None
    pool = client.connection_pool
    if pool.connection_class.__module__ != _MODULE:
        return None
    try:
        connection: Any = pool.get_connection()
    except redis.RedisError:
        return None
    try:
        connection.send_packed_command(connection.pack_commands(commands))
        return [_reply(connection, redis.ResponseError) for _ in commands]
    except redis.RedisError:
        connection.disconnect()
        return None
    except BaseException:
        # Replies may be left in it.
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def _reply(connection: Any, refused: type[Exception]) -> Any:
    try:
        return connection.read_response()
    except refused as error:
        return error
