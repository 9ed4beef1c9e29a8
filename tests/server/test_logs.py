"""Append-only files that are rewritten as commands (`aof-use-rdb-preamble no`) have the definitions too."""

import os
import signal
import time
from pathlib import Path

import pytest
import redis

from conftest import caught_up, create, document, found, info, until
from test_permissions import names, raw

COMMANDS = ("--appendonly", "yes", "--aof-use-rdb-preamble", "no")
DEFINE = "FT._DEFINE"
# What a name may be made of: bytes that are no text, quotes, line ends, nothing that can be seen.
ODD_NAMES = [b'in "quotes" and \'others\'', b"\xff\x00\xfe\r\n$5\r\n", b" ", "größe ✓".encode()]


def rewrite(client):
    """Has the file rewritten, and waits until it is."""
    before = client.info("persistence")["aof_rewrites"]
    client.bgrewriteaof()
    is_rewritten(client, before)


def is_rewritten(client, before):
    until(lambda: client.info("persistence")["aof_rewrites"] > before)
    until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    assert client.info("persistence")["aof_last_bgrewrite_status"] == "ok"


def restart(server, *options):
    """The server again, with all keys read; its log from then on."""
    server.restart(*options)
    is_filled(server.client())
    return server.client()


def is_filled(client):
    until(lambda: client.info("search_indexes")["search_indexes_backfilling"] == 0)


def files(server):
    """What is in the files of the log, the manifest aside."""
    whole = (server.directory / "appendonlydir").glob("*.aof")
    return b"".join(path.read_bytes() for path in whole)


def backfilled(client):
    return info(client)["backfilled_keys"]


def fill(client, count=20):
    for i in range(count):
        client.hset(f"d:{i}", mapping=document("x"))
    return sorted(f"d:{i}" for i in range(count))


def hits(client, index, query):
    return client.execute_command("FT.SEARCH", index, query, "NOCONTENT", "LIMIT", "0", "1000")[1:]


def define_all(server):
    """Definitions of every kind, in several databases."""
    client, third = server.client(), server.client(db=3)
    create(client)
    client.execute_command("FT.ALTER", "idx", "SCHEMA", "ADD", "more", "NUMERIC", "SORTABLE")
    client.execute_command("FT.SYNUPDATE", "idx", "group \xff", "hello", "servus")
    client.execute_command("FT.ALIASADD", "alias", "idx")
    client.execute_command("FT.DICTADD", "words", "one", b"t\xffo")
    client.execute_command("FT.SUGADD", "sug", "hello world", "2.5", "PAYLOAD", b"p\x00")
    for number, name in enumerate(ODD_NAMES):
        schema = ("SCHEMA", b"f \xff", "AS", name, "TAG", "SEPARATOR", ";")
        client.execute_command("FT.CREATE", name, "PREFIX", "1", name, *schema)
        client.execute_command("FT.ALIASADD", name + b" too", name)
        client.hset(name + b"1", b"f \xff", f"tag {number}")
    third.execute_command(*"FT.CREATE idx PREFIX 1 o: FILTER @n>1 LANGUAGE german SCHEMA t TEXT n NUMERIC".split())
    third.execute_command("FT.DICTADD", "words", "three")
    third.hset("o:1", mapping={"t": "häuser", "n": 2})
    third.hset("o:2", mapping={"t": "häuser", "n": 1})


def defined(server):
    """What the definitions are, and what odd names and the other database find."""
    client, third = server.client(), server.client(db=3)
    told = {}
    for each in (client, third):
        for name in sorted(each.execute_command("FT._LIST")):
            told[each is client, name] = each.execute_command("FT.INFO", name)[:8]
    for name in ODD_NAMES:
        told["alias", name] = client.execute_command("FT.INFO", name + b" too")[:8]
        told["hits", name] = hits(client, name + b" too", "*")
    told["alias"] = client.execute_command("FT.INFO", "alias")[:8]
    told["synonyms"] = client.execute_command("FT.SYNDUMP", "alias")
    told["synonym"] = sorted(hits(client, "idx", "servus"))
    for each in (client, third):
        told["words", each is client] = sorted(each.execute_command("FT.DICTDUMP", "words"))
    told["suggestions"] = client.execute_command(*"FT.SUGGET sug hel WITHSCORES WITHPAYLOADS".split())
    told["stemmed"] = hits(third, "idx", "haus")
    return told


@pytest.mark.parametrize("fsync", ["everysec", "always"])
def test_all_definitions_come_back(new_server, fsync):
    options = (*COMMANDS, "--appendfsync", fsync)
    server = new_server().start(*options)
    client = server.client()
    define_all(server)
    keys = fill(client)
    before = defined(server)
    assert before["stemmed"] == [b"o:1"] and before["suggestions"][0] == b"hello world"
    assert all(before["hits", name] == [name + b"1"] for name in ODD_NAMES)
    for turn in range(2):
        rewrite(client)
        until(lambda: DEFINE.encode() in files(server))
        assert files(server).count(DEFINE.encode()) == 1
        assert b"FT.CREATE" not in files(server) and b"REWRITE" not in files(server).upper()
        client.hset(f"d:turn{turn}", mapping=document("x"))
        client.delete("d:0")
        keys = sorted({*keys, f"d:turn{turn}"} - {"d:0"})
        client = restart(server, *options)
        assert found(client) == keys
        assert defined(server) == {**before, "synonym": [key.encode() for key in keys]}
    client.execute_command("FT.DROPINDEX", "idx")
    client.execute_command("FT.ALTER", ODD_NAMES[0], "SCHEMA", "ADD", "n", "NUMERIC")
    client.execute_command("FT.DICTDEL", "words", "one")
    after = sorted(client.execute_command("FT._LIST"))
    client = restart(server, *options)
    assert sorted(client.execute_command("FT._LIST")) == after == sorted(ODD_NAMES)
    assert client.execute_command("FT.DICTDUMP", "words") == [b"t\xffo"]
    client.hset(ODD_NAMES[0] + b"2", "n", 7)
    assert hits(client, ODD_NAMES[0], "@n:[7 7]") == [ODD_NAMES[0] + b"2"]


def test_a_log_that_is_turned_on_has_what_there_was_before(new_server):
    server = new_server().start("--aof-use-rdb-preamble", "no")
    client = server.client()
    define_all(server)
    keys = fill(client)
    before = client.info("persistence")["aof_rewrites"]
    client.config_set("appendonly", "yes")
    is_rewritten(client, before)
    assert found(restart(server, *COMMANDS)) == keys
    assert "without the definitions" not in server.log_text()


def test_a_server_that_keeps_no_log_says_that_a_rewrite_has_no_definitions(new_server):
    server = new_server().start("--aof-use-rdb-preamble", "no")
    client = server.client()
    rewrite(client)
    assert "without the definitions" not in server.log_text()
    create(client)
    rewrite(client)
    assert "without the definitions" in server.log_text()


def test_a_log_with_a_preamble_needs_no_such_command(new_server):
    server = new_server().start("--appendonly", "yes")
    client = server.client()
    create(client)
    rewrite(client)
    client.bgsave()
    until(lambda: not client.info("persistence")["rdb_bgsave_in_progress"])
    assert DEFINE.encode() not in files(server)


def test_a_rewrite_that_was_given_up_leaves_indexes_as_they_are(new_server):
    server = new_server().start(*COMMANDS)
    client = server.client()
    create(client)
    keys = fill(client)
    client.config_set("rdb-key-save-delay", 10_000_000)
    client.bgrewriteaof()
    child = until(lambda: child_of(server))
    until(lambda: DEFINE.encode() in files(server))
    client.execute_command("FT.ALIASADD", "alias", "idx")
    client.hset("d:late", mapping=document("x"))
    os.kill(child, signal.SIGKILL)
    until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    assert b"FT.CREATE" in files(server)
    client = restart(server, *COMMANDS)
    assert found(client, index="alias") == sorted([*keys, "d:late"])
    assert backfilled(client) == 0, "keys were read again for definitions that were there"


def child_of(server):
    process = server.process.pid
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(children[0]) if children else None


def test_a_rewrite_that_begins_while_writers_are_paused_gets_them_afterwards(new_server):
    server = new_server().start(*COMMANDS)
    client = server.client()
    create(client)
    keys = fill(client)
    client.execute_command("CLIENT", "PAUSE", "100000", "WRITE")
    for _ in range(2):
        rewrite(client)
    time.sleep(0.1)
    assert DEFINE.encode() not in files(server)
    pipeline = client.pipeline(transaction=False)
    pipeline.execute_command("CLIENT", "UNPAUSE")
    create(pipeline, "second")
    pipeline.execute_command("FT.ALIASADD", "alias", "idx")
    pipeline.hset("d:late", mapping=document("x"))
    pipeline.execute()
    until(lambda: DEFINE.encode() in files(server))
    client.execute_command("FT.ALIASADD", "later", "second")
    client = restart(server, *COMMANDS)
    for name in ("idx", "second", "alias", "later"):
        assert found(client, index=name) == sorted([*keys, "d:late"])
    assert files(server).count(DEFINE.encode()) == 1


def test_a_damaged_definition_costs_the_indexes_and_nothing_else(new_server):
    server = new_server().start(*COMMANDS)
    client = server.client()
    create(client)
    keys = fill(client)
    rewrite(client)
    server.stop()
    for path in (server.directory / "appendonlydir").glob("*.incr.aof"):
        path.write_bytes(path.read_bytes().replace(b"NUTHATCH", b"nuthatch"))
    client = server.start(*COMMANDS).client()
    assert client.execute_command("FT._LIST") in ([], set())
    assert "the append-only file's indexes are left out" in server.log_text()
    assert client.dbsize() == 20
    create(client)
    is_filled(client)
    assert found(client) == keys


def test_no_client_may_run_it(server, client):
    create(client)
    client.config_set("appendonly", "yes")
    before = client.execute_command("FT.INFO", "idx")[:8]
    refused = "for the append-only file"
    for arguments in ((), ("NUTHATCH",), ("a", "b")):
        with pytest.raises(redis.ResponseError, match=refused):
            client.execute_command(DEFINE, *arguments)
    with pytest.raises(redis.ResponseError, match=refused):
        client.eval(f"return redis.call('{DEFINE}', 'x')", 0)
    pipeline = client.pipeline(transaction=True)
    pipeline.execute_command(DEFINE, "x")
    pipeline.execute_command("FT.DICTADD", "words", "one")
    replies = pipeline.execute(raise_on_error=False)
    assert refused in str(replies[0]) and replies[1] == 1
    assert client.execute_command("FT.INFO", "idx")[:8] == before
    if "search" in names(client.execute_command("ACL", "CAT")):
        (said,) = raw(client, "COMMAND", "INFO", DEFINE)
        assert set(names(said[6])) == {"@search", "@write", "@admin", "@dangerous", "@slow"}


@pytest.mark.parametrize("diskless", ["disabled", "swapdb"])
def test_a_replica_has_a_log_of_its_own(new_server, diskless):
    primary = new_server().start(*COMMANDS)
    client = primary.client()
    define_all(primary)
    keys = fill(client)
    before = defined(primary)
    options = (*COMMANDS, "--repl-diskless-load", diskless)
    replica = new_server().start(*options)
    reader = replica.client()
    reader.replicaof("127.0.0.1", primary.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    until(lambda: reader.info("persistence")["aof_rewrite_in_progress"] == 0)
    until(lambda: DEFINE.encode() in files(replica))
    rewrite(client)  # The primary's definitions are not the replica's business.
    rewrite(reader)
    client.hset("d:late", mapping=document("x"))
    create(client, "late")
    client.wait(1, 10_000)
    caught_up(client, reader)
    ran = reader.info("commandstats")
    assert "cmdstat_ft._define" not in ran and ran["cmdstat_bgrewriteaof"]["calls"] == 1
    reader = restart(replica, *options)
    assert reader.info("replication")["role"] == "master"
    keys.append("d:late")
    for index in ("idx", "alias", "late"):
        assert found(reader, index=index) == sorted(keys)
    assert defined(replica) | {"synonym": 0, (True, b"late"): 0} == {**before, "synonym": 0, (True, b"late"): 0}


def test_a_rewrite_while_clients_write_loses_nothing(new_server):
    server = new_server().start(*COMMANDS, "--appendfsync", "always")
    client = server.client()
    create(client)
    keys = set(fill(client))
    for turn in range(5):
        before = client.info("persistence")["aof_rewrites"]
        pipeline = client.pipeline(transaction=turn % 2 == 0)
        for i in range(100):
            if i == 50:
                pipeline.execute_command("BGREWRITEAOF")
            pipeline.hset(f"d:{turn}:{i}", mapping=document("x"))
            keys.add(f"d:{turn}:{i}")
        create(pipeline, f"in{turn}", f"d:{turn}:")
        pipeline.execute_command("FT.ALTER", "idx", "SCHEMA", "ADD", f"n{turn}", "NUMERIC")
        pipeline.execute()
        is_rewritten(client, before)
        if turn % 2:
            server.stop()  # By SIGKILL.
            client = server.start(*COMMANDS).client()
            is_filled(client)
    client = restart(server, *COMMANDS)
    assert found(client) == sorted(keys)
    for turn in range(5):
        assert len(found(client, index=f"in{turn}")) == 100
        assert found(client, f"@n{turn}:[1 1]") == []
