"""A pytest plugin for redis-py's own suite: its clients' connections end at an engine in the process."""

import re

import redis.asyncio.connection
import redis.connection
from redis.maint_notifications import MaintNotificationsConfig

import nuthatch
from nuthatch.client import AsyncEmbeddedConnection, EmbeddedConnection

ENGINE = nuthatch.Engine()
# How long a query takes here says nothing: the engine is one for tests, and the machine may be busy.
ENGINE.execute("FT.CONFIG", "SET", "TIMEOUT", 0)


# What applies of its tests of commands: an engine in the process has hashes and no other type.
OF_HASHES = re.compile(r"test_h(del|exists|get|incrby|keys|len|mget|mset|scan|set|strlen|vals)")


def pytest_collection_modifyitems(config, items):
    """Leaves out the tests of commands that are of no hash."""
    kept, others = [], []
    for item in items:
        applies = item.path.name != "test_commands.py" or OF_HASHES.match(item.name)
        (kept if applies else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = kept


class Local(EmbeddedConnection):
    """The suite names an address, which is of no matter."""

    def __init__(self, host="", port=0, **options):
        super().__init__(ENGINE, **options)


class AsyncLocal(AsyncEmbeddedConnection):
    """The same for asyncio."""

    def __init__(self, host="", port=0, **options):
        super().__init__(ENGINE, **options)


# The suite's own conftest takes this name when it is imported, which is later.
redis.connection.Connection = Local

# For asyncio the class is a default of the pool's, which is bound by now.
make_pool = redis.asyncio.connection.ConnectionPool.__init__


def make_local_pool(self, connection_class=AsyncLocal, **options):
    options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
    make_pool(self, connection_class=AsyncLocal, **options)


redis.asyncio.connection.ConnectionPool.__init__ = make_local_pool
