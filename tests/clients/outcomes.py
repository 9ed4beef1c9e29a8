"""A pytest plugin for the suites of clients: what came of each test, as JSON.

It also makes the suite believe that the server is a Redis of a version with all that these tests
use, and a module named `search`: Valkey gives the version of the Redis it was forked from, for
which the suite skips half of them.
"""

import json
import os

import pytest

REDIS_VERSION = "8.6.0"
SEARCH_MODULE = {"name": "search", "ver": 81000}

outcomes = {}


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    for plugin in session.config.pluginmanager.get_plugins():
        server = getattr(plugin, "REDIS_INFO", None)
        if server is not None:
            server["version"] = REDIS_VERSION
            server["modules"] = [*(server.get("modules") or []), SEARCH_MODULE]


def pytest_runtest_logreport(report):
    """A test has passed when its set-up, its body and its tear-down have."""
    before = outcomes.get(report.nodeid, {"outcome": "passed", "detail": ""})
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else "expected to fail"
        before = {"outcome": "skipped", "detail": reason}
    elif report.failed:
        before = {"outcome": "failed", "detail": report.longreprtext[-2000:]}
    outcomes[report.nodeid] = before


def pytest_sessionfinish(session):
    with open(os.environ["OUTCOMES"], "w") as file:
        json.dump(outcomes, file)
