"""Indexes outlive a restart, follow to replicas, and take in what was there before them."""

import random
import struct
import threading
import time

import pytest
import redis

from conftest import create, document, found, info, until, version
from test_documents import num_docs, percent


def fill(client, count=20, tag="x"):
    pipeline = client.pipeline(transaction=False)
    for i in range(count):
        pipeline.hset(f"d:{i}", mapping=document(tag))
    pipeline.execute()
    return sorted(f"d:{i}" for i in range(count))


def test_a_reload_rebuilds_every_index(server, client):
    create(client)
    second = server.client(db=3)
    create(second, "other")
    keys = fill(client)
    fill(second, 5)
    client.execute_command("DEBUG", "RELOAD")
    assert found(client) == keys
    assert num_docs(second, "other") == 5
    assert info(client)["rdb_sections_loaded"] == 1
    client.delete("d:0")
    assert found(client) == keys[1:]


def test_a_server_without_indexes_reloads_too(server, client):
    client.hset("d:1", mapping=document())
    client.execute_command("DEBUG", "RELOAD")
    assert client.exists("d:1")
    assert info(client)["rdb_sections_refused"] == 0
    if version(client)[0]:  # Older servers write the section in any case.
        client.save()
        assert b"NUTHATCH" not in (server.directory / "dump.rdb").read_bytes()


def test_a_damaged_section_costs_the_indexes_and_nothing_else(new_server):
    options = ("--save", "1000 1000", "--rdbchecksum", "no", "--rdbcompression", "no")
    server = new_server().start(*options)
    client = server.client()
    create(client)
    fill(client)
    client.save()
    server.stop()
    snapshot = server.directory / "dump.rdb"
    saved = snapshot.read_bytes()
    # The magic word of sections: of the definitions, and of the index's content.
    assert saved.count(b"NUTHATCH") == 2
    snapshot.write_bytes(saved.replace(b"NUTHATCH", b"nuthatch"))
    client = server.start(*options).client()
    assert client.dbsize() == 20
    assert client.execute_command("FT._LIST") in ([], set())
    assert info(client)["rdb_sections_refused"] == 1
    assert "the snapshot's indexes are left out" in server.log_text()
    create(client)
    until(lambda: num_docs(client) == 20)


def test_indexes_are_there_after_a_restart(server, client):
    client.config_set("save", "1000 1000")
    create(client)
    keys = fill(client)
    server.restart()
    client = server.client()
    assert found(client) == keys
    client.hset("d:new", mapping=document("x"))
    assert "d:new" in found(client)


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_an_append_only_file_brings_indexes_back(new_server, preamble):
    options = ("--appendonly", "yes", "--aof-use-rdb-preamble", preamble)
    server = new_server().start(*options)
    create(server.client())
    keys = fill(server.client())
    server.restart(*options)
    assert found(server.client()) == keys


def test_a_rewritten_append_only_file_brings_indexes_back(new_server):
    server = new_server().start("--appendonly", "yes")
    client = server.client()
    create(client)
    keys = fill(client)
    client.bgrewriteaof()
    until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    until(lambda: client.info("persistence")["aof_rewrites"] >= 1)
    client.delete("d:0")
    server.restart("--appendonly", "yes")
    assert found(server.client()) == keys[1:]


@pytest.mark.parametrize("diskless", ["disabled", "on-empty-db", "swapdb"])
def test_a_replica_has_the_same_indexes(new_server, server, client, diskless):
    create(client)
    keys = fill(client)
    replica = new_server().start("--repl-diskless-load", diskless)
    reader = replica.client()
    create(reader, "stale")
    reader.hset("d:stale", mapping=document("x"))
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    assert found(reader) == keys
    with pytest.raises(redis.ResponseError):
        found(reader, index="stale")
    client.hset("d:late", mapping=document("x"))
    client.delete("d:1")
    create(client, "more")
    client.wait(1, 5000)
    assert found(reader) == found(client)
    until(lambda: found(reader, index="more") == found(client))
    client.execute_command("FT.DROPINDEX", "idx")
    pipeline = client.pipeline(transaction=True)
    pipeline.execute_command("FT.CREATE", "by-transaction", "SCHEMA", "g", "TAG")
    pipeline.execute()
    client.eval("return redis.call('FT.CREATE', 'by-script', 'SCHEMA', 'g', 'TAG')", 0)
    client.wait(1, 5000)
    with pytest.raises(redis.ResponseError):
        found(reader)
    for index in ("by-transaction", "by-script"):
        until(lambda: found(reader, index=index) == found(client, index=index))
    reader.replicaof("NO", "ONE")
    reader.hset("d:own", mapping=document("x"))
    assert "d:own" in found(reader, index="more")


def test_an_index_takes_in_what_was_there_before_while_the_server_answers(server, client):
    pipeline = client.pipeline(transaction=False)
    for i in range(20_000):
        pipeline.hset(f"d:{i}", mapping=document("x", text="some words to be read here"))
    pipeline.execute()
    answers, stop = [0], threading.Event()

    def ask():
        asking = server.client()
        while not stop.is_set():
            asking.ping()
            answers[0] += 1

    asker = threading.Thread(target=ask)
    create(client)
    asker.start()
    client.hset("d:0", "g", "y")
    client.delete("d:1")
    assert num_docs(client) < 20_000
    until(lambda: percent(client) == 1, seconds=120)
    stop.set()
    asker.join()
    assert num_docs(client) == 19_999
    assert found(client, "@g:{y}") == ["d:0"]
    assert info(client)["backfilled_keys"] >= 19_000
    # One that kept the server to itself would leave room for an answer or two.
    assert answers[0] >= 100, "clients waited for the backfill"


def test_a_backfill_follows_its_database_and_ends_with_its_index(server, client):
    pipeline = client.pipeline(transaction=False)
    for i in range(5_000):
        pipeline.hset(f"d:{i}", mapping=document("x"))
    pipeline.execute()
    create(client)
    client.swapdb(0, 1)
    second = server.client(db=1)
    until(lambda: percent(second) == 1, seconds=60)
    assert num_docs(second) == 5_000
    create(second, "gone")
    second.execute_command("FT.DROPINDEX", "gone")
    create(second, "kept")
    until(lambda: percent(second, "kept") == 1, seconds=60)
    assert num_docs(second, "kept") == 5_000
    create(second, "flushed")
    second.flushall()
    time.sleep(0.05)
    assert second.ping()


def fill_vectors(client, count, start=0):
    chance = random.Random(start)
    pipeline = client.pipeline(transaction=False)
    for i in range(start, start + count):
        vector = struct.pack("<8f", *(chance.gauss(0, 1) for _ in range(8)))
        pipeline.hset(f"d:{i}", mapping={"v": vector, "g": "x"})
    pipeline.execute()


def create_vectors(client, name="vectors", prefix="d:"):
    field = "VECTOR HNSW 6 TYPE FLOAT32 DIM 8 DISTANCE_METRIC L2".split()
    client.execute_command("FT.CREATE", name, "PREFIX", "1", prefix, "SCHEMA", "v", *field, "g", "TAG")


def neighbours(client, seed, index="vectors", count=10):
    chance = random.Random(seed)
    vector = struct.pack("<8f", *(chance.gauss(0, 1) for _ in range(8)))
    query = (f"*=>[KNN {count} @v $q]", "PARAMS", "2", "q", vector, "NOCONTENT", "SORTBY", "__v_score", "LIMIT", "0", str(count))
    return client.execute_command("FT.SEARCH", index, *query)[1:]


def is_linked(client):
    return info(client)["fresh_vectors"] == 0


@pytest.mark.parametrize("way", ["snapshot", "reload", "log", "replica"])
def test_links_of_vectors_need_not_be_made_again(new_server, way):
    options = ("--appendonly", "yes") if way == "log" else ("--save", "1000 1000")
    server = new_server().start(*options)
    client = server.client()
    create_vectors(client)
    second = server.client(db=2)
    create_vectors(second, "other")
    fill_vectors(client, 3000)
    fill_vectors(second, 500)
    until(lambda: is_linked(client), 60)
    before = [neighbours(client, seed) for seed in range(20)]
    if way == "snapshot":
        server.restart(*options)
    elif way == "reload":
        client.execute_command("DEBUG", "RELOAD")
    elif way == "log":
        client.bgrewriteaof()
        until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
        until(lambda: client.info("persistence")["aof_rewrites"] >= 1)
        client.hset("d:0", "g", "y")
        server.restart(*options)
    else:
        replica = new_server().start()
        replica.client().replicaof("127.0.0.1", server.port)
        server = replica
        until(lambda: server.client().info("replication")["master_link_status"] == "up")
    client = server.client()
    told = info(client)
    assert told["rdb_vectors_linked"] >= 3450
    assert told["fresh_vectors"] <= 50
    same = sum(len(set(neighbours(client, seed)) & set(before[seed])) for seed in range(20))
    assert same >= 190
    assert len(neighbours(server.client(db=2), 1, "other")) == 10
    if way != "replica":
        fill_vectors(client, 200, start=3000)
        client.delete("d:1")
        until(lambda: is_linked(client), 60)
        assert b"d:3100" in neighbours_of(client, "d:3100")
        assert len(neighbours(client, 5, count=50)) == 50


def neighbours_of(client, key):
    query = ("*=>[KNN 3 @v $q]", "PARAMS", "2", "q", client.hget(key, "v"), "NOCONTENT")
    return client.execute_command("FT.SEARCH", "vectors", *query)[1:]


def test_links_are_made_anew_when_the_snapshot_has_damaged_ones_or_none(new_server):
    options = ("--save", "1000 1000", "--rdbchecksum", "no", "--rdbcompression", "no")
    server = new_server().start(*options)
    client = server.client()
    create_vectors(client)
    fill_vectors(client, 1000)
    until(lambda: is_linked(client), 60)
    client.save()
    snapshot = server.directory / "dump.rdb"
    whole = snapshot.read_bytes()
    client.execute_command("FT.CONFIG", "SET", "SAVECONTENT", "NO")
    client.save()
    without = snapshot.read_bytes()
    assert len(without) < len(whole) - 20_000
    place = whole.rfind(b"NUTHATCH") + 2000
    damaged = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    for content, refused in ((damaged, 1), (without, 0)):
        server.stop()
        snapshot.write_bytes(content)
        client = server.start(*options).client()
        assert client.dbsize() == 1000
        assert info(client)["rdb_sections_refused"] == refused
        assert ("made anew" in server.log_text()) == bool(refused) or not refused
        assert info(client)["rdb_vectors_linked"] == 0
        assert len(neighbours(client, 1)) == 10
        until(lambda: is_linked(client), 60)
        assert b"d:7" in neighbours_of(client, "d:7")


def test_a_snapshot_that_is_cut_off_starts_no_server_and_ends_none_badly(new_server):
    options = ("--save", "1000 1000", "--rdbcompression", "no")
    server = new_server().start(*options)
    client = server.client()
    create_vectors(client)
    fill_vectors(client, 500)
    until(lambda: is_linked(client), 60)
    client.save()
    server.stop()
    snapshot = server.directory / "dump.rdb"
    whole = snapshot.read_bytes()
    place = whole.rfind(b"NUTHATCH")
    for cut in (place - 10, place + 3, place + 500, len(whole) - 3):
        snapshot.write_bytes(whole[:cut])
        server.start(*options, wait=False)
        assert server.process.wait(20) == 1
    assert "crashed by signal" not in server.log_text()


def test_a_reload_in_the_middle_of_a_backfill_loses_nothing(server, client):
    pipeline = client.pipeline(transaction=False)
    for i in range(3_000):
        pipeline.hset(f"d:{i}", mapping=document("x"))
    pipeline.execute()
    pipeline = client.pipeline(transaction=False)
    create(pipeline)
    pipeline.execute_command("DEBUG", "RELOAD")
    pipeline.execute()
    until(lambda: percent(client) == 1, seconds=60)
    assert len(found(client)) == 3_000
    client.delete("d:7")
    assert num_docs(client) == 2_999
