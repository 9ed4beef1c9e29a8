"""Hashes that refer to the vectors of indexes: whatever happens to keys and indexes, every field is what its
client wrote, also when rows of the index have been used again since."""

import os
import random
import struct

import pytest
import redis
from conftest import until

DIMENSIONS = 64
SHARING = ("SHAREVECTORS", "YES")
NAMES = [f"d:{number}" for number in range(40)]
OUTSIDE = [f"o:{number}" for number in range(10)]


def vector(source):
    return struct.pack(f"<{DIMENSIONS}f", *(source.gauss(0, 1) for _ in range(DIMENSIONS)))


def create(client, name="i", *options, prefix="d:", algorithm="HNSW"):
    field = ("v", "VECTOR", algorithm, "6", "TYPE", "FLOAT32", "DIM", str(DIMENSIONS), "DISTANCE_METRIC", "L2")
    client.execute_command("FT.CREATE", name, "ON", "HASH", "PREFIX", "1", prefix, *options, "SCHEMA", *field, "t", "TAG")


def shared(client):
    """Bytes that hashes share with indexes."""
    return int(client.info("everything")["search_shared_vector_bytes"])


def settled(client, size=None):
    """Waits until no vector is left to be shared, or no longer; `size` is how many are then."""
    if size is not None:
        until(lambda: shared(client) == size * DIMENSIONS * 4)
        return
    last = [None]

    def same():
        before, last[0] = last[0], shared(client)
        return before == last[0]

    until(same)


def fill(client, source, keys=NAMES):
    model = {}
    for key in keys:
        model[key] = {b"v": vector(source), b"t": b"x"}
        client.hset(key, mapping=model[key])
    return model


def assert_holds(client, model):
    for key, fields in model.items():
        assert client.hgetall(key) == fields, key


def churn(client, source, model):
    """Every row that can be used again is used again, by other vectors."""
    for _ in range(4):
        for number in range(60):
            client.hset(f"d:churn{number}", mapping={"v": vector(source), "t": "y"})
        assert_holds(client, model)
        client.delete(*(f"d:churn{number}" for number in range(60)))
        client.execute_command("FT.SEARCH", "i2", "*", "LIMIT", "0", "0")
    assert_holds(client, model)


def hexpire(client, key, millis):
    return client.execute_command("HPEXPIRE", key, millis, "FIELDS", 1, "v")


def expired_field(client, model):
    hexpire(client, "d:0", 5)
    del model["d:0"][b"v"]
    until(lambda: client.hget("d:0", "v") is None)
    client.hset("d:0", "t", "z")
    model["d:0"][b"t"] = b"z"


def persisted_field(client, model):
    hexpire(client, "d:0", 100_000)
    client.hset("d:1", "t", "q")
    model["d:1"][b"t"] = b"q"
    client.execute_command("HPERSIST", "d:0", "FIELDS", 1, "v")


def time_to_live_stays(client, model):
    hexpire(client, "d:0", 100_000)
    client.rename("d:0", "o:0")
    model["o:0"] = model.pop("d:0")
    assert client.execute_command("HPTTL", "o:0", "FIELDS", 1, "v")[0] > 90_000


def renamed_over(client, model):
    client.rename("d:0", "d:1")
    model["d:1"] = model.pop("d:0")


def renamed_away(client, model):
    client.rename("d:0", "o:0")
    model["o:0"] = model.pop("d:0")


def renamed_back(client, model):
    client.rename("d:0", "o:0")
    client.hset("d:0", mapping=model["d:1"])
    client.rename("o:0", "d:1")
    model["d:0"], model["d:1"] = model["d:1"], model["d:0"]


def copied(client, model):
    for target in ("o:0", "d:1"):
        client.copy("d:0", target, replace=True)
        model[target] = dict(model["d:0"])
    client.delete("d:0")
    del model["d:0"]


def dumped(client, model):
    for target in ("o:0", "d:1"):
        client.restore(target, 0, client.dump("d:0"), replace=True)
        model[target] = dict(model["d:0"])


def overwritten(client, model):
    client.hset("d:0", "v", model["d:1"][b"v"])
    model["d:0"][b"v"] = model["d:1"][b"v"]
    client.hset("d:2", "v", model["d:2"][b"v"])
    client.hset("d:3", "v", b"short")
    model["d:3"][b"v"] = b"short"


def negative_zero(client, model):
    zeros, others = bytes(DIMENSIONS * 4), struct.pack("<f", -0.0) * DIMENSIONS
    for value in (zeros, others, zeros, others):
        client.hset("d:0", "v", value)
        assert client.hget("d:0", "v") == value
    model["d:0"][b"v"] = others


def removed(client, model):
    client.hdel("d:0", "v")
    del model["d:0"][b"v"]
    client.hdel("d:1", "v", "t")
    client.unlink("d:2")
    client.delete("d:3")
    client.set("d:4", "text")
    client.pexpire("d:5", 1)
    client.expire("d:6", -1)
    for key in ("d:1", "d:2", "d:3", "d:4", "d:5", "d:6"):
        del model[key]


def counted(client, model):
    with pytest.raises(redis.ResponseError):
        client.hincrby("d:0", "v", 1)
    client.hset("d:1", "n", 1)
    client.hincrby("d:1", "n", 4)
    model["d:1"][b"n"] = b"5"


def scripted(client, model):
    client.eval("redis.call('RENAME', 'd:0', 'o:0'); redis.call('HSET', 'd:0', 'v', ARGV[1], 't', 'x')", 0, model["d:1"][b"v"])
    model["o:0"], model["d:0"] = model["d:0"], dict(model["d:1"])
    with client.pipeline(transaction=True) as pipe:
        pipe.rename("d:2", "o:2")
        pipe.execute_command("FT.SEARCH", "i", "*", "LIMIT", "0", "0")
        pipe.rename("o:2", "d:3")
        pipe.execute()
    model["d:3"] = model.pop("d:2")


def dropped(client, model):
    client.execute_command("FT.DROPINDEX", "i")
    client.rename("d:0", "d:1")
    client.rename("d:2", "o:2")
    client.delete("d:3")
    model["d:1"], model["o:2"] = model.pop("d:0"), model.pop("d:2")
    del model["d:3"]
    settled(client, 0)
    create(client)


def dropped_with_documents(client, model):
    client.execute_command("FT.DROPINDEX", "i", "DD")
    model.clear()
    settled(client, 0)
    create(client)


def dropped_for_another(client, model):
    create(client, "j")
    settled(client, len(model))
    client.execute_command("FT.DROPINDEX", "i")
    settled(client, len(model))
    create(client)


def switched_off(client, model):
    client.config_set("search.sharevectors", "no")
    settled(client, 0)
    client.config_set("search.sharevectors", "yes")
    settled(client, len(model))
    client.execute_command("FT.CONFIG", "SET", "SHAREVECTORS", "NO")
    client.rename("d:0", "o:0")
    model["o:0"] = model.pop("d:0")
    settled(client, 0)


def emptied(client, model):
    """The last document leaves the index, and with it all memory of that."""
    for key in list(model):
        client.rename(key, key.replace("d:", "o:"))
        model[key.replace("d:", "o:")] = model.pop(key)
    settled(client, 0)


def reloaded(client, model):
    client.execute_command("DEBUG", "RELOAD")
    settled(client, len(model))
    renamed_away(client, model)


EVENTS = [
    expired_field, persisted_field, time_to_live_stays, renamed_over, renamed_away, renamed_back, copied, dumped,
    overwritten, negative_zero, removed, counted, scripted, dropped, dropped_with_documents, dropped_for_another,
    switched_off, emptied, reloaded,
]  # fmt: skip


@pytest.mark.parametrize("algorithm", ["FLAT", "HNSW"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_fields_are_what_was_written(sharing, event, algorithm):
    client, source = sharing.client(), random.Random(1)
    create(client, algorithm=algorithm)
    create(client, "i2", prefix="d:churn", algorithm=algorithm)
    model = fill(client, source)
    settled(client, len(NAMES))
    event(client, model)
    churn(client, source, model)
    client.config_set("search.sharevectors", "no")
    settled(client, 0)
    assert_holds(client, model)


def test_a_condition_that_a_document_no_longer_meets(sharing):
    client, source = sharing.client(), random.Random(2)
    create(client, "i", "FILTER", "@t=='x'")
    create(client, "i2", prefix="d:churn")
    model = fill(client, source)
    settled(client, len(NAMES))
    for key in NAMES[:20]:
        client.hset(key, "t", "other")
        model[key][b"t"] = b"other"
    settled(client, len(NAMES) - 20)
    churn(client, source, model)


def test_databases_that_are_flushed_exchanged_and_moved_between(sharing):
    client, other, source = sharing.client(), sharing.client(db=1), random.Random(3)
    create(client)
    model = fill(client, source)
    settled(client, len(NAMES))
    moved = {key: model.pop(key) for key in NAMES[:10]}
    for key in moved:
        client.move(key, 1)
    settled(client, len(model))
    create(other)
    settled(client, len(model) + len(moved))
    client.swapdb(0, 1)
    assert_holds(client, moved)
    assert_holds(other, model)
    client.rename(NAMES[0], "o:0")
    moved["o:0"] = moved.pop(NAMES[0])
    other.flushdb(asynchronous=True)
    settled(client, len(moved) - 1)
    churned = {}
    create(client, "i2", prefix="d:churn")
    churn(client, source, moved | churned)


def test_it_is_nobodys_business(sharing):
    """Neither events, nor those who watch keys, nor replication tell of it."""
    client, source = sharing.client(), random.Random(4)
    client.config_set("search.sharevectors", "no")
    create(client)
    model = fill(client, source)
    client.config_set("notify-keyspace-events", "KEA")
    listener = client.pubsub()
    listener.psubscribe("__key*__:*")
    assert listener.get_message(timeout=5)["type"] == "psubscribe"
    pipe = client.pipeline()
    pipe.watch(*NAMES)
    changes = client.info("persistence")["rdb_changes_since_last_save"]
    client.config_set("search.sharevectors", "yes")
    settled(client, len(NAMES))
    client.config_set("search.sharevectors", "no")
    settled(client, 0)
    pipe.multi()
    pipe.ping()
    assert pipe.execute() == [True]
    assert listener.get_message(timeout=0.2) is None
    assert client.info("persistence")["rdb_changes_since_last_save"] == changes
    assert_holds(client, model)


def test_the_server_counts_vectors_once(sharing):
    client, source = sharing.client(), random.Random(5)
    create(client)
    keys = [f"d:{number}" for number in range(3_000)]
    fill(client, source, keys)
    settled(client, len(keys))
    once = client.info("memory")["used_memory"]
    info = client.execute_command("FT.INFO", "i")
    entries = dict(zip(info[::2], info[1::2], strict=True))
    assert float(entries[b"shared_vectors_sz_mb"]) == pytest.approx(len(keys) * DIMENSIONS * 4 / (1 << 20))
    client.config_set("search.sharevectors", "no")
    settled(client, 0)
    twice = client.info("memory")["used_memory"]
    assert twice - once > len(keys) * DIMENSIONS * 4 * 0.8


def test_files_and_replicas_have_what_was_written(sharing, new_server):
    client, source = sharing.client(), random.Random(6)
    create(client)
    model = fill(client, source)
    settled(client, len(NAMES))
    replica = new_server().start("--replicaof", "127.0.0.1", str(sharing.port), module=SHARING)
    until(lambda: replica.client().info("replication").get("master_link_status") == "up")
    until(lambda: replica.client().dbsize() == len(model))
    settled(replica.client(), len(model))
    renamed_away(client, model)
    client.hset("d:1", "v", model["d:2"][b"v"])
    model["d:1"][b"v"] = model["d:2"][b"v"]
    client.wait(1, 5_000)
    assert_holds(replica.client(), model)
    client.bgsave()
    fill(client, source, [f"d:more{number}" for number in range(50)])
    client.delete(*(f"d:more{number}" for number in range(50)))
    until(lambda: not client.info("persistence")["rdb_bgsave_in_progress"])
    client.config_set("appendonly", "yes")
    until(lambda: client.info("persistence")["aof_enabled"] and not client.info("persistence")["aof_rewrite_in_progress"])
    client.bgrewriteaof()
    until(lambda: not client.info("persistence")["aof_rewrite_in_progress"])
    client.save()
    sharing.shut_down()
    sharing.start("--appendonly", "yes", module=SHARING)
    assert_holds(sharing.client(), model)
    settled(sharing.client(), len(model) - 1)
    sharing.client().config_set("appendonly", "no")
    sharing.client().save()
    sharing.shut_down()
    sharing.start("--save", "3600 1", module=SHARING)
    settled(sharing.client(), len(model) - 1)
    sharing.client().execute_command("FT.DROPINDEX", "i")
    sharing.shut_down()
    without = new_server()
    os.rename(sharing.directory / "dump.rdb", without.directory / "dump.rdb")
    without.start(module=None)
    assert_holds(without.client(), model)
    sharing.start()
