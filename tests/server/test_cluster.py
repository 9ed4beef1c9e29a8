"""Keys that move from one node of a cluster to another leave its indexes and enter those there."""

import random
import struct

import pytest

from conftest import free_port, until, version

DOCUMENTS = 300
SLOTS = 16_384


@pytest.fixture
def nodes(new_server):
    """Two nodes that know each other, of which the first has all slots."""
    servers = [new_server() for _ in range(2)]
    for server in servers:
        # Without it, the other port is ten thousand above this one, where there may be none.
        server.start("--cluster-enabled", "yes", "--cluster-port", str(free_port()), wait=False)
    for server in servers:
        server.wait_ready()
    first, second = [server.client() for server in servers]
    first.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, SLOTS - 1)
    bus = first.config_get("cluster-port")["cluster-port"]
    second.execute_command("CLUSTER", "MEET", "127.0.0.1", servers[0].port, bus)
    until(lambda: all(is_joined(client) for client in (first, second)))
    return servers


def is_joined(client):
    state = client.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in state and b"cluster_known_nodes:2" in state


def vector(number):
    drawn = random.Random(number)
    return struct.pack("<8f", *(drawn.random() for _ in range(8)))


def key(number):
    # Every second one is in the slot that moves.
    return f"{{moves}}:{number}" if number % 2 else f"stays:{number}"


def nearest(client, number):
    query = ("*=>[KNN 1 @v $v]", "PARAMS", 2, "v", vector(number), "NOCONTENT", "DIALECT", 2)
    return client.execute_command("FT.SEARCH", "idx", *query)[1].decode()


def test_a_slot_that_moves_key_by_key_takes_its_documents_along(nodes):
    first, second = [node.client() for node in nodes]
    fields = ("t", "TEXT", "v", "VECTOR", "HNSW", 6, "TYPE", "FLOAT32", "DIM", 8, "DISTANCE_METRIC", "L2")
    for client in (first, second):
        if version(client) >= (True, 9):
            client.config_set("search.sharevectors", "yes")
        client.execute_command("FT.CREATE", "idx", "SCHEMA", *fields)
    for number in range(DOCUMENTS):
        first.hset(key(number), mapping={"t": "hello", "v": vector(number)})

    ids = [client.execute_command("CLUSTER", "MYID") for client in (first, second)]
    slot = first.execute_command("CLUSTER", "KEYSLOT", key(1))
    second.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
    first.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
    while keys := first.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 40):
        first.execute_command("MIGRATE", "127.0.0.1", nodes[1].port, "", 0, 5000, "KEYS", *keys)
    for client in (second, first):
        client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[1])

    for client, is_here in ((first, 0), (second, 1)):
        here = {key(number).encode() for number in range(DOCUMENTS) if number % 2 == is_here}
        found = client.execute_command("FT.SEARCH", "idx", "hello", "NOCONTENT", "LIMIT", 0, DOCUMENTS)
        assert (found[0], set(found[1:])) == (len(here), here)
    for number in range(DOCUMENTS):
        assert nearest((first, second)[number % 2], number) == key(number)
        assert (first, second)[number % 2].hget(key(number), "v") == vector(number)
