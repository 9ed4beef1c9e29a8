"""Loading, names, panics, memory: what needs no index."""

import pytest
import redis

from conftest import MODULE, create, document, found, info, until


def modules(client):
    listed = client.execute_command("MODULE", "LIST")
    flat = []
    for module in listed:
        pairs = module.items() if isinstance(module, dict) else zip(module[::2], module[1::2])
        flat.append({k.decode() if isinstance(k, bytes) else k: v for k, v in pairs})
    named = [(module["name"].decode(), module["ver"]) for module in flat]
    return [module for module in named if module[0] != "lua"]  # Valkey 9 has its scripts there


def test_the_module_calls_itself_search(client):
    assert modules(client) == [("search", 21005)]


def test_another_name_can_be_given_at_load_time(new_server):
    client = new_server().start(module=("nAmE", "nuthatch")).client()
    assert modules(client) == [("nuthatch", 21005)]
    assert info(client)["panics"] == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("SPEED", "9"), "unknown option 'SPEED'"),
        (("NAME",), "option NAME needs a value"),
        (("NAME", "a/b"), "bad NAME 'a/b'"),
    ],
)
def test_a_bad_option_keeps_the_server_from_starting_and_says_why(new_server, arguments, reason):
    server = new_server().start(module=arguments, wait=False)
    assert server.process.wait(20) != 0
    assert reason in server.log_text()
    assert "crash" not in server.log_text().lower()


def test_the_name_of_another_module_is_refused(server, client):
    with pytest.raises(redis.ResponseError):
        client.execute_command("MODULE", "LOAD", MODULE)
    assert client.ping()


def test_the_module_can_be_loaded_while_the_server_runs_also_at_the_second_try(new_server):
    server = new_server().start(module=None)
    client = server.client()
    for _ in range(2):
        with pytest.raises(redis.ResponseError):
            client.execute_command("MODULE", "LOAD", MODULE, "SPEED", "9")
    client.hset("d:1", mapping=document())
    client.execute_command("MODULE", "LOAD", MODULE)
    create(client)
    until(lambda: found(client) == ["d:1"])
    assert "not counted" not in server.log_text()


def test_indexes_are_counted_in_the_servers_memory(client):
    create(client)
    for i in range(500):
        client.hset(f"d:{i}", mapping=document(text=f"word{i} other{i}"))
    used = client.info("memory")["used_memory"]
    client.execute_command("FT.DROPINDEX", "idx")
    assert client.info("memory")["used_memory"] < used - 20_000


def test_a_panic_costs_one_reply_and_is_counted(client, server, protocol):
    for count in range(1, 4):
        with pytest.raises(redis.ResponseError, match="^internal error"):
            client.execute_command("NUTHATCH.PANIC")
        assert info(client)["panics"] == count
    assert "asked to by NUTHATCH.PANIC" in server.log_text()
    assert "test_commands.rs" in server.log_text()


def test_a_panic_amid_a_reply_leaves_client_and_server_in_step(server, client, protocol):
    reply = client.execute_command("NUTHATCH.PANIC", "midway")
    assert reply[0] == 1
    assert all(isinstance(member, redis.ResponseError) for member in reply[1:])
    assert len(reply) == 3
    assert client.ping()


def test_a_panic_within_a_transaction_and_a_script_goes_no_further(client):
    pipeline = client.pipeline(transaction=True)
    pipeline.set("a", 1)
    pipeline.execute_command("NUTHATCH.PANIC")
    pipeline.set("b", 2)
    replies = pipeline.execute(raise_on_error=False)
    assert isinstance(replies[1], redis.ResponseError)
    with pytest.raises(redis.ResponseError, match="internal error"):
        client.eval("return redis.call('NUTHATCH.PANIC')", 0)
    assert client.mget("a", "b") == [b"1", b"2"]


def test_memory_comes_from_the_server_at_every_alignment(client, server):
    assert client.execute_command("NUTHATCH.ALIGN") == 0
    assert "not counted" not in server.log_text()


def test_commands_say_whether_they_write(client):
    commands = client.execute_command("COMMAND", "INFO", "FT.CREATE", "FT.SEARCH")
    if isinstance(commands, dict):
        flags = {name.upper(): set(command["flags"]) for name, command in commands.items()}
    else:
        flags = {command[0].decode().upper(): command[2] for command in commands}
    text = {
        name: {flag.decode() if isinstance(flag, bytes) else flag for flag in members}
        for name, members in flags.items()
    }
    assert {"write", "denyoom"} <= text["FT.CREATE"]
    assert "readonly" in text["FT.SEARCH"]
    assert "write" not in text["FT.SEARCH"]


def test_access_control_knows_the_category(client):
    categories = client.execute_command("ACL", "CAT")
    if b"search" not in categories:
        pytest.skip("this server takes no categories from modules")
    # Not by `ACL CAT search`: in Valkey 8.0 that leaves out the commands of modules.
    client.execute_command("ACL", "SETUSER", "searcher", "+@search")
    assert allowed(client, "searcher", "FT._LIST")
    client.execute_command("ACL", "SETUSER", "searcher", "-@search")
    assert not allowed(client, "searcher", "FT._LIST")


def allowed(client, user, *command):
    """Whether the server would let a user run a command."""
    return client.execute_command("ACL", "DRYRUN", user, *command) in (b"OK", "OK")


def test_a_write_command_is_refused_on_a_replica(new_server, server):
    replica = new_server().start("--replicaof", f"127.0.0.1 {server.port}")
    client = replica.client()
    until(lambda: client.info("replication")["master_link_status"] == "up")
    with pytest.raises(redis.ReadOnlyError):
        client.execute_command("FT.CREATE", "idx", "SCHEMA", "t", "TEXT")


def test_settings_are_the_servers_too(new_server):
    server = new_server().start("--search.minprefix", "1", module=("TIMEOUT", "70"))
    client = server.client(protocol=2)
    assert client.config_get("search.minprefix") == {"search.minprefix": "1"}
    assert client.config_get("search.timeout") == {"search.timeout": "70"}
    every = client.config_get("search.*")
    named = client.execute_command("FT.CONFIG", "GET", "*")
    assert len(every) == len(named)
    for name, value in named:
        assert every["search." + name.decode().lower().replace("_", "-")] == value.decode()
    client.config_set("search.timeout", "80")
    assert client.execute_command("FT.CONFIG", "GET", "TIMEOUT") == [[b"TIMEOUT", b"80"]]
    client.execute_command("FT.CONFIG", "SET", "ON_TIMEOUT", "fail")
    assert client.config_get("search.on-timeout") == {"search.on-timeout": "FAIL"}
    for name, value in (("timeout", "soon"), ("on-timeout", "never"), ("minprefix", "0")):
        with pytest.raises(redis.ResponseError, match="CONFIG SET failed"):
            client.config_set("search." + name, value)
    with pytest.raises(redis.ResponseError):
        client.config_set("search.linkers", "3")
    assert client.config_get("search.*") == {**every, "search.timeout": "80", "search.on-timeout": "FAIL"}


def test_a_setting_in_the_servers_configuration_that_is_not_valid_is_named(new_server):
    server = new_server().start("--search.on-timeout", "never", wait=False)
    assert server.process.wait(20) != 0
    assert "on-timeout" in server.log_text() or "ON_TIMEOUT" in server.log_text()


def test_fixed_settings_come_from_the_servers_configuration(new_server):
    client = new_server().start("--search.linkers", "3").client()
    assert info(client)["linkers"] == 3


def test_a_changed_setting_is_kept_by_a_rewritten_configuration(new_server, tmp_path):
    server = new_server()
    file = tmp_path / "server.conf"
    file.write_text(f"loadmodule {MODULE}\n")
    server.start(module=None, file=file)
    client = server.client()
    client.config_set("search.maxprefixexpansions", "33")
    client.config_rewrite()
    server.stop()
    client = server.start(module=None, file=file).client(protocol=2)
    assert client.execute_command("FT.CONFIG", "GET", "MAXEXPANSIONS")[0][1] == b"33"


def test_info_has_what_there_is_and_what_was_done(client):
    create(client)
    create(client, "other", "e:")
    for i in range(5):
        client.hset(f"d:{i}", mapping=document())
    client.hset("d:bad", mapping={"n": "no number", "t": "x"})
    before = info(client)
    assert before["number_of_indexes"] == 2
    assert before["number_of_documents"] == 6
    assert before["indexing_failures"] == 1
    assert before["indexes_backfilling"] == before["cursors"] == 0
    assert before["used_memory_indexes"] > 1000
    found(client)
    client.execute_command("FT.AGGREGATE", "idx", "*", "WITHCURSOR", "COUNT", "1")
    for command in (("FT.SEARCH", "nothing", "*"), ("FT.SEARCH", "idx", "((")):
        with pytest.raises(redis.ResponseError):
            client.execute_command(*command)
    client.execute_command("ACL", "SETUSER", "nobody", "on", "nopass", "+@all")
    nobody = redis.Redis(port=client.connection_pool.connection_kwargs["port"], username="nobody", password="x")
    with pytest.raises(redis.exceptions.NoPermissionError):
        nobody.execute_command("FT.INFO", "idx")
    after = info(client)
    assert after["total_queries_processed"] - before["total_queries_processed"] == 4
    assert after["commands_refused"] - before["commands_refused"] == 2
    assert after["commands_not_permitted"] - before["commands_not_permitted"] == 1
    assert after["total_query_execution_time_us"] > before["total_query_execution_time_us"]
    assert after["cursors"] == 1
    sections = client.execute_command("INFO", "search_queries")
    assert any(name.startswith("search_total_queries") for name in sections)
    assert not any(name.startswith("search_number_of") for name in sections)


def test_the_server_times_and_logs_our_commands(client):
    create(client)
    client.config_set("slowlog-log-slower-than", "0")
    found(client)
    assert any(b"FT.SEARCH" in entry["command"] for entry in client.slowlog_get())
    histogram = client.execute_command("LATENCY", "HISTOGRAM", "FT.SEARCH")
    assert "ft.search" in str(histogram).lower()
