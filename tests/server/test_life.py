"""Life and death of documents: whatever becomes of a key, each index says what its keys hold."""

import random
import time

import pytest
import redis

from conftest import create, document, found, info, until, version
from test_documents import num_docs

POLICIES = [
    "volatile-lru",
    "allkeys-lru",
    "volatile-lfu",
    "allkeys-lfu",
    "volatile-random",
    "allkeys-random",
    "volatile-ttl",
]

LAZY = ["lazyfree-lazy-eviction", "lazyfree-lazy-expire", "lazyfree-lazy-server-del"]


def alive(client, tag="x"):
    """The documents with a tag, by looking at every key."""
    keys = client.scan_iter(match="d:*", count=1000)
    hashes = (key for key in keys if client.type(key) == b"hash")
    return sorted(key.decode() for key in hashes if client.hget(key, "g") == tag.encode())


def agrees(client):
    """An expiry that is due by now is told of by whoever looks, so keys are looked at first."""
    expected = alive(client)
    return found(client) == expected and num_docs(client) == sum(
        client.type(key) == b"hash" for key in client.keys("d:*")
    )


@pytest.mark.parametrize("lazy", ["yes", "no"])
@pytest.mark.parametrize("policy", POLICIES)
def test_evicted_documents_are_gone_under_every_policy(server, client, policy, lazy):
    for name in LAZY:
        client.config_set(name, lazy)
    create(client)
    for i in range(400):
        client.hset(f"d:{i}", mapping={**document("x"), "filler": "f" * 2000})
        client.expire(f"d:{i}", 1000 + i)
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", used - 300_000)
    until(lambda: client.dbsize() < 380)
    for i in range(400, 420):
        client.hset(f"d:{i}", mapping={**document("x"), "filler": "f" * 2000})
        client.expire(f"d:{i}", 10_000)
    client.config_set("maxmemory", 0)
    assert client.info("stats")["evicted_keys"] > 20
    assert agrees(client)
    assert 0 < num_docs(client) < 400


def test_without_memory_writes_are_refused_and_reads_go_on(server, client):
    create(client)
    for i in range(100):
        client.hset(f"d:{i}", mapping=document("x", number=i))
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.hset("d:new", mapping=document("x"))
    for command in (
        ("FT.CREATE", "more", "SCHEMA", "t", "TEXT"),
        ("FT.ALTER", "idx", "SCHEMA", "ADD", "z", "TAG"),
        ("FT.ALIASADD", "a", "idx"),
        ("FT.SYNUPDATE", "idx", "1", "a", "b"),
        ("FT.DICTADD", "words", "w"),
        ("FT.SUGADD", "suggestions", "w", "1"),
    ):
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            client.execute_command(*command)
    assert len(found(client)) == 100
    group = ("GROUPBY", "1", "@g", "REDUCE", "SUM", "1", "@n", "AS", "s")
    assert client.execute_command("FT.AGGREGATE", "idx", "*", *group)[1] == [b"g", b"x", b"s", b"4950"]
    script = "#!lua flags=no-writes\nreturn redis.call('FT.SEARCH', 'idx', '*', 'LIMIT', 0, 0)"
    assert client.eval(script, 0) == [100]
    # What gives memory back is no growth.
    client.delete("d:0")
    assert len(found(client)) == 99
    client.execute_command("FT.DROPINDEX", "idx")
    client.config_set("maxmemory", 0)


def test_a_backfill_waits_for_memory(server, client):
    pipeline = client.pipeline(transaction=False)
    for i in range(5_000):
        pipeline.hset(f"d:{i}", mapping=document("x", number=i))
    pipeline.execute()
    client.config_set("maxmemory-policy", "noeviction")
    pipeline = client.pipeline(transaction=False)
    pipeline.execute_command("FT.CREATE", "idx", "PREFIX", "1", "d:", "SCHEMA", "g", "TAG", "n", "NUMERIC")
    pipeline.execute_command("CONFIG", "SET", "maxmemory", "1")
    pipeline.execute()
    time.sleep(0.3)
    indexed = num_docs(client)
    time.sleep(0.3)
    assert num_docs(client) == indexed < 5_000
    assert len(found(client)) == indexed
    assert client.delete("d:1") == 1
    client.config_set("maxmemory", 0)
    until(lambda: num_docs(client) == 4_999)
    assert len(found(client)) == 4_999


def test_a_hit_that_has_expired_is_in_neither_rows_nor_total(client, server, protocol):
    client.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    create(client)
    for i in range(6):
        client.hset(f"d:{i}", mapping=document("x", number=i))
    client.pexpire("d:2", 1)
    client.pexpire("d:4", 1)
    time.sleep(0.02)
    expected = ["d:0", "d:1", "d:3", "d:5"]
    reply = client.execute_command("FT.SEARCH", "idx", "@g:{x}", "NOCONTENT")
    total = reply[b"total_results"] if isinstance(reply, dict) else reply[0]
    assert total == 4
    assert found(client) == expected
    for options in ((), ("RETURN", "1", "n"), ("SORTBY", "n"), ("WITHSCORES",)):
        reply = client.execute_command("FT.SEARCH", "idx", "@g:{x}", *options)
        rows = reply[b"results"] if isinstance(reply, dict) else reply
        total = reply[b"total_results"] if isinstance(reply, dict) else reply[0]
        assert total == 4, options
        assert not any(row in (b"d:2", b"d:4") for row in rows if isinstance(row, bytes))
    rows = client.execute_command("FT.AGGREGATE", "idx", "@g:{x}", "LOAD", "1", "@__key", "LOAD", "1", "n")
    rows = rows[b"results"] if isinstance(rows, dict) else rows[1:]
    assert len([row for row in rows if row]) >= 4


@pytest.mark.parametrize("lazy", ["yes", "no"])
def test_random_lives_leave_the_index_as_the_keys_are(server, client, lazy):
    for name in LAZY:
        client.config_set(name, lazy)
    chance = random.Random(5)
    create(client)
    other = server.client(db=1)
    create(other)
    fields_expire = version(client) >= (True, 9)

    def key():
        return f"d:{chance.randint(0, 25)}"

    def step(client):
        one, two = key(), key()
        kind = chance.randint(0, 15)
        if kind <= 4:
            if client.type(one) != b"hash":
                client.delete(one)
            client.hset(one, mapping=document(chance.choice("xyz"), number=chance.randint(0, 9)))
        elif kind == 5:
            client.unlink(one, two)
        elif kind == 6 and client.exists(one):
            client.rename(one, two)
        elif kind == 7 and one != two:
            client.copy(one, two, replace=True)
        elif kind == 8 and client.exists(one):
            client.restore(two, chance.choice([0, 20]), client.dump(one), replace=True)
        elif kind == 9:
            client.set(one, "a string")
        elif kind == 10 and client.exists(one):
            client.move(one, 1)
        elif kind == 11:
            client.pexpire(one, chance.choice([-1, 1, 15, 10_000]))
        elif kind == 12 and client.type(one) == b"hash":
            client.hdel(one, "g", *(["n", "t", "v"] if chance.random() < 0.5 else []))
        elif kind == 13 and fields_expire and client.type(one) == b"hash":
            client.execute_command("HPEXPIRE", one, chance.choice([5, 10_000]), "FIELDS", "1", "g")
        elif kind == 14:
            client.sadd("members", "1")
            client.sunionstore(one, "members")
        elif kind == 15 and client.type(one) == b"hash":
            client.persist(one)
            client.hincrby(one, "n", 1)

    for i in range(600):
        if chance.random() < 0.2:
            pipeline = client.pipeline(transaction=True)
            for _ in range(3):
                fresh = key()
                pipeline.delete(fresh)
                pipeline.hset(fresh, mapping=document("x"))
                pipeline.delete(key())
            pipeline.execute()
        else:
            step(client)
        if i % 20 == 0:
            time.sleep(0.03)
            until(lambda: agrees(client), 5)
            until(lambda: agrees(other), 5)
    assert info(client)["panics"] == 0


def test_fields_that_expire_in_every_way(client):
    if version(client) < (True, 9):
        pytest.skip("no time to live for fields")
    create(client)
    client.hset("d:1", mapping=document("x"))
    client.execute_command("HPEXPIREAT", "d:1", "1", "FIELDS", "1", "g")
    assert found(client) == []
    client.execute_command("HSETEX", "d:1", "PX", "20", "FIELDS", "1", "g", "x")
    assert found(client) == ["d:1"]
    until(lambda: found(client) == [])
    client.execute_command("HSETEX", "d:1", "PX", "20", "FIELDS", "1", "g", "x")
    client.execute_command("HPERSIST", "d:1", "FIELDS", "1", "g")
    client.copy("d:1", "d:2")
    client.execute_command("HPEXPIRE", "d:2", "20", "FIELDS", "1", "g")
    client.rename("d:2", "d:3")
    until(lambda: found(client) == ["d:1"])
    client.execute_command("HGETEX", "d:1", "PX", "10", "FIELDS", "4", "g", "t", "n", "v")
    until(lambda: not client.exists("d:1"))
    assert num_docs(client) == 1


def test_a_field_that_expired_while_the_server_was_down_is_not_found(new_server):
    server = new_server().start("--save", "1000 1000")
    client = server.client()
    if version(client) < (True, 9):
        pytest.skip("no time to live for fields")
    create(client)
    for i in range(10):
        client.hset(f"d:{i}", mapping=document("x"))
    client.execute_command("HPEXPIRE", "d:1", "100", "FIELDS", "1", "g")
    client.pexpire("d:2", 100)
    client.save()
    server.stop()
    time.sleep(0.15)
    client = server.start().client()
    until(lambda: found(client) == [f"d:{i}" for i in (0, 3, 4, 5, 6, 7, 8, 9)])
