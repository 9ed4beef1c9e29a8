"""Indexes outlive a restart, follow to replicas, and take in what was there before them."""

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
    assert saved.count(b"NUTHATCH") == 1  # The section's magic word.
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
