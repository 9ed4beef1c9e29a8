"""Queries on workers: other clients are served meanwhile, and every answer is of one moment."""

import threading

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from conftest import until

DOCUMENTS = 300


@pytest.fixture
def server(new_server):
    """A server all of whose queries go to its one worker."""
    server = new_server().start(
        module=["WORKERS", "1", "INLINECOST", "0", "MAXQUEUEDQUERIES", "2", "TIMEOUT", "0"]
    )
    client = server.client()
    client.execute_command(
        *"FT.CREATE i PREFIX 1 d: SCHEMA t TEXT n NUMERIC SORTABLE g TAG p GEO".split(),
        *"v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2".split(),
    )
    with client.pipeline(transaction=False) as pipe:
        for number in range(DOCUMENTS):
            pipe.hset(f"d:{number}", mapping=fields(number))
        pipe.execute()
    return server


def fields(number):
    return {
        "t": f"fox number{number}",
        "n": number,
        "g": f"g{number % 7}",
        "p": f"{number % 90},{number % 40}",
        "v": b"\0\0\x80?" + b"\0\0\0@",
    }


def searching(client):
    info = client.info("search")
    return info["search_queries_queued"] + info["search_queries_running"]


class Asking:
    """A command under way on a connection of its own."""

    def __init__(self, server, *command):
        once = Retry(NoBackoff(), 0)
        self.client = server.client(single_connection_client=True, retry=once)
        self.reply = None
        self.command = command
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            self.reply = self.client.execute_command(*self.command)
        except redis.RedisError as error:
            self.reply = error

    def answer(self):
        self.thread.join(20)
        assert not self.thread.is_alive(), "there is no reply"
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


def queued(client, count):
    """The first is a task of `NUTHATCH.STALL`."""
    until(lambda: searching(client) == 1 + count)


@pytest.fixture
def stalled(server):
    client = server.client()
    assert client.execute_command("NUTHATCH.STALL") == 1
    until(lambda: client.info("search")["search_queries_running"] == 1)
    yield server
    client.execute_command("NUTHATCH.RESUME")


def test_others_are_served_while_a_query_is_under_way(stalled):
    client = stalled.client()
    query = Asking(stalled, "FT.SEARCH", "i", "fox", "LIMIT", "0", "0")
    queued(client, 1)
    client.set("k", "v")
    answers = [(client.ping(), client.get("k")) for _ in range(200)]
    assert answers == [(True, b"v")] * 200
    assert query.thread.is_alive()
    client.execute_command("NUTHATCH.RESUME")
    assert query.answer() == [DOCUMENTS]


def test_a_query_sees_what_there_was_when_it_came(stalled):
    client = stalled.client()
    count = Asking(stalled, "FT.SEARCH", "i", "@n:[0 99]", "LIMIT", "0", "0")
    queued(client, 1)
    page = Asking(stalled, *"FT.SEARCH i fox SORTBY n LIMIT 0 3 RETURN 1 n".split())
    queued(client, 2)
    client.delete("d:1")
    client.hset("d:2", "n", 1000)
    client.hset("d:1000", mapping=fields(50))
    client.execute_command("NUTHATCH.RESUME")
    assert count.answer() == [100]
    # A document that is gone by now is not shown, and one that has changed is shown as it is.
    assert page.answer() == [DOCUMENTS - 1, b"d:0", [b"n", b"0"], b"d:2", [b"n", b"1000"]]
    now = client.execute_command("FT.SEARCH", "i", "@n:[0 99]", "LIMIT", "0", "0")
    assert now == [99]


def test_hybrid_searches_and_profiles_wait_for_a_worker_too(stalled):
    client = stalled.client()
    legs = "SEARCH @n:[0,9] VSIM @v $q KNN 2 K 5 COMBINE RRF 2 WINDOW 400 LIMIT 0 400".split()
    tail = ["PARAMS", "2", "q", fields(0)["v"]]
    hybrid = Asking(stalled, "FT.HYBRID", "i", *legs, *tail)
    queued(client, 1)
    profile = Asking(stalled, *"FT.PROFILE i AGGREGATE QUERY * GROUPBY 1 @g".split())
    queued(client, 2)
    client.delete("d:1")
    client.execute_command("NUTHATCH.RESUME")
    answer = hybrid.answer()
    assert answer[answer.index(b"total_results") + 1] == 10
    rows, profiled = profile.answer()
    assert rows[0] == 7 and b"Workers queue time" in profiled[1][0]


def test_a_client_that_goes_away_cancels_its_query(stalled):
    client = stalled.client()
    query = Asking(stalled, "FT.SEARCH", "i", "fox")
    queued(client, 1)
    number = client.info("search")["search_queries_cancelled"]
    for other in client.client_list():
        if other["cmd"].lower() == "ft.search":
            client.client_kill_filter(_id=other["id"])
    until(lambda: client.info("search")["search_queries_cancelled"] == number + 1)
    with pytest.raises(redis.RedisError):
        query.answer()
    client.execute_command("NUTHATCH.RESUME")
    until(lambda: searching(client) == 0)
    assert client.execute_command("FT.SEARCH", "i", "fox", "LIMIT", "0", "0") == [DOCUMENTS]


def test_too_many_queries_are_refused(stalled):
    client = stalled.client()
    queries = []
    for number in range(1, 3):
        queries.append(Asking(stalled, "FT.SEARCH", "i", "fox", "LIMIT", "0", "0"))
        queued(client, number)
    with pytest.raises(redis.ResponseError, match="SEARCH_OVERLOAD 2 queries wait"):
        client.execute_command("FT.SEARCH", "i", "fox")
    with pytest.raises(redis.ResponseError, match="SEARCH_OVERLOAD"):
        client.execute_command(*"FT.AGGREGATE i * GROUPBY 1 @g".split())
    client.execute_command("NUTHATCH.RESUME")
    assert [query.answer() for query in queries] == [[DOCUMENTS]] * 2


def test_transactions_scripts_and_their_writes(stalled):
    """They cannot wait for a worker, and read what they wrote."""
    client = stalled.client()
    search = "FT.SEARCH i zebra LIMIT 0 0".split()
    with client.pipeline(transaction=True) as pipe:
        pipe.hset("d:z", "t", "zebra")
        pipe.execute_command(*search)
        pipe.delete("d:z")
        pipe.execute_command(*search)
        assert pipe.execute() == [1, [1], 1, [0]]
    script = """
        redis.call('HSET', 'd:z', 't', 'zebra')
        local found = redis.call('FT.SEARCH', 'i', 'zebra', 'LIMIT', '0', '0')
        redis.call('DEL', 'd:z')
        return {found[1], redis.call('FT.SEARCH', 'i', 'zebra', 'LIMIT', '0', '0')[1]}
    """
    assert client.eval(script, 0) == [1, 0]


@pytest.mark.parametrize("change", ["FLUSHALL", "FT.DROPINDEX i", "FT.DROPINDEX i DD", "SWAPDB 0 1"])
def test_what_becomes_of_the_index_meanwhile(stalled, change):
    client = stalled.client()
    count = Asking(stalled, *"FT.SEARCH i fox LIMIT 0 0".split())
    queued(client, 1)
    page = Asking(stalled, *"FT.SEARCH i fox LIMIT 0 2 RETURN 1 n".split())
    queued(client, 2)
    if change.startswith("SWAPDB"):
        stalled.client(db=1).hset("d:0", "n", "another")
    client.execute_command(*change.split())
    client.execute_command("NUTHATCH.RESUME")
    assert count.answer() == [DOCUMENTS]
    shown = page.answer()
    if change in ("FLUSHALL", "FT.DROPINDEX i DD"):
        assert len(shown) == 1
    else:
        assert shown == [DOCUMENTS, b"d:0", [b"n", b"0"], b"d:1", [b"n", b"1"]]
    assert client.ping()


@pytest.mark.parametrize("protocol", [2, 3])
def test_long_replies_are_those_of_short_ones(server, protocol):
    """More rows than the main thread reads in one go."""
    server.protocol = protocol
    client = server.client()
    for command in (
        "FT.SEARCH i fox SORTBY n LIMIT 0 {count} WITHSORTKEYS",
        "FT.SEARCH i fox SORTBY n LIMIT 0 {count} RETURN 2 t n",
        "FT.SEARCH i fox SORTBY n LIMIT 0 {count} NOCONTENT",
        "FT.SEARCH i fox SORTBY t LIMIT 0 {count} NOCONTENT",
        "FT.AGGREGATE i * LOAD 2 @__key @t SORTBY 2 @n ASC LIMIT 0 {count}",
        "FT.AGGREGATE i * LOAD * SORTBY 2 @n ASC LIMIT 0 {count}",
        "FT.AGGREGATE i * GROUPBY 1 @t REDUCE SUM 1 @n AS s SORTBY 2 @s ASC LIMIT 0 {count}",
    ):
        replies = [client.execute_command(*command.format(count=250).split())]
        with client.pipeline(transaction=True) as pipe:
            pipe.execute_command(*command.format(count=250).split())
            replies += pipe.execute()
        assert replies[0] == replies[1], command


def test_every_kind_of_clause_finds_the_same_as_at_once(server):
    client = server.client()
    blob = b"\0\0\x80?" * 2
    params = ["PARAMS", "2", "b", blob, "DIALECT", "2", "NOCONTENT", "LIMIT", "0", "10"]
    queries = (
        "fox",
        "number7|number8",
        "-number7",
        "@n:[10 20]",
        "@g:{g1|g2} fox",
        "@p:[10 10 500 km]",
        "@p:[10 10 500000 km]",
        '"fox number7"',
        "fo*",
        "~number3 @n:[1 5]",
        "*=>[KNN 5 @v $b]",
        "@g:{g3}=>[KNN 5 @v $b]",
        "@v:[VECTOR_RANGE 5 $b] @n:[0 20]",
    )
    before = client.info("search")["search_queries_deferred"]
    for query in queries:
        command = ["FT.SEARCH", "i", query, *params]
        reply = client.execute_command(*command)
        with client.pipeline(transaction=True) as pipe:
            pipe.execute_command(*command)
            assert pipe.execute() == [reply], query
        assert reply[0] > 0, query
    after = client.info("search")["search_queries_deferred"]
    assert after == before + len(queries)


def test_cursors_are_read_by_workers(server):
    client = server.client()
    rows, cursor = client.execute_command(
        *"FT.AGGREGATE i * LOAD 1 @t WITHCURSOR COUNT 100".split()
    )
    seen = len(rows) - 1
    while cursor:
        rows, cursor = client.execute_command("FT.CURSOR", "READ", "i", cursor)
        seen += len(rows) - 1
    assert seen == DOCUMENTS


def test_queries_while_keys_are_written(server):
    """Pairs of documents are written together, so that every answer has an even number of them."""
    ended = threading.Event()

    def write():
        client = server.client()
        number = 0
        while not ended.is_set():
            number += 1
            with client.pipeline(transaction=True) as pipe:
                for half in "ab":
                    pipe.hset(f"d:{half}{number % 50}", mapping={"t": "pair", "n": number})
                pipe.execute()
            with client.pipeline(transaction=True) as pipe:
                for half in "ab":
                    pipe.delete(f"d:{half}{(number + 25) % 50}")
                pipe.execute()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        client = server.client()
        for _ in range(200):
            for query in ("pair", "pair @n:[1 +inf]", "pair -fox"):
                [count] = client.execute_command("FT.SEARCH", "i", query, "LIMIT", "0", "0")
                assert count % 2 == 0
    finally:
        ended.set()
        writer.join()
