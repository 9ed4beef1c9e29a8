"""Keys of suggestions are keys like any other: saved, copied, expired, replicated. Dictionaries follow
the indexes."""

import pytest
import redis

from conftest import as_text, create, document, info, until

WRONG_TYPE = "WRONGTYPE|wrong kind of value"


def add(client, text, score=1, *options, key="s"):
    return client.execute_command("FT.SUGADD", key, text, score, *options)


def get(client, prefix, *options, key="s"):
    reply = client.execute_command("FT.SUGGET", key, prefix, *options)
    return [as_text(value) for value in reply]


def length(client, key="s"):
    return client.execute_command("FT.SUGLEN", key)


def fill(client, key="s"):
    """Suggestions of every kind, and what they answer."""
    add(client, "Hello", 1.5, key=key)
    add(client, "hello world", 0.1, "PAYLOAD", b"\x00\xff", key=key)
    add(client, "hélène", 1e300, "PAYLOAD", "", key=key)
    add(client, "help", 1 / 3, key=key)
    add(client, "help", 1, "INCR", key=key)
    return dump(client, key)


def dump(client, key="s"):
    options = ("FUZZY", "WITHSCORES", "WITHPAYLOADS", "MAX", 1_000_000)
    return client.execute_command("FT.SUGGET", key, "h", *options)


def test_a_reload_keeps_suggestions(client):
    expected = fill(client)
    for number in range(10_000):
        add(client, f"many {number}", number + 1, key="many")
    many = get(client, "many 77", "WITHSCORES", "MAX", 100, key="many")
    client.execute_command("DEBUG", "RELOAD")
    assert dump(client) == expected
    assert length(client, "many") == 10_000
    assert get(client, "many 77", "WITHSCORES", "MAX", 100, key="many") == many
    add(client, "new")
    assert length(client) == 5


@pytest.mark.parametrize("preamble", ["yes", "no"])
def test_an_append_only_file_keeps_suggestions_also_when_it_is_rewritten(new_server, preamble):
    options = ("--appendonly", "yes", "--aof-use-rdb-preamble", preamble)
    server = new_server().start(*options)
    client = server.client()
    expected = fill(client)
    server.restart(*options)
    client = server.client()
    assert dump(client) == expected
    client.bgrewriteaof()
    until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    until(lambda: client.info("persistence")["aof_rewrites"] >= 1)
    assert client.info("persistence")["aof_last_bgrewrite_status"] == "ok"
    add(client, "later")
    client.execute_command("FT.SUGDEL", "s", "help")
    expected = dump(client)
    server.restart(*options)
    assert dump(server.client()) == expected
    assert length(server.client()) == 4


def test_a_replica_has_the_same_suggestions(new_server, server, client):
    before = fill(client)
    replica = new_server().start()
    reader = replica.client()
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    assert dump(reader) == before
    add(client, "more", 2)
    add(client, "more", 2, "INCR")
    client.execute_command("FT.SUGDEL", "s", "Hello")
    add(client, "x", key="gone")
    client.execute_command("FT.SUGDEL", "gone", "x")
    client.wait(1, 5000)
    until(lambda: dump(reader) == dump(client))
    assert get(reader, "mor", "WITHSCORES") == get(client, "mor", "WITHSCORES")
    assert not reader.exists("gone")
    with pytest.raises(redis.ReadOnlyError):
        add(reader, "own")


def test_copy_dump_restore_and_rename_carry_suggestions(client):
    expected = fill(client)
    assert client.copy("s", "copied")
    add(client, "only here")
    assert dump(client, "copied") == expected
    dumped = client.dump("copied")
    client.restore("restored", 0, dumped)
    assert dump(client, "restored") == expected
    client.rename("restored", "renamed")
    assert dump(client, "renamed") == expected
    assert length(client, "restored") == 0
    assert length(client) == 5


def test_a_damaged_dump_is_refused(client):
    fill(client)
    dumped = client.dump("s")
    for position in range(0, len(dumped), 7):
        damaged = bytearray(dumped)
        damaged[position] ^= 0x10
        with pytest.raises(redis.ResponseError):
            client.restore("damaged", 0, bytes(damaged))
    assert not client.exists("damaged")
    assert info(client)["panics"] == 0


def test_a_damaged_snapshot_is_no_crash(new_server):
    options = ("--save", "1000 1000", "--rdbchecksum", "no", "--rdbcompression", "no")
    server = new_server().start(*options)
    client = server.client()
    fill(client)
    client.save()
    server.stop()
    snapshot = server.directory / "dump.rdb"
    saved = snapshot.read_bytes()
    assert saved.count(b"hello world") == 1
    snapshot.write_bytes(saved.replace(b"hello world", b"jello world"))
    server.start(*options, wait=False)
    server.process.wait(20)
    assert "a key of suggestions is damaged: its checksum does not match" in server.log_text()
    assert "BUG REPORT" not in server.log_text()


def test_keys_of_suggestions_have_a_type_memory_and_time_to_live(client):
    fill(client)
    assert as_text(client.type("s")) == "nuthatsug"
    small = client.memory_usage("s")
    used = client.info("memory")["used_memory"]
    for number in range(5_000):
        add(client, f"text {number}", 1, "PAYLOAD", "p" * 20, key="large")
    large = client.memory_usage("large")
    assert small < 3_000
    grown = client.info("memory")["used_memory"] - used
    assert grown / 2 < large < grown * 2, (grown, large)
    client.unlink("large")
    until(lambda: client.info("memory")["used_memory"] < used + grown / 4)
    client.pexpire("s", 20)
    until(lambda: not client.exists("s"))
    assert length(client) == 0
    add(client, "new")
    assert length(client) == 1


def test_other_types_are_refused_both_ways(client):
    client.set("text", "x")
    client.hset("hash", "a", "1")
    fill(client)
    for key in ("text", "hash"):
        for command in (
            ("FT.SUGADD", key, "a", 1),
            ("FT.SUGGET", key, "a"),
            ("FT.SUGDEL", key, "a"),
            ("FT.SUGLEN", key),
        ):
            with pytest.raises(redis.ResponseError, match=WRONG_TYPE):
                client.execute_command(*command)
    with pytest.raises(redis.ResponseError, match=WRONG_TYPE):
        client.get("s")
    assert client.get("text") == b"x"
    client.set("s", "now a text")
    with pytest.raises(redis.ResponseError, match=WRONG_TYPE):
        length(client)


def test_digests_tell_whether_suggestions_are_the_same(client):
    def digest(key):
        return client.execute_command("DEBUG", "DIGEST-VALUE", key)[0]

    fill(client, "a")
    for text in ("help", "hello world", "Hello", "hélène"):
        client.execute_command("FT.SUGDEL", "a", text)
    fill(client, "a")
    fill(client, "b")
    assert digest("a") == digest("b")
    add(client, "Hello", 2, key="b")
    assert digest("a") != digest("b")


def test_suggestions_are_found_by_access_control_and_transactions(client, server):
    client.execute_command("ACL", "SETUSER", "writer", "on", "nopass", "+@all", "~mine:*")
    writer = server.client(username="writer", password="x")
    assert add(writer, "a", key="mine:s") == 1
    with pytest.raises(redis.exceptions.NoPermissionError):
        add(writer, "a", key="other")
    with pytest.raises(redis.exceptions.NoPermissionError):
        get(writer, "a", key="other")
    # A change of the key ends a transaction that watches it.
    pipeline = client.pipeline(transaction=True)
    pipeline.watch("mine:s")
    add(writer, "b", key="mine:s")
    pipeline.multi()
    pipeline.ping()
    with pytest.raises(redis.WatchError):
        pipeline.execute()


def test_flushes_and_swaps_take_suggestions_along(server, client):
    fill(client)
    client.swapdb(0, 1)
    second = server.client(db=1)
    assert length(client) == 0
    assert length(second) == 4
    second.flushdb()
    assert length(second) == 0


def words(client, dictionary="d"):
    return sorted(as_text(word) for word in client.execute_command("FT.DICTDUMP", dictionary))


def test_dictionaries_outlive_a_restart_and_stay_in_their_database(new_server):
    server = new_server().start("--save", "1000 1000")
    client, second = server.client(), server.client(db=2)
    client.execute_command("FT.DICTADD", "d", "one", b"\xff\x00", "ünïcode")
    second.execute_command("FT.DICTADD", "d", "two")
    create(second)
    second.hset("d:1", mapping=document(text="tow"))
    client.execute_command("DEBUG", "RELOAD")
    server.restart("--save", "1000 1000")
    client, second = server.client(), server.client(db=2)
    dumped = client.execute_command("FT.DICTDUMP", "d")
    assert sorted(dumped) == sorted([b"one", b"\xff\x00", "ünïcode".encode()])
    assert words(second) == ["two"]
    assert second.execute_command("FT.SPELLCHECK", "idx", "twoo", "TERMS", "INCLUDE", "d")
    client.swapdb(0, 2)
    assert words(client) == ["two"]
    client.flushdb()
    assert words(client) == []
    assert len(server.client(db=2).execute_command("FT.DICTDUMP", "d")) == 3


def test_dictionaries_are_replicated_and_in_the_append_only_file(new_server):
    options = ("--appendonly", "yes")
    server = new_server().start(*options)
    client = server.client()
    client.execute_command("FT.DICTADD", "d", "early")
    replica = new_server().start()
    reader = replica.client()
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    assert words(reader) == ["early"]
    client.execute_command("FT.DICTADD", "d", "late", "wrong")
    client.execute_command("FT.DICTDEL", "d", "wrong")
    client.wait(1, 5000)
    until(lambda: words(reader) == ["early", "late"])
    with pytest.raises(redis.ReadOnlyError):
        reader.execute_command("FT.DICTADD", "d", "own")
    server.restart(*options)
    client = server.client()
    assert words(client) == ["early", "late"]
    client.bgrewriteaof()
    until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    server.restart(*options)
    assert words(server.client()) == ["early", "late"]
