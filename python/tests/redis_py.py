"""Runs redis-py's own search tests on an engine in the process, without any server.

    python python/tests/redis_py.py

As tests/clients/run.py, whose list of tests that do not pass yet applies here too. Others that cannot pass
here need commands of a server that an engine has not; they are told by the command that is missing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "clients"))

import run as clients  # noqa: E402

# What a server has and an engine in the process has not.
MISSING = re.compile(r"unknown command '(CONFIG|INFO|JSON\.\w+|MODULE|CLIENT|SET|HGETEX|HSETEX)")


def main() -> int:
    """Runs both protocols; the number of tests that fail for another reason."""
    sources = clients.fetch_sources()
    problems: list[str] = []
    for protocol in (3, 2):
        with tempfile.TemporaryDirectory() as folder:
            outcomes = outcomes_of(sources, protocol, Path(folder))
        clients.report(protocol, outcomes)
        known = clients.read_not_yet(protocol)
        elsewhere = 0
        for test, outcome in outcomes.items():
            if outcome["outcome"] != "failed" or test in known:
                continue
            if MISSING.search(outcome["detail"]):
                elsewhere += 1
            else:
                problems.append(f"RESP{protocol}: FAILED {test}\n{outcome['detail']}\n")
        print(f"  {elsewhere} need commands of a server")
    for problem in problems:
        print(problem)
    print(f"{len(problems)} failed")
    return len(problems)


def outcomes_of(sources: Path, protocol: int, folder: Path) -> dict[str, dict[str, str]]:
    """Outcomes by test id."""
    results = folder / "outcomes.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "outcomes",
        "-p",
        "redis_py_plugin",
        *clients.FILES,
    ]
    command += ["--timeout", str(clients.SECONDS_PER_TEST), "--tb", "native", "-o", "filterwarnings="]
    command += ["--protocol", "2"] if protocol == 2 else []
    # Nobody listens there: the suite asks for facts of a server before its first test.
    command += ["--redis-url", "redis://127.0.0.1:1/0", "--redis-mod-url", "redis://127.0.0.1:1"]
    folders = [str(ROOT / "tests" / "clients"), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "OUTCOMES": str(results)}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    ended = subprocess.run(command, cwd=sources, env=environment, capture_output=True, text=True, check=False)
    if not results.exists():
        sys.exit(f"pytest did not run:\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}")
    outcomes: dict[str, dict[str, str]] = json.loads(results.read_text())
    return outcomes


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
