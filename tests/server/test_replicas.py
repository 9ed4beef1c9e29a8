"""Replicas of replicas, and replicas that were cut off and go on where they were."""

import socket
import threading
import time

import pytest
import redis

from conftest import caught_up, create, document, found, info, until
from test_persistence import fill

HOST = "127.0.0.1"


class Line:
    """What lies between a replica and its primary, and can be cut."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.is_cut = False
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection((HOST, self.to))
            self.open += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source, sink):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()

    def cut(self):
        self.is_cut = True
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # The other end was closed first.
        self.open = []

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        self.listener.close()


@pytest.fixture
def new_line():
    lines = []

    def make(port):
        lines.append(Line(port))
        return lines[-1]

    yield make
    for line in lines:
        line.close()


def follow(new_server, port, *options):
    """A new server that follows another, once it is in line with it."""
    server = new_server().start("--replicaof", f"{HOST} {port}", *options)
    until(lambda: server.client().info("replication")["master_link_status"] == "up")
    return server


def syncs(client):
    """How often a primary has given a replica everything, and only what it lacked."""
    told = client.info("stats")
    return told["sync_full"], told["sync_partial_ok"]


def cut_off(line, reader):
    line.cut()
    until(lambda: reader.info("replication")["master_link_status"] == "down")


def change_everything(client):
    """Writes of every kind to an index `idx` and about it."""
    client.hset("d:late", mapping=document("x", "servus"))
    client.hset("d:1", "g", "y")
    client.delete("d:2")
    client.rename("d:3", "gone:3")
    create(client, "new")
    client.execute_command("FT.ALTER", "idx", "SCHEMA", "ADD", "more", "NUMERIC")
    client.hset("d:4", "more", "4")
    client.execute_command("FT.SYNUPDATE", "idx", "group", "hello", "servus")
    client.execute_command("FT.ALIASADD", "alias", "idx")
    client.execute_command("FT.DICTADD", "words", "one")
    client.execute_command("FT.SUGADD", "sug", "hello", "1")
    client.execute_command("FT.DROPINDEX", "old")
    pipeline = client.pipeline(transaction=True)
    create(pipeline, "in-transaction")
    pipeline.hset("d:transaction", mapping=document("x"))
    pipeline.execute()
    client.eval("return redis.call('FT.CREATE', 'in-script', 'PREFIX', '1', 'd:', 'SCHEMA', 'g', 'TAG')", 0)


def answers(client):
    """What a server says of all that there is."""
    names = sorted(name.decode() for name in client.execute_command("FT._LIST"))
    told = {"names": names, "keys": sorted(client.keys("*"))}
    for name in names:
        # An index that began later reads the keys from before it in the background.
        until(lambda: percent_indexed(client, name) == 1)
        for query in ("*", "@g:{x}", "@g:{y}"):
            told[name, query] = found(client, query, name)
    if "idx" in names:
        told["info"] = client.execute_command("FT.INFO", "idx")[:8]
    for name in {"new"} & set(names):
        told["words", name] = client.execute_command("FT.DICTDUMP", "words")
        told["more"] = found(client, "@more:[4 4]")
        told["synonym"] = found(client, "servus", "alias")
        told["suggestions"] = client.execute_command("FT.SUGGET", "sug", "he", "WITHSCORES")
    return told


def percent_indexed(client, name):
    flat = client.execute_command("FT.INFO", name)
    return float(dict(zip(flat[::2], flat[1::2]))[b"percent_indexed"])


@pytest.fixture
def primary(server, client):
    create(client)
    create(client, "old")
    fill(client)
    return server


@pytest.mark.parametrize("diskless", ["disabled", "swapdb"])
def test_a_replica_of_a_replica_sees_all_that_its_primary_does(new_server, primary, client, diskless):
    middle = follow(new_server, primary.port, "--repl-diskless-load", diskless)
    last = follow(new_server, middle.port, "--repl-diskless-load", diskless)
    reader = last.client()
    caught_up(client, reader)
    before = answers(client)
    assert before["names"] == ["idx", "old"] and len(before["idx", "@g:{x}"]) == 20
    assert answers(reader) == before
    change_everything(client)
    caught_up(client, reader)
    after = answers(client)
    assert after["names"] == ["idx", "in-script", "in-transaction", "new"]
    assert "d:late" in after["synonym"] and after["more"] == ["d:4"]
    assert answers(middle.client()) == after
    assert answers(reader) == after
    for each in (middle.client(), reader):
        with pytest.raises(redis.exceptions.ReadOnlyError):
            create(each, "own")
    client.flushall()
    caught_up(client, reader)
    assert answers(reader) == {"names": [], "keys": []}


def test_a_temporary_index_ends_on_a_replica_of_a_replica_when_its_primary_says_so(new_server, primary, client):
    reader = follow(new_server, follow(new_server, primary.port).port).client()
    client.execute_command(*"FT.CREATE short TEMPORARY 2 SCHEMA t TEXT".split())
    client.execute_command("FT.ALIASADD", "brief", "short")
    caught_up(client, reader)
    assert b"short" in reader.execute_command("FT._LIST")
    until(lambda: b"short" not in client.execute_command("FT._LIST"))
    caught_up(client, reader)
    assert sorted(reader.execute_command("FT._LIST")) == [b"idx", b"old"]


def test_a_replica_that_was_cut_off_goes_on_where_it_was(new_server, new_line, primary, client):
    line = new_line(primary.port)
    middle = follow(new_server, line.port)
    last = follow(new_server, middle.port)
    caught_up(client, last.client())
    assert (syncs(client), syncs(middle.client())) == ((1, 0), (1, 0))
    before = answers(client)
    cut_off(line, middle.client())
    change_everything(client)
    # Meanwhile it answers as before.
    assert answers(middle.client()) == before
    assert answers(last.client()) == before
    line.mend()
    for reader in (middle.client(), last.client()):
        caught_up(client, reader)
        assert answers(reader) == answers(client)
        assert info(reader)["rdb_sections_loaded"] == 1
    assert (syncs(client), syncs(middle.client())) == ((1, 1), (1, 0))
    for turn in range(3):
        cut_off(line, middle.client())
        client.hset(f"d:turn{turn}", mapping=document("y"))
        line.mend()
        caught_up(client, last.client())
        assert f"d:turn{turn}" in found(last.client(), "@g:{y}", "new")
    assert syncs(client) == (1, 4)


def test_a_replica_that_was_cut_off_for_too_long_gets_everything_anew(new_server, new_line, primary, client):
    client.config_set("repl-backlog-size", 16_384)
    line = new_line(primary.port)
    middle = follow(new_server, line.port)
    last = follow(new_server, middle.port)
    caught_up(client, last.client())
    cut_off(line, middle.client())
    change_everything(client)
    for i in range(100):
        client.hset(f"d:long{i}", mapping=document("x", "many words " * 100))
    line.mend()
    for reader in (middle.client(), last.client()):
        caught_up(client, reader)
        assert answers(reader) == answers(client)
    assert syncs(client) == (2, 0)


def test_a_replica_that_was_restarted_goes_on_where_it_was(new_server, primary, client):
    options = ("--save", "1000 1000")
    replica = follow(new_server, primary.port, *options)
    caught_up(client, replica.client())
    replica.restart(*options, "--replicaof", f"{HOST} {primary.port}")
    caught_up(client, replica.client())
    assert syncs(client) == (1, 1)
    replica.shut_down()
    change_everything(client)
    replica.start(*options, "--replicaof", f"{HOST} {primary.port}")
    caught_up(client, replica.client())
    assert answers(replica.client()) == answers(client)
    assert syncs(client) == (1, 2)


def test_a_replica_of_one_that_is_promoted_goes_on_where_it_was(new_server, primary, client):
    middle = follow(new_server, primary.port)
    last = follow(new_server, middle.port)
    caught_up(client, last.client())
    client.hset("d:last", mapping=document("y"))
    caught_up(client, last.client())
    primary.stop()
    promoted = middle.client()
    promoted.replicaof("NO", "ONE")
    change_everything(promoted)
    caught_up(promoted, last.client())
    assert answers(last.client()) == answers(promoted)
    assert "d:last" in found(last.client(), "@g:{y}")
    # It knew all but what it was not told yet; the one that was the primary knows nothing any more.
    assert syncs(promoted)[0] == 1
    follower = primary.start("--replicaof", f"{HOST} {middle.port}").client()
    caught_up(promoted, follower)
    assert answers(follower) == answers(promoted)


def test_replicas_that_are_cut_off_again_and_again_while_clients_write_are_whole(new_server, new_line, primary, client):
    lines = [new_line(primary.port)]
    middle = follow(new_server, lines[0].port)
    lines.append(new_line(middle.port))
    last = follow(new_server, lines[1].port)
    ended = threading.Event()

    def write():
        writer, number = primary.client(), 0
        while not ended.is_set():
            number += 1
            writer.hset(f"d:{number % 300}", mapping=document("xy"[number % 2]))
            writer.delete(f"d:{number * 7 % 300}")
            if number % 50 == 0:
                create(writer, f"turn{number}")
                writer.execute_command("FT.ALTER", "idx", "SCHEMA", "ADD", f"n{number}", "NUMERIC")
            if number % 100 == 0:
                writer.execute_command("FT.DROPINDEX", f"turn{number}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(6):
            cut_off(lines[turn % 2], (middle, last)[turn % 2].client())
            time.sleep(0.05)
            lines[turn % 2].mend()
            until(lambda: last.client().info("replication")["master_link_status"] == "up")
    finally:
        ended.set()
        writer.join()
    for reader in (middle.client(), last.client()):
        caught_up(client, reader)
        assert answers(reader) == answers(client)
    assert syncs(client)[0] == 1 and syncs(middle.client())[0] == 1
