"""Runs the public search tests of redis-py against a live server with the module.

    python tests/clients/run.py --server valkey-server --module libnuthatch.so

The tests are taken from redis-py's source distribution on PyPI, never copied into the repository.
Those that do not pass yet are in redis_py_not_yet.toml, each under a reason. The list can only
shrink: a failure that is not on it fails this run, and so does a test on it that passes.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

try:
    import tomllib
except ImportError:  # Before Python 3.11; pytest brings it.
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache"
NOT_YET = HERE / "redis_py_not_yet.toml"
REDIS_PY = "redis==8.1.0"
FILES = ["tests/test_search.py", "tests/test_asyncio/test_search.py"]
# A test that is not cut short by this is stuck.
SECONDS_PER_TEST = 60
# Some of their tests give a search 10 ms of wall time, which a machine with other work can take
# from any thread. A failure that says so is tried again, on a new server, up to so many times.
TRIES_OF_THE_LATE = 3
LATE = "Timeout limit was reached"


def main():
    options = arguments()
    sources = fetch_sources()
    problems, passed = [], 0
    for protocol in options.protocol or [3, 2]:
        not_yet, varying = read_not_yet(protocol)
        run = partial(run_tests, options, sources, protocol)
        outcomes = in_time(protocol, FILES, run, not_yet)
        report(protocol, outcomes)
        passed += sum(outcome["outcome"] == "passed" for outcome in outcomes.values())
        problems += compare(protocol, outcomes, not_yet, varying)
    for problem in problems:
        print(problem)
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    from_environment = os.environ.get
    parser.add_argument("--server", default=from_environment("NUTHATCH_VALKEY_SERVER"))
    parser.add_argument("--module", default=from_environment("NUTHATCH_MODULE"))
    parser.add_argument("--protocol", type=int, choices=[2, 3], action="append")
    options = parser.parse_args()
    if not (options.server and options.module):
        parser.error("--server and --module, or NUTHATCH_VALKEY_SERVER and NUTHATCH_MODULE, say what to test")
    return options


def fetch_sources():
    """The folder of redis-py's source distribution, downloaded once."""
    folder = CACHE / REDIS_PY.replace("==", "-")
    if not folder.is_dir():
        CACHE.mkdir(exist_ok=True)
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        download += ["--no-binary", "redis", "--dest", str(CACHE), REDIS_PY]
        subprocess.run(download, check=True)
        with tarfile.open(f"{folder}.tar.gz") as archive:
            archive.extractall(CACHE, filter="data")
    return folder


def in_time(protocol, tests, run, not_yet):
    """Outcomes by test id, of what runs in a new folder; of what was late and is to pass, from a later try."""

    def run_in_a_folder(tests):
        with tempfile.TemporaryDirectory() as folder:
            return run(tests, Path(folder))

    outcomes = run_in_a_folder(tests)
    for _ in range(TRIES_OF_THE_LATE):
        late = {test for test, outcome in outcomes.items() if is_late(outcome)}
        late = sorted(late - not_yet)
        if not late:
            break
        print(f"RESP{protocol}: out of time, tried again:", *late)
        outcomes |= run_in_a_folder(late)
    return outcomes


def is_late(outcome):
    return outcome["outcome"] == "failed" and LATE in outcome["detail"]


def run_tests(options, sources, protocol, tests, folder):
    """Outcomes by test id, on a server of their own."""
    port = free_port()
    log = open(folder / "server.log", "wb")
    server = [options.server, "--port", str(port), "--dir", str(folder), "--save", ""]
    server += ["--loadmodule", str(Path(options.module).resolve())]
    process = subprocess.Popen(server, stdout=log, stderr=log)
    try:
        wait_for(port, process, folder / "server.log")
        results = folder / "outcomes.json"
        url = f"redis://127.0.0.1:{port}"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "outcomes", *tests]
        command += ["--timeout", str(SECONDS_PER_TEST)]
        # RESP3 is the default, and naming it would change what some of them expect.
        command += ["--protocol", "2"] if protocol == 2 else []
        # With source lines, a traceback through files as long as theirs takes seconds.
        command += ["--tb", "native"]
        # Their filters name a package that only their own tools need.
        command += ["-o", "filterwarnings="]
        command += ["--redis-url", f"{url}/0", "--redis-mod-url", url]
        environment = {**os.environ, "PYTHONPATH": str(HERE), "OUTCOMES": str(results)}
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        output = CACHE / f"redis-py-resp{protocol}.log"
        with open(output, "wb") as log:
            subprocess.run(command, cwd=sources, env=environment, stdout=log, stderr=log)
        if not results.exists():
            sys.exit(f"pytest did not run:\n{output.read_text()[-3000:]}")
        if process.poll() is not None:
            sys.exit(f"the server has ended:\n{(folder / 'server.log').read_text()[-3000:]}")
        return json.loads(results.read_text())
    finally:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port, process, log):
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server does not start:\n{log.read_text()}")
            time.sleep(0.05)


def read_not_yet(protocol, file=NOT_YET):
    """Test ids that need not pass in a protocol, and those of them that pass now and then."""
    groups = tomllib.loads(file.read_text())["group"]
    not_yet, varying = set(), set()
    for group in groups:
        if protocol not in group.get("protocols", [2, 3]):
            continue
        for test in group["tests"]:
            if test in not_yet:
                sys.exit(f"{file.name} lists {test} twice")
            not_yet.add(test)
            if group.get("varies"):
                varying.add(test)
    return not_yet, varying


def compare(protocol, outcomes, not_yet, varying):
    problems = []
    for test, outcome in outcomes.items():
        if outcome["outcome"] == "failed" and test not in not_yet:
            problems.append(f"RESP{protocol}: FAILED {test}\n{outcome['detail']}\n")
        elif outcome["outcome"] != "failed" and test in not_yet - varying:
            problems.append(f"RESP{protocol}: {outcome['outcome']}, take it off the list: {test}")
    for test in sorted(not_yet - outcomes.keys()):
        problems.append(f"RESP{protocol}: on the list, but there is no such test: {test}")
    return problems


def report(protocol, outcomes):
    counts = Counter(outcome["outcome"] for outcome in outcomes.values())
    print(
        f"redis-py, RESP{protocol}: {counts['passed']} of {len(outcomes)} pass, "
        f"{counts['failed']} fail, {counts['skipped']} are skipped:"
    )
    skipped = [o["detail"] for o in outcomes.values() if o["outcome"] == "skipped"]
    for reason, count in Counter(skipped).most_common():
        print(f"  {count} x {reason}")


if __name__ == "__main__":
    sys.exit(main())
