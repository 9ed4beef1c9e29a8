"""Who may do what: a user who may not read every key of an index learns nothing through it."""

import struct

import pytest
import redis

from conftest import as_text, create, document, found, until

# What is asked of an index, each of them a way to learn something about its documents.
QUERIES = [
    ("FT.SEARCH", "idx", "*"),
    ("FT.SEARCH", "idx", "@nosuchfield:x"),
    ("FT.SEARCH", "alias", "*", "LIMIT", "0", "0"),
    ("FT.SEARCH", "idx", "*=>[KNN 2 @v $q]", "PARAMS", "2", "q", struct.pack("<2f", 1, 2)),
    ("FT.SEARCH", "idx", "syntax error here(("),
    ("FT.SEARCH", "idx"),
    ("FT.AGGREGATE", "idx", "*", "GROUPBY", "0", "REDUCE", "COUNT", "0"),
    ("FT.AGGREGATE", "idx", "*", "WITHCURSOR", "COUNT", "1"),
    ("FT.CURSOR", "READ", "idx", "1"),
    ("FT.CURSOR", "DEL", "alias", "1"),
    ("FT.EXPLAIN", "idx", "h*"),
    ("FT.EXPLAINCLI", "idx", "h*"),
    ("FT.HYBRID", "idx", "SEARCH", "hello", "VSIM", "@v", "$q", "PARAMS", "2", "q", struct.pack("<2f", 1, 2)),
    ("FT.PROFILE", "idx", "SEARCH", "QUERY", "*"),
    ("FT.PROFILE", "alias", "AGGREGATE", "QUERY", "*"),
    ("FT.TAGVALS", "idx", "g"),
    ("FT.SPELLCHECK", "idx", "helo"),
    ("FT.INFO", "idx"),
    ("FT.INFO", "alias"),
    ("FT.GET", "idx", "d:1"),
    ("FT.MGET", "idx", "d:1", "d:2"),
    ("FT.SYNDUMP", "idx"),
    ("FT.ALIASLIST", "idx"),
]

CHANGES = [
    ("FT.CREATE", "new", "PREFIX", "1", "d:", "SCHEMA", "t", "TEXT"),
    ("FT.CREATE", "new", "SCHEMA", "t", "TEXT"),
    ("FT._CREATEIFNX", "new", "PREFIX", "2", "pub:", "d:", "SCHEMA", "t", "TEXT"),
    ("FT.ALTER", "idx", "SCHEMA", "ADD", "z", "TEXT"),
    ("FT._ALTERIFNX", "idx", "SCHEMA", "ADD", "z", "TEXT"),
    ("FT.SYNUPDATE", "idx", "1", "a", "b"),
    ("FT.ALIASADD", "other", "idx"),
    ("FT._ALIASADDIFNX", "other", "idx"),
    ("FT.ALIASUPDATE", "other", "idx"),
    ("FT.ALIASUPDATE", "alias", "open"),
    ("FT.ALIASDEL", "alias"),
    ("FT._ALIASDELIFX", "alias"),
    ("FT.DROPINDEX", "idx"),
    ("FT.DROPINDEX", "alias", "DD"),
    ("FT._DROPINDEXIFX", "idx"),
    ("FT.DROP", "idx"),
    ("FT._DROPIFX", "idx", "KEEPDOCS"),
]


def user(server, name, *rules):
    """A client of a user with these rules."""
    admin = server.client()
    admin.execute_command("ACL", "SETUSER", name, "reset", "on", ">secret", *rules)
    return server.client(username=name, password="secret")


@pytest.fixture
def indexed(client):
    create(client)
    create(client, "open", "pub:")
    client.execute_command("FT.ALIASADD", "alias", "idx")
    for prefix in ("d:", "pub:"):
        for i in range(4):
            client.hset(f"{prefix}{i}", mapping=document("x", number=i))
    return client


def refusal(client, *command):
    with pytest.raises(redis.exceptions.NoPermissionError) as refused:
        client.execute_command(*command)
    return str(refused.value)


def names(reply):
    return sorted(as_text(name) for name in reply)


RESTRICTED = ("~pub:*", "+@all")


def test_an_index_out_of_reach_answers_nothing(server, indexed, protocol):
    restricted = user(server, "restricted", *RESTRICTED)
    script = "return redis.pcall(unpack(ARGV))"
    for command in QUERIES + CHANGES:
        text = refusal(restricted, *command)
        assert "d:" not in text, text
        transaction = restricted.pipeline(transaction=True)
        transaction.execute_command("PING")
        transaction.execute_command(*command)
        replies = transaction.execute(raise_on_error=False)
        assert isinstance(replies[1], redis.exceptions.NoPermissionError), (command, replies)
        with pytest.raises(redis.ResponseError, match="may not read every key|NOPERM"):
            restricted.eval(script, 0, *command)
    assert names(indexed.execute_command("FT._LIST")) == ["idx", "open"]
    assert names(indexed.execute_command("FT.ALIASLIST", "idx")) == ["alias"]
    assert len(indexed.keys("d:*")) == 4
    assert len(found(indexed)) == 4


def test_what_is_refused_is_in_the_servers_log(server, indexed, protocol):
    restricted = user(server, "restricted", *RESTRICTED)
    indexed.execute_command("ACL", "LOG", "RESET")
    indexed.execute_command("FT.CREATE", "two", "PREFIX", "2", "pub:", "e:", "SCHEMA", "t", "TEXT")
    refusal(restricted, "FT.SEARCH", "idx", "*")
    refusal(restricted, "FT.DROPINDEX", "two", "DD")
    restricted.execute_command("FT._LIST")
    restricted.execute_command("FT.SEARCH", "open", "*")
    entries = indexed.execute_command("ACL", "LOG")
    flat = [sum(map(list, it.items()), []) if isinstance(it, dict) else it for it in entries]
    named = [{as_text(name): value for name, value in zip(it[::2], it[1::2])} for it in flat]
    logged = [tuple(as_text(it[name]) for name in ("reason", "context", "object", "username")) for it in named]
    expected = [("key", "module", keys, "restricted") for keys in ("pub:* e:*", "d:*")]
    assert logged == expected


def test_an_index_within_reach_answers_everything(server, indexed, protocol):
    restricted = user(server, "restricted", *RESTRICTED)
    assert found(restricted, "*", "open") == [f"pub:{i}" for i in range(4)]
    script = "return redis.call('FT.SEARCH', 'open', '*', 'LIMIT', 0, 0)"
    assert restricted.eval(script, 0)[0] == 4
    assert names(restricted.execute_command("FT._LIST")) == ["open"]
    assert names(indexed.execute_command("FT._LIST")) == ["idx", "open"]
    restricted.execute_command("FT.CREATE", "mine", "PREFIX", "1", "pub:a", "SCHEMA", "t", "TEXT")
    restricted.execute_command("FT.ALIASADD", "my", "mine")
    restricted.execute_command("FT.DROPINDEX", "mine", "DD")
    # There is no such index, and that is all that is said.
    with pytest.raises(redis.ResponseError, match="(?i)not found"):
        restricted.execute_command("FT.SEARCH", "nothing", "*")


def test_another_users_cursor_is_read_by_whoever_may_read_the_index(server, indexed):
    restricted = user(server, "restricted", *RESTRICTED)
    query = ("FT.AGGREGATE", "idx", "*", "LOAD", "1", "n", "WITHCURSOR", "COUNT", "1")
    _, cursor = indexed.execute_command(*query)
    refusal(restricted, "FT.CURSOR", "READ", "idx", cursor)
    # Nor through an index that is within reach.
    with pytest.raises(redis.ResponseError, match="(?i)cursor not found"):
        restricted.execute_command("FT.CURSOR", "READ", "open", cursor)
    refusal(restricted, "FT.CURSOR", "DEL", "idx", cursor)
    rows, _ = indexed.execute_command("FT.CURSOR", "READ", "idx", cursor)
    assert len(rows) == 2
    reader = user(server, "reader", "%R~d:*", "+ft.cursor")
    rows, _ = reader.execute_command("FT.CURSOR", "READ", "idx", cursor)
    assert len(rows) == 2
    # A right that is taken away is gone at once.
    indexed.execute_command("ACL", "SETUSER", "reader", "resetkeys", "~pub:*")
    refusal(reader, "FT.CURSOR", "READ", "idx", cursor)


@pytest.mark.parametrize(
    ("rules", "reads", "deletes"),
    [
        (("allkeys",), True, True),
        (("~d:*",), True, True),
        (("~d*",), True, True),
        (("%R~d:*",), True, False),
        (("%W~d:*",), False, False),
        (("%R~d:*", "%W~d*"), True, True),
        (("~d:?*",), False, False),
        (("~d:1*",), False, False),
        (("~D:*",), False, False),
        (("~[cd]:*",), True, True),
        (("resetkeys",), False, False),
    ],
)
def test_a_pattern_has_to_cover_every_key_of_an_index(server, indexed, rules, reads, deletes):
    restricted = user(server, "restricted", *rules, "+@all")
    query = ("FT.SEARCH", "idx", "*", "NOCONTENT")
    if reads:
        assert restricted.execute_command(*query)[0] == 4
    else:
        refusal(restricted, *query)
    if deletes:
        restricted.execute_command("FT.DROPINDEX", "idx", "DD")
        assert indexed.keys("d:*") == []
    else:
        text = refusal(restricted, "FT.DROPINDEX", "idx", "DD")
        assert ("delete" in text) == reads
        assert len(indexed.keys("d:*")) == 4


def test_an_index_over_all_keys_needs_all_keys(server, indexed):
    indexed.execute_command("FT.CREATE", "all", "SCHEMA", "g", "TAG")
    until(lambda: len(found(indexed, index="all")) == 8)
    refusal(user(server, "most", "~d:*", "~pub:*", "+@all"), "FT.SEARCH", "all", "*")
    assert len(found(user(server, "every", "%R~*", "+@all"), index="all")) == 8


def test_every_prefix_of_an_index_counts(server, indexed):
    indexed.execute_command("FT.CREATE", "both", "PREFIX", "2", "d:", "pub:", "SCHEMA", "g", "TAG")
    until(lambda: len(found(indexed, index="both")) == 8)
    for rule in ("~d:*", "~pub:*"):
        refusal(user(server, "half", rule, "+@all"), "FT.SEARCH", "both", "*")
    assert len(found(user(server, "whole", "~d:*", "~pub:*", "+@all"), index="both")) == 8


def test_a_selector_for_another_command_opens_no_index(server, indexed):
    rules = ("~pub:*", "+ft.search", "(~d:* +get +hget)")
    restricted = user(server, "restricted", *rules)
    assert restricted.hget("d:1", "g") == b"x"
    assert len(found(restricted, index="open")) == 4
    refusal(restricted, "FT.SEARCH", "idx", "*")
    searcher = user(server, "searcher", "+ping", "(%R~d:* +ft.search)")
    assert len(found(searcher)) == 4
    refusal(searcher, "FT.SEARCH", "open", "*")


def test_a_database_out_of_reach_has_no_index_within_it(server, indexed):
    try:
        restricted = user(server, "restricted", "~pub:*", "+@all", "db=1", "(~d:* db=0 +ft.search)")
    except redis.ResponseError:
        pytest.skip("this server has no permissions for databases")
    here = server.client(username="restricted", password="secret", db=0)
    assert len(found(here)) == 4
    refusal(here, "FT.SEARCH", "open", "*")
    assert restricted is not None


def test_a_refused_search_does_not_keep_a_temporary_index(server, indexed):
    temporary = ("TEMPORARY", "1", "PREFIX", "1", "d:", "SCHEMA", "t", "TEXT")
    indexed.execute_command("FT.CREATE", "short", *temporary)
    restricted = user(server, "restricted", *RESTRICTED)

    def gone():
        try:
            restricted.execute_command("FT.SEARCH", "short", "*")
        except redis.exceptions.NoPermissionError:
            return False
        except redis.ResponseError:
            return True

    until(gone, 10)


def test_keys_of_suggestions_are_the_servers_to_guard(server, indexed):
    indexed.execute_command("FT.SUGADD", "d:words", "hello", "1")
    restricted = user(server, "restricted", *RESTRICTED)
    for command in (
        ("FT.SUGADD", "d:words", "world", "1"),
        ("FT.SUGGET", "d:words", "h"),
        ("FT.SUGDEL", "d:words", "hello"),
        ("FT.SUGLEN", "d:words"),
    ):
        refusal(restricted, *command)
    reader = user(server, "reader", "%R~d:*", "+@all")
    assert reader.execute_command("FT.SUGGET", "d:words", "h") == [b"hello"]
    assert reader.execute_command("FT.SUGLEN", "d:words") == 1
    refusal(reader, "FT.SUGADD", "d:words", "world", "1")
    refusal(reader, "FT.SUGDEL", "d:words", "hello")
    writer = user(server, "writer", "%W~d:*", "+@all")
    assert writer.execute_command("FT.SUGADD", "d:words", "world", "1") == 2
    assert writer.execute_command("FT.SUGDEL", "d:words", "world") == 1
    refusal(writer, "FT.SUGGET", "d:words", "h")
    assert "could not" not in server.log_text() and "wants to" not in server.log_text()


def test_replicas_follow_whatever_a_restricted_user_did(new_server, server, indexed):
    replica = new_server().start("--replicaof", f"127.0.0.1 {server.port}").client()
    until(lambda: replica.info("replication")["master_link_status"] == "up")
    writer = user(server, "writer", "~pub:*", "+@all")
    writer.execute_command("FT.CREATE", "mine", "PREFIX", "1", "pub:", "SCHEMA", "t", "TEXT")
    indexed.wait(1, 5000)
    assert names(replica.execute_command("FT._LIST")) == ["idx", "mine", "open"]
    # The users of a replica are its own.
    replica.execute_command("ACL", "SETUSER", "r", "on", ">secret", "~pub:*", "+@all")
    reader = redis.Redis(port=replica.connection_pool.connection_kwargs["port"], username="r", password="secret")
    assert len(found(reader, index="open")) == 4
    refusal(reader, "FT.SEARCH", "idx", "*")


CATEGORIES = {
    "FT.CREATE": {"@search", "@write", "@slow"},
    "FT.DROPINDEX": {"@search", "@write", "@slow", "@dangerous"},
    "FT.DROP": {"@search", "@write", "@slow", "@dangerous"},
    "FT.SEARCH": {"@search", "@read", "@slow"},
    "FT.CURSOR": {"@search", "@read", "@slow"},
    "FT.SUGADD": {"@search", "@write", "@slow"},
    "FT.SUGGET": {"@search", "@read", "@slow"},
    "FT.CONFIG": {"@search", "@admin", "@slow", "@dangerous"},
}


def test_every_command_is_in_its_categories(server, client):
    if "search" not in names(client.execute_command("ACL", "CAT")):
        pytest.skip("this server takes no categories from modules")
    for command, expected in CATEGORIES.items():
        (said,) = raw(client, "COMMAND", "INFO", command)
        assert set(names(said[6])) == expected, command
    every = user(server, "every", "~*", "+@search", "-@dangerous")
    every.execute_command("FT.CREATE", "i", "PREFIX", "1", "d:", "SCHEMA", "t", "TEXT")
    refusal(every, "FT.DROPINDEX", "i")
    refusal(every, "FT.CONFIG", "GET", "*")
    reader = user(server, "reader", "~*", "+@read")
    assert found(reader, "*", "i") == []
    refusal(reader, "FT.CREATE", "j", "SCHEMA", "t", "TEXT")


def raw(client, *command):
    """A reply as it came, without what the client makes of it."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command(*command)
        return connection.read_response()
    finally:
        client.connection_pool.release(connection)
