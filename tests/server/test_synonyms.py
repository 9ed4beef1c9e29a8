"""Synonyms, languages and sounds outlive a restart and follow to replicas."""

import pytest

from conftest import found, until

SCHEMA = "PREFIX 1 t: LANGUAGE german SCHEMA t TEXT PHONETIC dm:en".split()


def create(client):
    client.execute_command("FT.CREATE", "words", *SCHEMA)
    client.execute_command("FT.SYNUPDATE", "words", "family", "Knabe", "junge")
    client.execute_command("FT.SYNUPDATE", "words", "home", "SKIPINITIALSCAN", "haus", "heim")
    client.hset("t:1", "t", "Knabe")
    client.hset("t:2", "t", "Kinder")
    client.hset("t:3", "t", "Schmidt")


def check(client):
    assert found(client, "junge", "words") == ["t:1"]
    assert found(client, "kindern", "words") == ["t:2"]
    assert found(client, "smith", "words") == ["t:3"]
    dump = client.execute_command("FT.SYNDUMP", "words")
    if isinstance(dump, list):
        dump = dict(zip(dump[::2], dump[1::2]))
    assert dump == {
        b"junge": [b"family"],
        b"knabe": [b"family"],
        b"haus": [b"home"],
        b"heim": [b"home"],
    }


def test_a_reload_and_a_restart_keep_them(server, client):
    client.config_set("save", "1000 1000")
    create(client)
    check(client)
    client.execute_command("DEBUG", "RELOAD")
    check(client)
    server.restart()
    client = server.client()
    check(client)
    client.execute_command("FT.SYNUPDATE", "words", "family", "bub")
    assert found(client, "bub", "words") == ["t:1"]


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_an_append_only_file_keeps_them(new_server, preamble):
    options = ("--appendonly", "yes", "--aof-use-rdb-preamble", preamble)
    server = new_server().start(*options)
    create(server.client())
    server.restart(*options)
    check(server.client())


def test_a_replica_has_them(new_server, server, client):
    create(client)
    reader = new_server().start().client()
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    check(reader)
    client.execute_command("FT.SYNUPDATE", "words", "family", "bub")
    until(lambda: found(reader, "bub", "words") == ["t:1"])


def test_they_go_with_their_index_and_their_database(server, client):
    create(client)
    client.swapdb(0, 1)
    check(server.client(db=1))
    client.swapdb(0, 1)
    client.execute_command("FT.DROPINDEX", "words")
    client.execute_command("FT.CREATE", "words", *SCHEMA)
    until(lambda: found(client, "knabe", "words") == ["t:1"])
    assert found(client, "junge", "words") == []
