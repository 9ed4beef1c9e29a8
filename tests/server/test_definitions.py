"""What is said of an index after its creation outlives a restart, follows to replicas, and is done
while the server answers."""

import time

import pytest
import redis

from conftest import create, document, found, until
from test_documents import num_docs, percent


def names(client):
    return sorted(client.execute_command("FT._LIST"))


def change(client):
    client.execute_command("FT.CREATE", "i", "PREFIX", "1", "d:", "FILTER", "@n > 1", "SCHEMA", "t", "TEXT")
    client.hset("d:1", mapping={"t": "hello", "u": "world", "n": 2})
    client.hset("d:2", mapping={"t": "hello", "u": "world", "n": 1})
    client.execute_command("FT.ALTER", "i", "SCHEMA", "ADD", "u", "TEXT", "n", "NUMERIC")
    client.execute_command("FT.ALIASADD", "a", "i")
    client.execute_command("FT._ALIASADDIFNX", "b", "a")
    client.execute_command("FT._CREATEIFNX", "i", "SCHEMA", "x", "TAG")
    client.execute_command("FT._CREATEIFNX", "j", "SCHEMA", "x", "TAG")


def check(client):
    assert names(client) == [b"i", b"j"]
    assert sorted(client.execute_command("FT.ALIASLIST", "i")) == [b"a", b"b"]
    until(lambda: found(client, "@u:world @n:[2 2]", "b") == ["d:1"])


def test_a_reload_and_a_restart_keep_it(server, client):
    client.config_set("save", "1000 1000")
    change(client)
    check(client)
    client.execute_command("DEBUG", "RELOAD")
    check(client)
    server.restart()
    check(server.client())


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_an_append_only_file_keeps_it(new_server, preamble):
    options = ("--appendonly", "yes", "--aof-use-rdb-preamble", preamble)
    server = new_server().start(*options)
    change(server.client())
    server.restart(*options)
    check(server.client())


def test_a_replica_has_it(new_server, server, client):
    change(client)
    reader = new_server().start().client()
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    check(reader)
    client.execute_command("FT.ALTER", "a", "SCHEMA", "ADD", "x", "TAG")
    client.execute_command("FT.ALIASUPDATE", "b", "j")
    client.execute_command("FT._DROPINDEXIFX", "nothing")
    client.hset("d:3", mapping={"n": 5, "x": "y"})
    client.wait(1, 5000)
    until(lambda: found(reader, "@x:{y}", "a") == ["d:3"])
    assert reader.execute_command("FT.ALIASLIST", "j") == [b"b"]
    with pytest.raises(redis.ResponseError):
        reader.execute_command("FT.ALIASDEL", "a")


def test_swapped_databases_keep_their_aliases(server, client):
    create(client)
    client.execute_command("FT.ALIASADD", "a", "idx")
    client.swapdb(0, 1)
    with pytest.raises(redis.ResponseError):
        found(client, "*", "a")
    assert found(server.client(db=1), "*", "a") == []


def test_new_fields_are_filled_while_the_server_answers(client):
    create(client)
    pipeline = client.pipeline(transaction=False)
    for i in range(5_000):
        pipeline.hset(f"d:{i}", mapping={**document("x"), "u": "world", "w": "y"})
    pipeline.execute()
    client.execute_command("FT.ALTER", "idx", "SCHEMA", "ADD", "u", "TEXT")
    # Old fields answer throughout, and a second change while the first is being read starts anew.
    assert len(found(client)) == 5_000
    client.execute_command("FT.ALTER", "idx", "SCHEMA", "ADD", "w", "TAG")
    assert percent(client) <= 1
    until(lambda: percent(client) == 1)
    assert num_docs(client) == 5_000
    assert len(found(client, "@u:world @w:{y}")) == 5_000


def test_a_temporary_index_goes_on_the_primary_and_then_on_its_replica(new_server, server, client):
    # The longer one first: the timer that was set for it must not make the other wait.
    client.execute_command("FT.CREATE", "long", "TEMPORARY", "1000", "SCHEMA", "t", "TEXT")
    client.execute_command("FT.CREATE", "i", "TEMPORARY", "2", "SCHEMA", "t", "TEXT")
    client.hset("d:1", "t", "hello")
    reader = new_server().start().client()
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    start = time.monotonic()
    while time.monotonic() - start < 4:
        found(client, "hello", "i")
        time.sleep(0.2)
    # The replica's has not been used for longer, and is there.
    assert names(client) == names(reader) == [b"i", b"long"]
    until(lambda: names(client) == [b"long"])
    until(lambda: names(reader) == [b"long"])
    assert client.exists("d:1") == reader.exists("d:1") == 1


def test_settings_are_read_as_the_module_is_loaded(new_server):
    options = ("MINPREFIX", "1", "timeout", "7", "ON_TIMEOUT", "fail")
    client = new_server().start(module=options).client(protocol=2)
    assert client.execute_command("FT.CONFIG", "GET", "TIMEOUT") == [[b"TIMEOUT", b"7"]]
    assert client.execute_command("FT.CONFIG", "GET", "ON_TIMEOUT") == [[b"ON_TIMEOUT", b"FAIL"]]
    create(client)
    client.hset("d:1", mapping=document("x"))
    assert found(client, "h*") == ["d:1"]
