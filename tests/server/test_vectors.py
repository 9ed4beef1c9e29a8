"""Vectors are written heavily, seen at once, and linked in the background whatever happens meanwhile."""

import random
import struct
import threading

import pytest
import redis

from conftest import as_text, info, until
from test_documents import num_docs

DIM = 24
BATCH = 200


@pytest.fixture
def server(new_server):
    """One with more threads that link than this machine may have cores, so that they meet."""
    running = new_server().start(module=("LINKERS", "4"))
    yield running
    assert running.process is None or running.process.poll() is None, running.log_text()


def create(client, index="idx", prefix="d:", algorithm="HNSW", options=()):
    definition = ["TYPE", "FLOAT32", "DIM", DIM, "DISTANCE_METRIC", "L2", *options]
    client.execute_command(
        "FT.CREATE", index, "PREFIX", 1, prefix, "SCHEMA",
        "v", "VECTOR", algorithm, len(definition), *definition,
        "g", "TAG",
    )


def vector(number):
    """Another one for each number, and always the same."""
    return random.Random(number).choices(range(-50, 50), k=DIM)


def blob(components):
    return struct.pack(f"<{DIM}f", *components)


def write(client, numbers, prefix="d:"):
    pipeline = client.pipeline(transaction=False)
    for number in numbers:
        pipeline.hset(f"{prefix}{number}", mapping={"v": blob(vector(number)), "g": "x"})
    pipeline.execute()


def nearest(client, number, index="idx", query="*", count=1):
    """The keys nearest to the vector of a number."""
    reply = client.execute_command(
        "FT.SEARCH", index, f"{query}=>[KNN {count} @v $q]", "PARAMS", 2, "q", blob(vector(number)),
        "NOCONTENT", "LIMIT", 0, count, "TIMEOUT", 0,
    )
    return [as_text(key) for key in reply[1:]]


def attributes(client, index="idx"):
    reply = client.execute_command("FT.INFO", index)
    fields = dict(zip(map(as_text, reply[::2]), reply[1::2]))
    first = [as_text(word) for word in fields["attributes"][0]]
    return dict(zip(first[::2], first[1::2]))


def linked(client):
    return info(client)["fresh_vectors"] == 0


def test_each_vector_is_found_as_soon_as_its_write_returns(server, client):
    create(client)
    create(client, "flat", algorithm="FLAT")
    reader = server.client()
    for start in range(0, 3_000, BATCH):
        write(client, range(start, start + BATCH))
        for number in (start, start + BATCH // 2, start + BATCH - 1):
            for index in ("idx", "flat"):
                assert nearest(reader, number, index) == [f"d:{number}"]
        moved, gone = start + 1, start + 2
        client.hset(f"d:{moved}", "v", blob(vector(-moved - 1)))
        client.delete(f"d:{gone}")
        for index in ("idx", "flat"):
            assert nearest(reader, -moved - 1, index) == [f"d:{moved}"]
            assert nearest(reader, moved, index) != [f"d:{moved}"]
            assert nearest(reader, gone, index) != [f"d:{gone}"]
    # The same when all are linked.
    until(lambda: linked(client), seconds=60)
    assert num_docs(client) == 3_000 - 3_000 // BATCH
    found = sum(nearest(reader, number) == [f"d:{number}"] for number in range(3, 3_000, 200))
    assert found >= 14, "of 15 vectors, 14 find themselves through the graph"
    assert len(nearest(reader, 5, query="@g:{x}", count=3_000)) == num_docs(client)
    assert info(client)["linker_panics"] == 0


def keep_writing(server, stop, failures):
    """Writes vectors over and over, until told to stop."""
    client = server.client()
    number = 0
    while not stop.is_set():
        try:
            write(client, range(number % 4_000, number % 4_000 + BATCH), prefix="w:")
        except redis.RedisError as error:
            failures.append(error)
            return
        number += BATCH


@pytest.fixture
def writing(server):
    """Vectors are written throughout the test."""
    stop, failures = threading.Event(), []
    writer = threading.Thread(target=keep_writing, args=(server, stop, failures))
    writer.start()
    yield
    stop.set()
    writer.join()
    assert failures == []


def test_indexes_come_and_go_while_their_vectors_are_linked(server, client, writing):
    for round_ in range(8):
        create(client, "w", prefix="w:")
        until(lambda: num_docs(client, "w") >= 400, seconds=60)
        if round_ % 2:
            client.execute_command("FT.DROPINDEX", "w")
        else:
            client.flushall()
    create(client, "last", prefix="w:")
    until(lambda: len(nearest(client, 7, "last", count=50)) == 50, seconds=60)
    assert info(client)["linker_panics"] == info(client)["panics"] == 0


def test_a_snapshot_is_written_while_vectors_are_linked(server, client, writing):
    create(client, "w", prefix="w:")
    for _ in range(3):
        client.bgsave()
        until(lambda: not client.info("persistence")["rdb_bgsave_in_progress"], seconds=60)
        assert client.info("persistence")["rdb_last_bgsave_status"] == "ok"
        assert (server.directory / "dump.rdb").exists()
        (server.directory / "dump.rdb").unlink()
    assert info(client)["linker_panics"] == 0


def test_a_server_ends_and_starts_again_while_vectors_are_linked(new_server):
    options = ("--save", "1000 1000")
    server = new_server().start(*options)
    client = server.client()
    create(client)
    create(client, "svs", algorithm="SVS-VAMANA", options=("COMPRESSION", "LVQ8"))
    create(client, "flat", algorithm="FLAT", options=("QUANTIZATION", "NONE"))
    write(client, range(2_000))
    client = server.restart(*options).client()
    for index in ("idx", "svs", "flat"):
        assert num_docs(client, index) == 2_000
        assert nearest(client, 1_234, index) == ["d:1234"]
    assert attributes(client, "svs")["algorithm"] == "SVS-VAMANA"
    assert attributes(client, "svs")["compression"] == "LVQ8"
    assert attributes(client, "flat")["quantization"] == "NONE"
    client.execute_command("DEBUG", "RELOAD")
    assert nearest(client, 1_234) == ["d:1234"]
    until(lambda: linked(client), seconds=60)


def test_a_replica_links_for_itself(new_server, server, client):
    replica = new_server().start()
    reader = replica.client()
    create(client)
    write(client, range(1_000))
    reader.replicaof("127.0.0.1", server.port)
    until(lambda: reader.info("replication")["master_link_status"] == "up")
    write(client, range(1_000, 1_500))
    client.wait(1, 5000)
    assert num_docs(reader) == 1_500
    assert nearest(reader, 1_400) == ["d:1400"]
    until(lambda: linked(reader), seconds=60)


def test_linkers_are_as_many_as_asked_for(new_server, client):
    assert info(client)["linkers"] == 4
    assert 1 <= info(new_server().start().client())["linkers"] <= 8


def test_without_linkers_a_vector_is_linked_when_its_write_returns(new_server):
    client = new_server().start(module=("linkers", "0")).client()
    create(client)
    write(client, range(300))
    fields = info(client)
    assert (fields["linkers"], fields["fresh_vectors"], fields["tombstones"]) == (0, 0, 0)
    assert nearest(client, 222) == ["d:222"]


def test_the_default_of_quantization_is_an_option_of_the_module(new_server):
    client = new_server().start(module=("QUANTIZATION", "none")).client()
    create(client)
    create(client, "own", options=("QUANTIZATION", "INT8"))
    assert attributes(client)["quantization"] == "NONE"
    assert attributes(client, "own")["quantization"] == "INT8"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("LINKERS", "many"), "whole number from 0 to 64"),
        (("QUANTIZATION", "INT4"), "AUTO or INT8 or NONE"),
        (("LINKERS",), "option LINKERS needs a value"),
    ],
)
def test_a_bad_option_says_what_is_valid(new_server, arguments, reason):
    server = new_server().start(module=arguments, wait=False)
    assert server.process.wait(20) != 0
    assert reason in server.log_text()
