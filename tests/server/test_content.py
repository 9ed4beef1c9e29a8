"""What indexes know of their documents comes with a snapshot, and is the same as if it had been indexed."""

import random
import shutil
import threading
import time

import pytest
import redis

from conftest import as_text, found, info, until, version
from test_documents import num_docs, percent

OPTIONS = ("--save", "1000 1000", "--rdbchecksum", "no", "--rdbcompression", "no")

FIELDS = (
    "t TEXT SORTABLE u TEXT WEIGHT 2 PHONETIC dm:en g TAG SORTABLE INDEXMISSING n NUMERIC SORTABLE "
    "place GEO shape GEOSHAPE FLAT v VECTOR FLAT 6 TYPE FLOAT32 DIM 1 DISTANCE_METRIC L2"
)

QUERIES = [
    ("*",),
    ("red",),
    ("running",),
    ("@u:(felix)=>{$phonetic: true}",),
    ('"red fox"',),
    ("f*", "SORTBY", "t"),
    ("@g:{a|b}", "SORTBY", "g", "DESC"),
    ("@n:[20 (55]", "SORTBY", "n"),
    ("@place:[10 1 800 km]",),
    ("@shape:[WITHIN $area]", "PARAMS", "2", "area", "POLYGON ((0 0, 0 4, 4 4, 4 0, 0 0))"),
    ("ismissing(@g)",),
    ("*=>[KNN 10000 @v $q]", "PARAMS", "2", "q", b"\0\0\0\0"),
    ("@v:[VECTOR_RANGE 1500 $q]", "PARAMS", "2", "q", b"\0\0\0\0"),
]


def create(client, index="idx", *options):
    return client.execute_command("FT.CREATE", index, "PREFIX", "1", "d:", *options, "SCHEMA", *FIELDS.split())


def fields(chance):
    words = "red fox running run felix phelix and the lazy dog jumps over it".split()
    held = {
        "t": " ".join(chance.choices(words, k=4)),
        "u": " ".join(chance.choices(words, k=2)),
        "g": chance.choice(["a", "b,A", "c", "d;e"]),
        "n": chance.choice([1, 22.5, 37, 50, -4, "x"]),
        "place": f"{chance.randrange(40)},1",
        "shape": f"POINT ({chance.randrange(7)} 1)",
        "v": bytes([0, 0, chance.randrange(256), 66]),
        "other": "x",
    }
    for name in chance.sample(sorted(held), 2):
        del held[name]
    return held or {"other": "x"}


def write(client, count, seed=1, of=500):
    chance = random.Random(seed)
    pipeline = client.pipeline(transaction=False)
    for _ in range(count):
        key = f"d:{chance.randrange(of)}"
        pipeline.delete(key)
        if chance.random() < 0.85:
            pipeline.hset(key, mapping=fields(chance))
    pipeline.set("d:no-hash", "x")
    pipeline.hset("elsewhere:1", "t", "red")
    pipeline.execute()


def answers(client, index="idx"):
    """What each query finds: keys with scores, sorted, for equal ones may come in another order."""
    said = []
    for text, *rest in QUERIES:
        reply = client.execute_command("FT.SEARCH", index, text, "NOCONTENT", "WITHSCORES", "LIMIT", "0", "10000", *rest)
        total, rows = reply[0], reply[1:]
        said.append((total, sorted(zip(map(as_text, rows[::2]), map(as_text, rows[1::2])))))
    return said


def assert_is_as_indexed_anew(client, index="idx"):
    """The index answers as one that read every key just now."""
    create(client, "anew")
    until(lambda: percent(client, "anew") == 1, seconds=60)
    assert num_docs(client, "anew") == num_docs(client, index)
    assert answers(client, index) == answers(client, "anew")
    client.execute_command("FT.DROPINDEX", "anew")


@pytest.mark.parametrize("way", ["snapshot", "reload", "log", "replica"])
def test_content_need_not_be_indexed_anew(new_server, way):
    options = ("--appendonly", "yes") if way == "log" else ("--save", "1000 1000")
    server = new_server().start(*options)
    client = server.client()
    create(client)
    create(server.client(db=2), "other")
    write(client, 1500)
    write(server.client(db=2), 50)
    count = num_docs(client)
    before = answers(client)
    if way == "snapshot":
        server.restart(*options)
    elif way == "reload":
        client.execute_command("DEBUG", "RELOAD")
    elif way == "log":
        client.bgrewriteaof()
        until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
        until(lambda: client.info("persistence")["aof_rewrites"] >= 1)
        client.hset("d:1", mapping={"t": "red"})
        count, before = num_docs(client), answers(client)
        server.restart(*options)
    else:
        replica = new_server().start()
        replica.client().replicaof("127.0.0.1", server.port)
        server = replica
        until(lambda: server.client().info("replication")["master_link_status"] == "up")
    client = server.client()
    assert num_docs(client) == count
    assert answers(client) == before
    second = num_docs(server.client(db=2), "other")
    told = info(client)
    if way != "log":
        assert told["rdb_documents_restored"] == count + second
    assert told["rdb_documents_restored"] > 300
    assert told["rdb_sections_refused"] == 0
    if way == "replica":
        client.replicaof("NO", "ONE")
    write(client, 700, seed=2)
    assert_is_as_indexed_anew(client)


def test_content_that_was_restored_is_saved_again(new_server):
    server = new_server().start(*OPTIONS)
    create(server.client())
    write(server.client(), 800)
    for seed in range(3):
        count = num_docs(server.client())
        server.restart(*OPTIONS)
        assert info(server.client())["rdb_documents_restored"] == count
        write(server.client(), 100, seed)
    assert_is_as_indexed_anew(server.client())


def test_keys_that_expire_while_the_server_is_down_are_no_documents(new_server):
    server = new_server().start(*OPTIONS)
    client = server.client()
    create(client)
    write(client, 800)
    count = num_docs(client)
    keys = [key for key in found(client, "*", "idx")][:40]
    for key in keys:
        client.pexpire(key, 1500)
    client.save()
    server.stop()
    time.sleep(1.6)
    client = server.start(*OPTIONS).client()
    assert num_docs(client) == count - 40
    assert not set(keys) & set(found(client, "*", "idx"))
    assert info(client)["rdb_documents_restored"] == count - 40
    assert_is_as_indexed_anew(client)


def test_fields_that_expire_while_the_server_is_down_are_not_found(new_server):
    server = new_server().start(*OPTIONS)
    client = server.client()
    try:
        client.hset("probe", "f", "1")
        client.execute_command("HPEXPIRE", "probe", "1", "FIELDS", "1", "f")
    except redis.ResponseError:
        pytest.skip("this server has no fields that expire")
    create(client)
    write(client, 200)
    client.hset("d:1", mapping={"g": "short", "t": "red"})
    client.execute_command("HPEXPIRE", "d:1", "1500", "FIELDS", "1", "g")
    assert found(client, "@g:{short}", "idx") == ["d:1"]
    client.save()
    server.stop()
    time.sleep(1.6)
    client = server.start(*OPTIONS).client()
    assert found(client, "@g:{short}", "idx") == []
    assert info(client)["rdb_documents_restored"] == 0
    assert_is_as_indexed_anew(client)


def test_damaged_content_is_indexed_anew_and_that_of_others_is_not(new_server):
    server = new_server().start(*OPTIONS)
    client = server.client()
    create(client)
    second = server.client(db=5)
    create(second, "other")
    write(client, 900)
    write(second, 90)
    expected, count = answers(client), num_docs(client)
    others = num_docs(second, "other")
    client.save()
    server.stop()
    snapshot = server.directory / "dump.rdb"
    whole = snapshot.read_bytes()
    # Definitions, and the content of each index.
    assert whole.count(b"NUTHATCH") == 3
    start = whole.index(b"NUTHATCH", whole.index(b"NUTHATCH") + 1)
    end = whole.index(b"NUTHATCH", start + 1)
    for place in (start, start + 9, start + 13, start + 30, (start + end) // 2, end - 40):
        snapshot.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        client = server.start(*OPTIONS).client()
        told = info(client)
        assert (told["rdb_sections_refused"], told["rdb_documents_restored"]) == (1, others)
        assert "is left out, and its keys are indexed anew" in server.log_text()
        assert num_docs(client) == count
        assert answers(client) == expected
        assert num_docs(server.client(db=5), "other") == others
        server.stop()


def test_a_setting_leaves_content_out(new_server):
    server = new_server().start(*OPTIONS)
    client = server.client()
    create(client)
    write(client, 300)
    client.save()
    snapshot = server.directory / "dump.rdb"
    whole = snapshot.stat().st_size
    client.execute_command("FT.CONFIG", "SET", "SAVECONTENT", "NO")
    client.save()
    assert snapshot.stat().st_size < whole - 5000
    expected = answers(client)
    client.execute_command("FT.CONFIG", "SET", "SAVECONTENT", "YES")
    client.save()
    server.stop()
    client = server.start(*OPTIONS, module=("SAVECONTENT", "NO")).client()
    told = info(client)
    assert (told["rdb_documents_restored"], told["rdb_sections_refused"]) == (0, 0)
    assert answers(client) == expected


def test_keys_that_a_reload_keeps_are_documents_too(server, client):
    if not version(client)[0]:
        pytest.skip("the options of DEBUG RELOAD differ")
    create(client)
    write(client, 200)
    client.save()
    client.hset("d:later", mapping={"t": "red", "g": "late"})
    client.hset("d:1", mapping={"g": "changed"})
    client.execute_command("DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE")
    until(lambda: percent(client, "idx") == 1, seconds=60)
    assert found(client, "@g:{late}", "idx") == ["d:later"]
    assert_is_as_indexed_anew(client)


def test_a_snapshot_amid_writes_has_the_content_of_its_keys(new_server):
    server = new_server().start(*OPTIONS)
    client = server.client()
    create(client)
    write(client, 3000, of=5000)
    stop = threading.Event()

    def keep_writing():
        writing = server.client()
        seed = 0
        while not stop.is_set():
            seed += 1
            write(writing, 50, seed, of=5000)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for _ in range(3):
            client.bgsave()
            until(lambda: client.info("persistence")["rdb_bgsave_in_progress"] == 0)
            assert client.info("persistence")["rdb_last_bgsave_status"] == "ok"
            other = new_server()
            shutil.copy(server.directory / "dump.rdb", other.directory / "dump.rdb")
            reader = other.start(*OPTIONS).client()
            told = info(reader)
            assert (told["rdb_documents_restored"], told["rdb_sections_refused"]) == (num_docs(reader), 0)
            assert_is_as_indexed_anew(reader)
            other.stop()
    finally:
        stop.set()
        writer.join()


def test_a_crash_while_a_snapshot_is_written_leaves_the_one_before(new_server):
    server = new_server().start(*OPTIONS)
    client = server.client()
    create(client)
    write(client, 800)
    client.save()
    count = num_docs(client)
    client.config_set("rdb-key-save-delay", "10000")
    write(client, 800, seed=5)
    client.bgsave()
    until(lambda: client.info("persistence")["rdb_bgsave_in_progress"] == 1)
    server.stop()
    client = server.start(*OPTIONS).client()
    assert num_docs(client) == count
    assert info(client)["rdb_documents_restored"] == count
    assert_is_as_indexed_anew(client)
