"""Runs redis-py's own tests of searches and hashes on an engine in the process, without any server.

    python tests/clients/embedded.py

It is for an environment with the Python package; see .ci/python. What does not pass on a server yet
(redis_py_not_yet.toml) need not pass here. What does not pass here alone is in redis_py_embedded.toml, under
the same rule: a failure that is on neither list fails the run, and so does a test on the second that passes.
"""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import run as clients

HERE = Path(__file__).resolve().parent
HERE_ALONE = HERE / "redis_py_embedded.toml"
# Of commands the plugin leaves what is of hashes. What differs between the protocols is the same for asyncio.
FILES = {2: ["tests/test_search.py", "tests/test_commands.py"]}
FILES[3] = [*FILES[2], "tests/test_asyncio/test_search.py", "tests/test_asyncio/test_commands.py"]


def main():
    sources = clients.fetch_sources()
    problems, passed = [], 0
    for protocol in (3, 2):
        on_servers, _ = clients.read_not_yet(protocol)
        here, varying = clients.read_not_yet(protocol, HERE_ALONE)
        run = partial(run_tests, sources, protocol)
        outcomes = clients.in_time(protocol, FILES[protocol], run, on_servers | here)
        clients.report(protocol, outcomes)
        passed += sum(outcome["outcome"] == "passed" for outcome in outcomes.values())
        judged = {test: outcome for test, outcome in outcomes.items() if test not in on_servers}
        problems += clients.compare(protocol, judged, here, varying)
    for problem in problems:
        print(problem)
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


def run_tests(sources, protocol, tests, folder):
    """Outcomes by test id."""
    results = folder / "outcomes.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "outcomes", "-p", "embedded_plugin"]
    # An engine for tests is slower than a server.
    command += [*tests, "--timeout", str(5 * clients.SECONDS_PER_TEST)]
    command += ["--tb", "native", "-o", "filterwarnings="]
    command += ["--protocol", "2"] if protocol == 2 else []
    # Nobody listens there: the suite asks for facts of a server before its first test.
    command += ["--redis-url", "redis://127.0.0.1:1/0", "--redis-mod-url", "redis://127.0.0.1:1"]
    environment = {**os.environ, "PYTHONPATH": str(HERE), "OUTCOMES": str(results)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    ended = subprocess.run(command, cwd=sources, env=environment, capture_output=True, text=True)
    if not results.exists():
        sys.exit(f"pytest did not run:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
    return json.loads(results.read_text())


if __name__ == "__main__":
    sys.exit(main())
