"""redis-py on an engine in the process."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import nuthatch

redis = pytest.importorskip("redis")

from redis.commands.search.aggregation import AggregateRequest  # noqa: E402
from redis.commands.search.field import NumericField, TagField, TextField, VectorField  # noqa: E402
from redis.commands.search.query import Query  # noqa: E402
from redis.commands.search.reducers import count  # noqa: E402

try:
    from redis.commands.search.index_definition import IndexDefinition
except ImportError:  # Before redis-py 6.
    from redis.commands.search.indexDefinition import IndexDefinition

LEGACY: dict = {"legacy_responses": True} if redis.VERSION >= (8,) else {}
"""Replies of both protocols in the same shapes, as they are without asking before version 8."""

SCHEMA = (
    TextField("name"),
    TagField("habitat"),
    NumericField("length", sortable=True),
    VectorField("song", "FLAT", {"TYPE": "FLOAT32", "DIM": 2, "DISTANCE_METRIC": "L2"}),
)


def fill(client) -> None:
    client.ft("birds").create_index(SCHEMA, definition=IndexDefinition(prefix=["bird:"]))
    for number in range(6):
        song = np.full(2, number, dtype=np.float32).tobytes()
        habitat = "forest" if number % 2 else "park"
        mapping = {"name": f"nuthatch {number}", "habitat": habitat, "length": number, "song": song}
        client.hset(f"bird:{number}", mapping=mapping)


@pytest.mark.parametrize("protocol", [2, 3])
def test_the_builders_of_redis_py_work_without_a_server(protocol: int) -> None:
    client = nuthatch.embedded_client(protocol=protocol, **LEGACY)
    fill(client)
    query = Query("(@habitat:{forest})=>[KNN 2 @song $v AS distance]").sort_by("distance").dialect(2)
    song = np.zeros(2, dtype=np.float32).tobytes()
    found = client.ft("birds").search(query, query_params={"v": song})
    if protocol == 2:
        assert [bird.id for bird in found.docs] == ["bird:1", "bird:3"]
    request = AggregateRequest("*").group_by("@habitat", count().alias("n")).sort_by("@n")
    rows = client.ft("birds").aggregate(request)
    assert rows is not None
    info = client.ft("birds").info()
    # In RESP3 redis-py leaves names as they come.
    assert {info.get("index_name"), info.get(b"index_name")} & {"birds", b"birds"}
    assert client.ft("birds").dropindex(delete_documents=True) in ("OK", b"OK")
    assert client.dbsize() == 0


def test_hashes_keys_and_decoding() -> None:
    client = nuthatch.embedded_client(decode_responses=True)
    assert client.hset("h", mapping={"a": 1, "b": 2.5}) == 2
    assert client.hgetall("h") == {"a": "1", "b": "2.5"}
    assert client.hmget("h", "a", "c") == ["1", None]
    assert client.expire("h", 100) is True
    assert client.ttl("h") == 100
    assert client.type("h") == "hash"
    assert list(client.scan_iter("h*")) == ["h"]
    assert client.ping() is True
    assert client.delete("h") == 1
    with pytest.raises(redis.DataError):
        client.hset("h", "a", None)


def test_pipelines_and_transactions() -> None:
    client = nuthatch.embedded_client()
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hset("h", "a", 1)
        pipeline.execute_command("GOPHER")
        pipeline.hget("h", "a")
        replies = pipeline.execute(raise_on_error=False)
    assert replies[0] == 1
    assert isinstance(replies[1], redis.ResponseError)
    assert replies[2] == b"1"
    with client.pipeline() as pipeline:
        assert pipeline.hset("h", "b", 2).hgetall("h").execute() == [1, {b"a": b"1", b"b": b"2"}]
    with client.pipeline() as pipeline:
        pipeline.execute_command("GOPHER")
        with pytest.raises(redis.ResponseError, match="unknown command"):
            pipeline.execute()
    with client.pipeline() as pipeline, pytest.raises(redis.ResponseError, match="WATCH is not supported"):
        pipeline.watch("h")
    # The connection is as good as new.
    assert client.hget("h", "b") == b"2"


def test_errors_are_those_of_redis_py() -> None:
    client = nuthatch.embedded_client()
    with pytest.raises(redis.ResponseError, match="no such index"):
        client.ft("none").search("*")
    with pytest.raises(redis.ResponseError, match="DB index is out of range"):
        client.select(3)


def test_clients_share_an_engine_and_the_engine_stays_usable() -> None:
    engine = nuthatch.Engine()
    one, other = nuthatch.embedded_client(engine), nuthatch.embedded_client(engine, decode_responses=True)
    one.hset("h", "a", "b")
    assert other.hget("h", "a") == "b"
    assert engine.execute("HGET", "h", "a") == b"b"
    one.close()
    assert one.hget("h", "a") == b"b"


async def test_the_asynchronous_client() -> None:
    client = nuthatch.async_embedded_client(protocol=3, decode_responses=True)
    await client.ft("birds").create_index(SCHEMA, definition=IndexDefinition(prefix=["bird:"]))
    await asyncio.gather(*(client.hset(f"bird:{n}", mapping={"name": "nuthatch"}) for n in range(20)))
    found = await client.execute_command("FT.SEARCH", "birds", "nuthatch", "LIMIT", 0, 0)
    assert found["total_results"] == 20
    async with client.pipeline() as pipeline:
        replies = await pipeline.hset("h", "a", 1).hget("h", "a").execute()
    assert replies == [1, "1"]
    with pytest.raises(redis.ResponseError):
        await client.execute_command("GOPHER")
    await client.aclose()
