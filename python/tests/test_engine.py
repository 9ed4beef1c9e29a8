"""The engine in the process, from Python."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

import nuthatch
from nuthatch import Engine, Error


@pytest.fixture
def birds() -> Engine:
    engine = Engine()
    schema = ("name", "TEXT", "habitat", "TAG", "song", "VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 4)
    engine.execute("FT.CREATE", "birds", "PREFIX", 1, "bird:", "SCHEMA", *schema, "DISTANCE_METRIC", "L2")
    for number in range(50):
        engine.execute(
            *("HSET", f"bird:{number}", "name", "nuthatch", "habitat", "ab"[number % 2]),
            *("song", np.full(4, number, dtype=np.float32)),
        )
    return engine


def test_replies_are_those_of_redis_py_in_either_protocol() -> None:
    engine = Engine()
    assert engine.execute("HSET", "h", "a", "1") == 1
    assert engine.execute("HGETALL", b"h") == {b"a": b"1"}
    assert engine.execute("hget", "h", "none") is None
    assert engine.execute("PING") == b"PONG"
    assert Engine(protocol=2).execute("PING") == b"PONG"
    flat = Engine(protocol=2)
    flat.execute("HSET", "h", "a", "1")
    assert flat.execute("HGETALL", "h") == [b"a", b"1"]
    text = Engine(decode_responses=True)
    text.execute("HSET", "h", "a", "ä", "v", b"\xff\xfe")
    assert text.execute("HGETALL", "h") == {"a": "ä", "v": b"\xff\xfe"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("ä", "ä".encode()),
        (b"\x00\xff", b"\x00\xff"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"abcd")[1:3], b"bc"),
        (7, b"7"),
        (-(10**20), b"-100000000000000000000"),
        (0.1, b"0.1"),
        (1e300, b"1e300"),
        (np.float64(0.5), b"0.5"),
        (np.float32(0.5), b"0.5"),
        (np.int64(3), b"3"),
        (np.arange(3, dtype=np.int8), b"\x00\x01\x02"),
        (np.arange(6, dtype=np.int8).reshape(2, 3)[:, ::2], b"\x00\x02\x03\x05"),
    ],
)
def test_arguments_are_bytes_text_numbers_and_arrays(given: object, kept: bytes) -> None:
    engine = Engine()
    engine.execute("HSET", "h", "a", given)
    assert engine.execute("HGET", "h", "a") == kept


def test_other_arguments_are_refused_by_their_place() -> None:
    for bad in (None, True, object(), {"a": 1}):
        with pytest.raises(TypeError, match="argument 3 is of type"):
            Engine().execute("HSET", "h", "a", bad)
    with pytest.raises(TypeError, match="a command is missing"):
        Engine().execute()
    with pytest.raises(ValueError, match="protocol is 4: it must be 2 or 3"):
        Engine(protocol=4)


def test_errors_are_exceptions_with_the_engine_s_texts() -> None:
    engine = Engine()
    with pytest.raises(Error, match="SEARCH_INDEX_NOT_FOUND Index not found: birds"):
        engine.execute("FT.SEARCH", "birds", "*")
    with pytest.raises(Error, match="ERR unknown command 'GOPHER'"):
        engine.execute("GOPHER")
    replies = engine.execute_many([("PING",), ("GOPHER",), ("ECHO", "a")])
    assert replies[0] == b"PONG"
    assert replies[2] == b"a"
    assert isinstance(replies[1], Error)


def test_a_write_can_be_searched_at_once(birds: Engine) -> None:
    reply = birds.execute("FT.SEARCH", "birds", "nuthatch", "LIMIT", 0, 0)
    assert reply[b"total_results"] == 50
    birds.execute("DEL", "bird:0")
    assert birds.execute("FT.SEARCH", "birds", "nuthatch", "LIMIT", 0, 0)[b"total_results"] == 49


def test_neighbours_of_many_queries(birds: Engine) -> None:
    index = birds.index("birds")
    queries = np.array([[3, 3, 3, 3], [40.2, 40.2, 40.2, 40.2]], dtype=np.float32)
    found = index.knn(queries, 3)
    assert [keys[0] for keys in found.keys] == [b"bird:3", b"bird:40"]
    assert found.distances.shape == (2, 3)
    assert found.distances.dtype == np.float32
    assert found.distances[0].tolist() == [0.0, 4.0, 4.0]
    for threads in (1, 2, 5):
        again = index.knn(queries, 3, threads=threads)
        assert again.keys == found.keys
    # Other types are converted, one query needs no second dimension.
    assert index.knn([3, 3, 3, 3], 3).keys == found.keys[:1]
    assert index.knn(queries.astype(np.float64), 3).keys == found.keys
    assert index.knn(np.asfortranarray(queries), 3).keys == found.keys


def test_neighbours_among_those_that_match(birds: Engine) -> None:
    index = birds.index("birds")
    found = index.knn(np.full((1, 4), 3.0), 2, filter="@habitat:{$h}", params={"h": "a"})
    assert sorted(found.keys[0]) == [b"bird:2", b"bird:4"]
    none = index.knn(np.full((3, 4), 3.0), 2, filter="@habitat:{none}")
    assert none.keys == [[], [], []]
    assert none.distances.shape == (3, 0)
    huge = index.knn(np.full((1, 4), 3.0), 10**12)
    assert huge.distances.shape == (1, 50)
    assert index.knn(np.empty((0, 4)), 2).keys == []


def test_what_is_wrong_with_a_batch_is_named(birds: Engine) -> None:
    index = birds.index("birds")
    row = np.zeros((1, 4))
    for options, message in [
        ({"k": 0}, "k is 0"),
        ({"threads": 0}, "threads is 0"),
        ({"field": "name"}, "field is 'name': the vector fields of 'birds' are: song"),
    ]:
        with pytest.raises(ValueError, match=message):
            index.knn(row, **options)
    with pytest.raises(ValueError, match=r"shape \[2, 3\]: it must be \[n, 4\] or \[4\]"):
        index.knn(np.zeros((2, 3)))
    with pytest.raises(Error, match="SEARCH_SYNTAX"):
        index.knn(row, filter="@habitat:{")
    with pytest.raises(Error, match="must have no KNN clause"):
        index.knn(row, filter="*=>[KNN 1 @song $v]", params={"v": np.zeros(4, np.float32).tobytes()})
    with pytest.raises(Error, match="not a finite number"):
        index.knn(np.full((1, 4), np.nan))
    with pytest.raises(Error, match="Index not found: finches"):
        birds.index("finches")


@pytest.mark.parametrize("kind", ["FLOAT64", "FLOAT16", "INT8", "UINT8"])
def test_vectors_of_every_type_numpy_has(kind: str) -> None:
    engine = Engine()
    vector = ("VECTOR", "FLAT", 6, "TYPE", kind, "DIM", 2, "DISTANCE_METRIC", "L2")
    engine.execute("FT.CREATE", "i", "SCHEMA", "v", *vector)
    for number in range(5):
        engine.execute("HSET", f"d:{number}", "v", np.full(2, number, dtype=kind.lower()))
    assert engine.index("i").knn([[3, 3]], 1).keys == [[b"d:3"]]


def test_what_is_saved_is_loaded(birds: Engine, tmp_path) -> None:
    birds.save(tmp_path / "birds.nut")
    other = Engine()
    other.load(os.fspath(tmp_path / "birds.nut"))
    assert other.indexes() == ["birds"]
    assert other.index("birds").knn(np.full((1, 4), 7.0), 1).keys == [[b"bird:7"]]
    damaged = bytearray((tmp_path / "birds.nut").read_bytes())
    damaged[100] ^= 1
    (tmp_path / "bad.nut").write_bytes(damaged)
    with pytest.raises(Error, match="checksum does not match"):
        other.load(tmp_path / "bad.nut")
    assert other.indexes() == ["birds"]
    with pytest.raises(Error, match="cannot read"):
        other.load(tmp_path / "none.nut")
    with pytest.raises(Error, match="cannot write"):
        other.save(tmp_path / "no" / "folder.nut")


def test_threads_share_an_engine(birds: Engine) -> None:
    index = birds.index("birds")
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(50):
                key = f"bird:{number}-{turn}"
                birds.execute("HSET", key, "song", np.full(4, 1000 + number * 100 + turn, dtype=np.float32))
                found = index.knn(np.full((2, 4), 1000.0 + number * 100 + turn), 1)
                assert found.keys[0][0] == key.encode()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert birds.execute("DBSIZE") == 250


async def test_the_asynchronous_engine_is_the_same(birds: Engine, tmp_path) -> None:
    engine = nuthatch.AsyncEngine(birds)
    assert await engine.execute("DBSIZE") == 50
    assert (await engine.execute_many([("PING",)])) == [b"PONG"]
    found = await engine.knn("birds", np.full((1, 4), 3.0), 1)
    assert found.keys == [[b"bird:3"]]
    await engine.save(tmp_path / "a.nut")
    await engine.execute("FLUSHALL")
    await engine.load(tmp_path / "a.nut")
    assert await engine.execute("DBSIZE") == 50
    with pytest.raises(Error):
        await engine.execute("GOPHER")


def test_notebooks_show_tables(birds: Engine) -> None:
    birds.execute("HSET", "bird:<b>", "song", np.zeros(4, np.float32))
    assert "birds" in birds._repr_html_()
    assert "VECTOR" in birds.index("birds")._repr_html_()
    shown = birds.index("birds").knn(np.zeros((1, 4)), 2)._repr_html_()
    assert "bird:&lt;b&gt;" in shown
    assert "51 documents" in repr(birds.index("birds"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_leaves_the_engine_to_its_parent() -> None:
    engine = Engine()
    vector = ("v", "VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 2, "DISTANCE_METRIC", "L2")
    engine.execute("FT.CREATE", "i", "SCHEMA", *vector)
    # Its threads start with the first vector.
    engine.execute("HSET", "d", "v", np.ones(2, dtype=np.float32))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            engine.execute("PING")
        except Error as error:
            fresh = Engine().execute("PING") == b"PONG"
            status = 0 if fresh and "before the fork" in str(error) else 2
        # The last reference to it: nobody may wait for threads that are not here.
        del engine
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert engine.execute("PING") == b"PONG"
