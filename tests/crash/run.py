"""Servers that are killed at random moments while clients write: afterwards no acknowledged write is
missing, and every index says of the surviving keys what a look at each of them says.

    python tests/crash/run.py --rounds 20 --seed 1
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "server"))

import redis  # noqa: E402
from conftest import PRESENT, PROGRAMS, Server, info, until  # noqa: E402

from naive import SCHEMA, check, keyspace  # noqa: E402
from writer import Writer  # noqa: E402

WRITERS = 3

# Hashes share the vectors of indexes, where the server can have them do so.
SHARING = ("SHAREVECTORS", "YES")


class Round:
    """Servers, writers and what turned out wrong."""

    def __init__(self, program, seed, directory):
        self.program, self.seed, self.directory = program, seed, Path(directory)
        self.chance = random.Random(seed)
        self.servers, self.writers, self.wrong = [], [], []

    def server(self, *options):
        directory = self.directory / str(len(self.servers))
        directory.mkdir()
        server = Server(self.program, directory)
        server.options = options
        self.servers.append(server)
        return server.start(*options, module=SHARING)

    def define(self, server):
        client = server.client()
        client.execute_command("FT.CREATE", "idx", "PREFIX", "1", "d:", "SCHEMA", *SCHEMA.split())
        client.execute_command("FT.CREATE", "some", "PREFIX", "1", "d:1:", "SCHEMA", *SCHEMA.split())
        client.execute_command("FT.ALIASADD", "alias", "idx")

    def write_to(self, server):
        for number in range(WRITERS):
            writer = Writer(server, number, self.seed * 100 + number)
            self.writers.append(writer)
            writer.start()

    def redefine(self, server):
        """An index that comes while others write: it has everything once it says so."""
        self.pause(0.2)
        late = ("FT.CREATE", "late", "PREFIX", "1", "d:2:", "SCHEMA", *SCHEMA.split())
        server.client().execute_command(*late)

    def pause(self, most):
        time.sleep(self.chance.uniform(0.01, most))

    def kill(self, server):
        server.stop()  # By SIGKILL.
        self.join()

    def join(self):
        for writer in self.writers:
            writer.ended.set()
            writer.join(20)
            if writer.failure is not None:
                self.wrong.append(f"a writer failed: {writer.failure!r}")

    def check(self, server, acknowledged):
        client = server.client(protocol=2)
        names = sorted(name.decode() for name in client.execute_command("FT._LIST"))
        for name in names:
            until(lambda: is_complete(client, name))
        prefixes = {"idx": "d:", "some": "d:1:", "late": "d:2:"}
        for name in names:
            self.wrong += check(client, name, prefixes[name], self.seed)
        if acknowledged:
            documents = keyspace(client, "d:")
            for writer in self.writers:
                self.wrong += writer.missing(documents)
            if "idx" not in names or "some" not in names:
                self.wrong.append(f"of the indexes there are {names}")
            self.wrong += check(client, "alias", "d:", self.seed, queries=3)
        if info(client)["panics"]:
            self.wrong.append("the module panicked")

    def end(self):
        self.join()
        for server in self.servers:
            server.stop()


def is_complete(client, name):
    flat = client.execute_command("FT.INFO", name)
    return float(dict(zip(flat[::2], flat[1::2]))[b"percent_indexed"]) == 1


def killed_with_a_log(trial):
    """The append-only file is synchronised with each write: nothing acknowledged is lost."""
    preamble = trial.chance.choice(["yes", "no"])
    options = ("--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", preamble)
    server = trial.server(*options)
    trial.define(server)
    trial.write_to(server)
    if trial.chance.random() < 0.5:
        trial.redefine(server)
    if trial.chance.random() < 0.6:
        trial.pause(0.3)
        server.client().bgrewriteaof()
    trial.pause(0.6)
    trial.kill(server)
    server.start(*options, module=SHARING)
    trial.check(server, acknowledged=True)


def killed_after_a_snapshot(trial):
    """What the last whole snapshot has is there, and the indexes say the same."""
    server = trial.server()
    trial.define(server)
    trial.write_to(server)
    trial.pause(0.5)
    server.client().save()
    trial.pause(0.3)
    server.client().bgsave()
    if trial.chance.random() < 0.5:
        until(lambda: not server.client().info("persistence")["rdb_bgsave_in_progress"])
    else:
        trial.pause(0.05)
    trial.kill(server)
    server.start(module=SHARING)
    trial.check(server, acknowledged=False)
    if "left out" in server.log_text():
        trial.wrong.append("a whole snapshot had a section that was refused")


def failed_over(trial):
    """The primary is killed: its replica is promoted and a replica of that follows."""
    options = lambda: ("--repl-diskless-load", trial.chance.choice(["disabled", "swapdb"]))  # noqa: E731
    diskless = trial.chance.choice(["yes", "no"])
    primary = trial.server("--repl-diskless-sync", diskless)
    trial.define(primary)
    trial.write_to(primary)
    trial.pause(0.2)
    replica = trial.server("--repl-diskless-sync", diskless, *options())
    replica.client().replicaof("127.0.0.1", primary.port)
    follows(replica)
    chained = trial.server(*options())
    chained.client().replicaof("127.0.0.1", replica.port)
    if trial.chance.random() < 0.5:
        trial.redefine(primary)
    if trial.chance.random() < 0.4:
        # It lost its place, and gets everything anew or what it lacks.
        replica.client().execute_command("CLIENT", "KILL", "TYPE", "master")
    follows(chained)
    follows(replica)
    trial.pause(0.3)
    trial.kill(primary)
    replica.client().execute_command("REPLICAOF", "NO", "ONE")
    follows(chained)
    replica.client().hset("d:0:last", mapping={"g": "a", "n": "1"})
    replica.client().wait(1, 10_000)
    trial.check(replica, acknowledged=False)
    trial.check(chained, acknowledged=False)
    same = keyspace(replica.client(), "d:") == keyspace(chained.client(), "d:")
    if not same:
        trial.wrong.append("the replica's replica has other keys")


def follows(replica):
    until(lambda: replica.client().info("replication")["master_link_status"] == "up")


def sees_what_is_wrong(trial):
    """Not a round: a loss and an index that lacks documents are both told of."""
    server = trial.server()
    trial.write_to(server)
    until(lambda: all(writer.writes > 30 for writer in trial.writers))
    trial.join()
    client = server.client()
    lost = next(key for key in client.scan_iter(match="d:0:*") if client.type(key) == b"hash")
    late = ("FT.CREATE", "idx", "PREFIX", "1", "d:", "SKIPINITIALSCAN", "SCHEMA", *SCHEMA.split())
    client.execute_command(*late)
    told = check(server.client(protocol=2), "idx", "d:", trial.seed)
    if not told:
        trial.wrong.append("an empty index passes for a full one")
    client.delete(lost)
    if not trial.writers[0].missing(keyspace(client, "d:")):
        trial.wrong.append("a lost key passes for none")


KINDS = [killed_with_a_log, killed_with_a_log, killed_after_a_snapshot, failed_over]


def run(program, kind, seed):
    """Runs a round; what turned out wrong, and how many writes there were."""
    directory = tempfile.mkdtemp(prefix="nuthatch-crash-")
    trial = Round(PROGRAMS[program], seed, directory)
    try:
        kind(trial)
    except Exception:
        trial.wrong.append(traceback.format_exc())
        trial.wrong += [server.log_text()[-2000:] for server in trial.servers]
    finally:
        trial.end()
        shutil.rmtree(directory, ignore_errors=True)
    return trial.wrong, sum(writer.writes for writer in trial.writers)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each has the next")
    options = parser.parse_args()
    start, failed, writes = time.monotonic(), 0, 0
    wrong, _ = run(PRESENT[0], sees_what_is_wrong, options.seed)
    if wrong:
        print("FAILED: what is wrong is not seen:", *wrong, sep="\n  ")
        print("0 passed, 1 failed")
        return 1
    for seed in range(options.seed, options.seed + options.rounds):
        kind, program = KINDS[seed % len(KINDS)], PRESENT[seed // len(KINDS) % len(PRESENT)]
        wrong, written = run(program, kind, seed)
        writes += written
        if wrong:
            failed += 1
            print(f"FAILED seed {seed}, {program}, {kind.__name__}:", *wrong[:20], sep="\n  ")
    seconds = time.monotonic() - start
    passed = options.rounds - failed
    print(f"{writes} writes in {options.rounds} rounds")
    print(f"{passed} passed, {failed} failed in {seconds:.0f}s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
