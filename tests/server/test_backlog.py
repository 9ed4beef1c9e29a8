"""Writers that are faster than linkers: they wait, nobody else does, and nothing is lost."""

import random
import struct

import pytest
import redis

from conftest import info, until

DIMENSIONS = 32
# As many fresh vectors as an index has before its writers wait.
MOST_FRESH = 2048


@pytest.fixture
def slow(new_server):
    """A server whose linker takes long for each vector."""
    server = new_server().start(module=["LINKERS", "1", "QUANTIZATION", "NONE"])
    server.client().execute_command(
        *"FT.CREATE i PREFIX 1 d: SCHEMA n NUMERIC v VECTOR HNSW 10 TYPE FLOAT32".split(),
        *f"DIM {DIMENSIONS} DISTANCE_METRIC L2 M 512 EF_CONSTRUCTION 4096".split(),
    )
    return server


def holds_writers(client):
    version = client.info("server").get("valkey_version", "0.0")
    return tuple(map(int, version.split(".")[:2])) >= (9, 1)


def vector(number):
    chance = random.Random(number)
    return struct.pack(f"<{DIMENSIONS}f", *(chance.random() for _ in range(DIMENSIONS)))


def write(client, first, count, transaction=False):
    with client.pipeline(transaction=transaction) as pipe:
        for number in range(first, first + count):
            pipe.hset(f"d:{number}", mapping={"n": number, "v": vector(number)})
        return pipe.execute()


def held(client):
    return info(client)["writers_held"]


def total(client):
    return client.execute_command("FT.SEARCH", "i", "*", "LIMIT", "0", "0")[0]


def fall_behind(client):
    """In transactions, which wait for nobody: so far that the linker does not catch up within a test."""
    count = 0
    while info(client)["fresh_vectors"] < MOST_FRESH + 1000:
        write(client, count, 500, transaction=True)
        count += 500
    assert held(client) == 0
    return count


def test_writers_wait_for_linkers_and_others_do_not(slow):
    client, other = slow.client(), slow.client()
    if not holds_writers(client):
        count = 2 * MOST_FRESH
        assert write(client, 0, count) == [2] * count
        assert (held(client), total(client)) == (0, count)
        return
    count = fall_behind(client)
    writer = slow.client(single_connection_client=True)
    connection = writer.connection
    for number in range(count, count + 4):
        connection.send_command("HSET", f"d:{number}", "n", number, "v", vector(number))
    # Its first write is done, and can be found by others, before it hears of that.
    until(lambda: held(other) == 1)
    assert other.execute_command("FT.SEARCH", "i", f"@n:[{count} {count}]", "NOCONTENT")[1:] == [b"d:%d" % count]
    assert other.get("nothing") is None
    assert [connection.read_response() for _ in range(4)] == [2] * 4
    assert held(client) >= 2
    assert total(client) == count + 4
    # What is no write of a document's fields does not wait, nor what others cannot wait for.
    before = held(client)
    assert client.delete("d:1") == 1
    assert client.eval("return redis.call('HSET', 'd:1', 'v', ARGV[1])", 0, vector(1)) == 1
    assert client.hget("d:2", "n") == b"2"
    assert held(client) == before


def test_a_writer_that_goes_away_while_it_waits_harms_nobody(slow):
    client = slow.client()
    if not holds_writers(client):
        pytest.skip("this server cannot have writers wait")
    count = fall_behind(client)
    for number in range(count, count + 20):
        writer = redis.Redis(port=slow.port, single_connection_client=True)
        writer.connection.send_command("HSET", f"d:{number}", "n", number, "v", vector(number))
        until(lambda number=number: client.exists(f"d:{number}"))
        writer.close()
    killed = slow.client(single_connection_client=True)
    killed.connection.send_command("HSET", "d:x", "n", "1", "v", vector(1))
    until(lambda: client.exists("d:x"))
    client.client_kill_filter(_id=max(int(each["id"]) for each in client.client_list() if each["cmd"] == "hset"))
    assert total(client) == count + 21
    # Whoever is held is let go before long, whatever the linker does.
    assert client.hset("d:last", "v", vector(2)) == 1
