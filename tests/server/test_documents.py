"""Whatever changes a hash changes what a query finds, at once."""

import time

import pytest
import redis

from conftest import create, document, found, until, version


@pytest.fixture
def indexed(client):
    """A client of a server with the index and two documents."""
    create(client)
    client.hset("d:1", mapping=document("x"))
    client.hset("d:2", mapping=document("y"))
    assert found(client) == ["d:1"]
    return client


def test_a_query_finds_what_was_just_written(indexed, server):
    indexed.hset("d:3", mapping=document("x"))
    indexed.hset("other:1", mapping=document("x"))
    assert found(indexed) == ["d:1", "d:3"]
    resp3 = server.client(protocol=3)
    assert found(resp3) == ["d:1", "d:3"]


def test_fields_written_anew_and_deleted(indexed):
    indexed.hset("d:1", "g", "z")
    assert found(indexed) == []
    assert found(indexed, "@g:{z}") == ["d:1"]
    indexed.hdel("d:1", "g")
    assert found(indexed, "@g:{z}") == []
    indexed.hincrby("d:1", "n", 41)
    assert found(indexed, "@n:[42 42]") == ["d:1"]
    indexed.hincrbyfloat("d:1", "n", 0.5)
    assert found(indexed, "@n:[42.5 42.5]") == ["d:1"]
    indexed.hsetnx("d:1", "g", "new")
    assert found(indexed, "@g:{new}") == ["d:1"]


@pytest.mark.parametrize("command", ["DEL", "UNLINK"])
def test_a_deleted_document_is_never_found(indexed, command):
    indexed.execute_command(command, "d:1")
    assert found(indexed) == []
    indexed.hset("d:1", mapping=document("x"))
    assert found(indexed) == ["d:1"]


def test_deleting_the_last_field_deletes_the_document(indexed):
    indexed.hdel("d:1", *document())
    assert found(indexed) == []


def test_an_expired_document_is_not_found(indexed):
    indexed.pexpire("d:1", 20)
    assert found(indexed) == ["d:1"]
    time.sleep(0.03)
    until(lambda: found(indexed) == [])
    until(lambda: num_docs(indexed) == 1)
    indexed.pexpire("d:2", -1)
    assert num_docs(indexed) == 0


def test_a_document_that_has_expired_but_is_still_there_is_not_indexed(indexed):
    indexed.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    indexed.hset("d:3", mapping=document("x"))
    indexed.pexpire("d:3", 1)
    time.sleep(0.01)
    create(indexed, "later")
    until(lambda: percent(indexed, "later") == 1)
    assert found(indexed, index="later") == ["d:1"]


def test_a_time_to_live_does_not_hide_a_document(indexed):
    indexed.expire("d:1", 100)
    assert found(indexed) == ["d:1"]
    indexed.persist("d:1")
    assert found(indexed) == ["d:1"]


def test_fields_that_expire_by_themselves(indexed):
    if version(indexed) < (True, 9):
        pytest.skip("no time to live for fields")
    indexed.execute_command("HPEXPIRE", "d:1", "20", "FIELDS", "1", "g")
    assert found(indexed) == ["d:1"]
    until(lambda: found(indexed) == [])
    assert found(indexed, "@t:hello") == ["d:1", "d:2"]


def test_a_field_that_has_expired_but_is_still_there_is_not_seen(indexed):
    if version(indexed) < (True, 9):
        pytest.skip("no time to live for fields")
    indexed.execute_command("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    indexed.execute_command("HPEXPIRE", "d:1", "1", "FIELDS", "1", "g")
    time.sleep(0.01)
    indexed.hset("d:1", "n", "7")
    assert found(indexed) == []
    assert found(indexed, "@n:[7 7]") == ["d:1"]
    assert b"g" not in content(indexed, "@n:[7 7]")


def test_the_whole_document_comes_in_the_order_of_the_hash(indexed):
    for extra in (0, 3, 8, 40, 300):
        key = f"d:many{extra}"
        indexed.hset(key, mapping=document(f"many{extra}"))
        for i in range(extra):
            indexed.hset(key, f"field{i}", "v" * (i * 7 % 100))
        plain = indexed.execute_command("HGETALL", key)
        if isinstance(plain, dict):
            plain = [member for pair in plain.items() for member in pair]
        assert content(indexed, "@g:{many%d}" % extra) == plain


def test_renamed_documents_are_found_under_their_new_name(indexed):
    indexed.rename("d:1", "d:9")
    assert found(indexed) == ["d:9"]
    indexed.rename("d:9", "elsewhere")
    assert found(indexed) == []
    indexed.rename("elsewhere", "d:2")
    assert found(indexed) == ["d:2"]
    assert found(indexed, "@g:{y}") == []


def test_copied_and_restored_documents(indexed):
    indexed.copy("d:1", "d:3")
    assert found(indexed) == ["d:1", "d:3"]
    dump = indexed.dump("d:1")
    indexed.restore("d:4", 0, dump)
    indexed.restore("d:2", 0, dump, replace=True)
    assert found(indexed) == ["d:1", "d:2", "d:3", "d:4"]


def test_a_document_overwritten_by_another_type_is_gone(indexed):
    indexed.set("d:1", "a string")
    assert found(indexed) == []
    indexed.delete("d:1")
    for store in (
        ("SORT", "list", "STORE", "d:1"),
        ("SUNIONSTORE", "d:1", "set"),
        ("ZUNIONSTORE", "d:1", "1", "zset"),
        ("BITOP", "NOT", "d:1", "string"),
    ):
        indexed.rpush("list", 3, 1, 2)
        indexed.sadd("set", 1)
        indexed.zadd("zset", {"a": 1})
        indexed.set("string", "a")
        indexed.hset("d:1", mapping=document("x"))
        assert found(indexed) == ["d:1"]
        indexed.execute_command(*store)
        assert found(indexed) == [], store
        indexed.delete("d:1", "list")


def test_databases_have_indexes_of_their_own(server, indexed):
    second = server.client(db=1)
    second.hset("d:1", mapping=document("x"))
    with pytest.raises(redis.ResponseError):
        found(second)
    create(second)
    until(lambda: found(second) == ["d:1"])
    second.hset("d:5", mapping=document("x"))
    assert found(second) == ["d:1", "d:5"]
    assert found(indexed) == ["d:1"]
    indexed.move("d:2", 1)
    assert found(second, "@g:{y}") == ["d:2"]
    assert found(indexed, "@g:{y}") == []


def test_swapped_databases_take_their_indexes_along(server, indexed):
    second = server.client(db=1)
    create(second, "other")
    indexed.swapdb(0, 1)
    assert found(second) == ["d:1"]
    assert found(indexed, index="other") == []
    second.hset("d:7", mapping=document("x"))
    assert found(second) == ["d:1", "d:7"]
    with pytest.raises(redis.ResponseError):
        found(indexed)


def test_a_flush_takes_the_indexes_of_its_database(server, indexed):
    second = server.client(db=1)
    create(second)
    indexed.flushdb()
    with pytest.raises(redis.ResponseError):
        found(indexed)
    assert found(second) == []
    create(indexed)
    indexed.hset("d:1", mapping=document("x"))
    assert found(indexed) == ["d:1"]
    indexed.flushall()
    for client in (indexed, second):
        with pytest.raises(redis.ResponseError):
            found(client)


def test_transactions_and_scripts(indexed):
    pipeline = indexed.pipeline(transaction=True)
    pipeline.hset("d:3", mapping=document("x"))
    pipeline.execute_command("FT.SEARCH", "idx", "@g:{x}", "NOCONTENT")
    pipeline.delete("d:1")
    pipeline.execute_command("FT.SEARCH", "idx", "@g:{x}", "NOCONTENT")
    _, both, _, one = pipeline.execute()
    assert (both[0], one) == (2, [1, b"d:3"])
    script = """
        redis.call('HSET', 'd:4', 'g', 'x')
        return redis.call('FT.SEARCH', 'idx', '@g:{x}', 'NOCONTENT')
    """
    assert sorted(indexed.eval(script, 0)[1:]) == [b"d:3", b"d:4"]


def test_evicted_documents_are_not_found(new_server):
    client = new_server().start().client()
    create(client)
    for i in range(500):
        client.hset(f"d:{i}", mapping={**document("x"), "filler": "f" * 2000})
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory-policy", "allkeys-random")
    client.config_set("maxmemory", used - 300_000)
    until(lambda: client.dbsize() < 450)
    client.config_set("maxmemory", 0)
    alive = sorted(key.decode() for key in client.keys("d:*"))
    assert found(client) == alive


def test_dropping_an_index_with_its_documents(new_server, server, indexed):
    replica = new_server().start("--replicaof", f"127.0.0.1 {server.port}").client()
    until(lambda: replica.info("replication")["master_link_status"] == "up")
    create(indexed, "another")
    until(lambda: percent(indexed, "another") == 1)
    indexed.hset("other:1", "g", "x")
    indexed.execute_command("FT.DROPINDEX", "idx", "DD")
    assert indexed.keys() == [b"other:1"]
    assert found(indexed, index="another") == []
    indexed.wait(1, 5000)
    assert replica.keys() == [b"other:1"]
    assert found(replica, index="another") == []


def test_a_replica_deletes_what_its_primary_deleted_and_no_more(new_server, server, indexed):
    replica = new_server().start("--replicaof", f"127.0.0.1 {server.port}").client()
    until(lambda: replica.info("replication")["master_link_status"] == "up")
    # An index that is further in reading old keys on the replica than on the primary.
    replica.config_set("replica-read-only", "no")
    create(replica, "behind")
    until(lambda: percent(replica, "behind") == 1)
    with indexed.pipeline(transaction=True) as both:
        create(both, "behind")
        both.execute_command("FT.DROPINDEX", "behind", "DD")
        both.execute()
    indexed.wait(1, 5000)
    assert b"behind" not in replica.execute_command("FT._LIST")
    assert sorted(replica.keys()) == sorted(indexed.keys()) != []


def test_reading_leaves_no_trace(indexed):
    if not version(indexed)[0]:
        pytest.skip("Redis 7.0 counts a module's reads")
    before = indexed.info("stats")
    indexed.hset("d:3", mapping=document("x"))
    found(indexed)
    after = indexed.info("stats")
    assert before["keyspace_hits"] == after["keyspace_hits"]
    assert before["keyspace_misses"] == after["keyspace_misses"]


def index_info(client, index="idx"):
    flat = client.execute_command("FT.INFO", index)
    pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2])
    return {k.decode() if isinstance(k, bytes) else k: v for k, v in pairs}


def num_docs(client, index="idx"):
    return int(index_info(client, index)["num_docs"])


def percent(client, index="idx"):
    return float(index_info(client, index)["percent_indexed"])


def content(client, query):
    """Names and values of the only document found, in the order of the reply (RESP2)."""
    count, _, pairs = client.execute_command("FT.SEARCH", "idx", query)
    assert count == 1
    return pairs
