"""Cursors on a server: read by several connections, freed by the server's own timer."""

import time

import pytest
import redis

from conftest import info, until


def fill(client, count=30):
    client.execute_command("FT.CREATE", "idx", "PREFIX", 1, "d:", "SCHEMA", "n", "NUMERIC")
    for number in range(count):
        client.hset(f"d:{number}", "n", number)
    until(lambda: len(rows(client.execute_command("FT.AGGREGATE", "idx", "*", "LIMIT", 0, 10000))) == count)


def rows(reply):
    """The rows of a page, in either protocol."""
    if isinstance(reply, dict):
        return [row[b"extra_attributes"] for row in reply[b"results"]]
    return [dict(zip(row[::2], row[1::2])) for row in reply[1:]]


def cursor_stats(client):
    reply = client.execute_command("FT.INFO", "idx")
    if isinstance(reply, list):
        reply = dict(zip(reply[::2], reply[1::2]))
    stats = reply[b"cursor_stats"]
    if isinstance(stats, list):
        stats = dict(zip(stats[::2], stats[1::2]))
    return stats


def test_a_cursor_is_read_to_its_end_by_any_connection(server, client):
    fill(client)
    page, cursor = client.execute_command(
        "FT.AGGREGATE", "idx", "*", "LOAD", 2, "@__key", "n", "WITHCURSOR", "COUNT", 7
    )
    seen = rows(page)
    while cursor:
        page, cursor = server.client().execute_command("FT.CURSOR", "READ", "idx", cursor)
        seen += rows(page)
    assert [row[b"__key"] for row in seen] == [b"d:%d" % number for number in range(30)]
    assert cursor_stats(client)[b"index_total"] == 0


def test_an_idle_cursor_is_freed_though_nobody_asks(client):
    fill(client)
    _, cursor = client.execute_command(
        "FT.AGGREGATE", "idx", "*", "WITHCURSOR", "COUNT", 7, "MAXIDLE", 100
    )
    assert cursor_stats(client)[b"global_total"] == 1
    time.sleep(1.5)
    with pytest.raises(redis.ResponseError, match="Cursor not found"):
        client.execute_command("FT.CURSOR", "READ", "idx", cursor)
    assert not [key for key, value in info(client).items() if "panics" in key and value]


def test_a_flush_frees_cursors(client):
    fill(client)
    _, cursor = client.execute_command("FT.AGGREGATE", "idx", "*", "WITHCURSOR", "COUNT", 7)
    client.flushall()
    with pytest.raises(redis.ResponseError, match="Index not found"):
        client.execute_command("FT.CURSOR", "READ", "idx", cursor)


def test_expired_documents_are_left_out(client):
    fill(client, 3000)
    _, cursor = client.execute_command(
        "FT.AGGREGATE", "idx", "*", "APPLY", "@n*2", "AS", "twice", "WITHCURSOR", "COUNT", 7
    )
    client.pexpire("d:2900", 1)
    until(lambda: not client.exists("d:2900"))
    page, cursor = client.execute_command("FT.CURSOR", "READ", "idx", cursor, "COUNT", 5000)
    assert cursor == 0
    assert [row[b"n"] for row in rows(page)] == [
        b"%d" % number for number in range(7, 3000) if number != 2900
    ]
