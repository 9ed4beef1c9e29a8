"""Real servers with the module, one for each test and server program.

Environment: NUTHATCH_MODULE (the .so, built with the feature `test-commands`),
NUTHATCH_VALKEY_SERVER and NUTHATCH_REDIS_SERVER (server programs; each may be absent).
"""

import os
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

ROOT = Path(__file__).resolve().parents[2]
MODULE = os.environ.get("NUTHATCH_MODULE", str(ROOT / "target/debug/libnuthatch.so"))
PROGRAMS = {
    "valkey": os.environ.get("NUTHATCH_VALKEY_SERVER") or shutil.which("valkey-server"),
    "redis": os.environ.get("NUTHATCH_REDIS_SERVER") or shutil.which("redis-server"),
}
PRESENT = [name for name, program in PROGRAMS.items() if program]


def pytest_configure(config):
    if not PRESENT:
        raise pytest.UsageError("no server: set NUTHATCH_VALKEY_SERVER or NUTHATCH_REDIS_SERVER")


class Server:
    """A server process in a directory of its own."""

    def __init__(self, program, directory):
        self.program, self.directory = program, Path(directory)
        self.process = None
        self.port = free_port()
        self.protocol = 2

    def start(self, *options, module=(), wait=True, file=None):
        """Starts the server, with a configuration file if one is given; `module` holds the module's
        load-time arguments, None for none."""
        self.log = open(self.directory / "server.log", "ab")
        command = [self.program, *([str(file)] if file else []), "--port", str(self.port), "--dir", str(self.directory)]
        command += ["--save", "", "--repl-diskless-sync-delay", "0"]
        command += ["--enable-debug-command", "yes", "--loglevel", "notice"]
        command += ["--enable-module-command", "yes", *options]
        if module is not None:
            command += ["--loadmodule", MODULE, *module]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, f"the server has ended:\n{self.log_text()}"
            try:
                return self.client().ping()
            except redis.RedisError:
                return False

        until(ready)

    def client(self, **options):
        options.setdefault("protocol", self.protocol)
        return redis.Redis(port=self.port, socket_timeout=20, **options)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def shut_down(self):
        """Ends the server in an orderly way, saving if configured."""
        try:
            # A client that tries again waits for seconds until it finds that nobody is there.
            self.client(retry=Retry(NoBackoff(), 0)).shutdown()
        except redis.ConnectionError:
            pass
        self.process.wait(20)

    def restart(self, *options):
        """Shuts down, and starts again."""
        self.shut_down()
        return self.start(*options)

    def log_text(self):
        return (self.directory / "server.log").read_text(errors="replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=20):
    """Waits until the condition holds, and gives what it gave."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


@pytest.fixture(params=PRESENT)
def program(request):
    return PROGRAMS[request.param]


@pytest.fixture
def new_server(program, tmp_path):
    """Makes servers, not yet started, and ends them with the test."""
    servers = []

    def make():
        directory = tmp_path / str(len(servers))
        directory.mkdir()
        servers.append(Server(program, directory))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(new_server):
    running = new_server().start()
    yield running
    assert running.process is None or running.process.poll() is None, running.log_text()


@pytest.fixture(params=[2, 3])
def protocol(request, server):
    server.protocol = request.param
    return request.param


@pytest.fixture
def client(server):
    return server.client()


# The spec's commands, raw.

SCHEMA = "SCHEMA t TEXT g TAG n NUMERIC v VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2"


def create(client, index="idx", prefix="d:"):
    return client.execute_command("FT.CREATE", index, "PREFIX", "1", prefix, *SCHEMA.split())


def document(tag="x", text="hello", number=1, vector=(1.0, 2.0)):
    return {"t": text, "g": tag, "n": number, "v": struct.pack("<2f", *vector)}


def found(client, query="@g:{x}", index="idx"):
    """The keys that a query finds, sorted."""
    reply = client.execute_command("FT.SEARCH", index, query, "NOCONTENT", "LIMIT", "0", "10000")
    if isinstance(reply, dict):
        read = {as_text(name): value for name, value in reply.items()}
        keys = [
            {as_text(name): value for name, value in hit.items()}["id"]
            for hit in read["results"]
        ]
    else:
        keys = reply[1:]
    return sorted(as_text(key) for key in keys)


def as_text(value):
    return value.decode() if isinstance(value, bytes) else value


def caught_up(client, reader):
    """Waits until a replica, or a replica's replica, has read all that the primary has written, and nothing else."""

    def are_there():
        ours, theirs = client.info("replication"), reader.info("replication")
        up = theirs["master_link_status"] == "up"
        return up and theirs["slave_repl_offset"] == ours["master_repl_offset"]

    return until(are_there)


def info(client):
    """The module's fields of INFO, without their prefix."""
    fields = client.info("everything")
    return {
        name.split("_", 1)[1]: value
        for name, value in fields.items()
        if name.startswith(("search_", "nuthatch_"))
    }


def version(client):
    """(is Valkey, major version)."""
    fields = client.info("server")
    if "valkey_version" in fields:
        return True, int(fields["valkey_version"].split(".")[0])
    return False, int(fields["redis_version"].split(".")[0])


@pytest.fixture
def sharing(server):
    """A server that can do so."""
    version = server.client().info("server").get("valkey_version", "0.0")
    if tuple(int(part) for part in version.split(".")[:2]) < (9, 1):
        pytest.skip("only Valkey from 9.1 on has fields that refer to memory")
    server.client().config_set("search.sharevectors", "yes")
    return server
