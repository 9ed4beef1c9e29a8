"""Hostile input through the wire: commands with any bytes as any of their arguments. Whatever comes, the
server answers every command, no panic is counted, and what was indexed is found afterwards.

    python tests/fuzz/wire.py --commands 100000 --seed 1
"""

import argparse
import random
import struct
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "server"))

import redis  # noqa: E402
from conftest import PRESENT, PROGRAMS, Server, document, info  # noqa: E402

VECTOR = struct.pack("<2f", 1, 2)
FIELD = b"v VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2".split()

# Commands that are right, to be bent.
SEEDS = [
    b"FT.CREATE x ON HASH PREFIX 1 d: LANGUAGE french SCORE 0.5 SCHEMA t TEXT WEIGHT 2 SORTABLE g TAG SEPARATOR ; n NUMERIC",
    b"FT.CREATE y STOPWORDS 1 the TEMPORARY 100 SCHEMA p GEO s GEOSHAPE FLAT",
    [b"FT.CREATE", b"z", b"FILTER", b"@n > 1", b"SCHEMA", *FIELD],
    b"FT._CREATEIFNX x SCHEMA t TEXT",
    b"FT.ALTER idx SCHEMA ADD z NUMERIC",
    b"FT.DROPINDEX x DD",
    b"FT._DROPINDEXIFX y",
    b"FT.DROP z KEEPDOCS",
    b"FT.ALIASADD a idx",
    b"FT.ALIASUPDATE a idx",
    b"FT.ALIASDEL a",
    b"FT.ALIASLIST idx",
    b"FT._LIST",
    b"FT.INFO idx",
    b"FT.SEARCH idx hello NOCONTENT LIMIT 0 5 WITHSCORES WITHSORTKEYS SORTBY n DESC INKEYS 1 d:1 SCORER TFIDF",
    b"FT.SEARCH idx @g:{x|y} RETURN 3 t AS u SUMMARIZE FRAGS 2 LEN 5 HIGHLIGHT FIELDS 1 t TAGS <b> </b>",
    [b"FT.SEARCH", b"idx", b"(@n:[1 (5] -@t:%helo%)=>{$weight: 2}", b"SLOP", b"3", b"INORDER", b"DIALECT", b"2"],
    [b"FT.SEARCH", b"idx", b"*=>[KNN 3 @v $q EF_RUNTIME 20 AS d]", b"PARAMS", b"2", b"q", VECTOR, b"SORTBY", b"d"],
    [b"FT.SEARCH", b"idx", b"@v:[VECTOR_RANGE 3 $q]=>{$yield_distance_as: d}", b"PARAMS", b"2", b"q", VECTOR],
    [b"FT.SEARCH", b"idx", b"w'h*l?o' ~*ell* \"hello world\" ismissing(@g)", b"EXPLAINSCORE", b"WITHSCORES"],
    [b"FT.SEARCH", b"idx", b"*", b"FACETS", b"1", b"g", b"FILTERJSON", b'{"n": {"$gt": 3}}', b"AFTER", b"0"],
    [b"FT.AGGREGATE", b"idx", b"*", b"LOAD", b"2", b"@n", b"@g", b"APPLY", b"sqrt(@n) + strlen(@g) * 2", b"AS", b"a",
     b"FILTER", b"@a > 1 && !(@n == 3)", b"GROUPBY", b"1", b"@g", b"REDUCE", b"SUM", b"1", b"@n", b"AS", b"s",
     b"SORTBY", b"2", b"@s", b"DESC", b"MAX", b"5", b"LIMIT", b"0", b"3"],
    b"FT.AGGREGATE idx * WITHCURSOR COUNT 2 MAXIDLE 100 LOAD *",
    b"FT.AGGREGATE idx * GROUPBY 0 REDUCE QUANTILE 2 @n 0.5 REDUCE TOLIST 1 @g REDUCE FIRST_VALUE 4 @n BY @g ASC",
    b"FT.CURSOR READ idx 1 COUNT 5",
    b"FT.CURSOR DEL idx 1",
    b"FT.EXPLAIN idx hello|world",
    b"FT.EXPLAINCLI idx hello",
    b"FT.PROFILE idx SEARCH QUERY hello",
    [b"FT.HYBRID", b"idx", b"SEARCH", b"hello", b"VSIM", b"@v", b"$q", b"KNN", b"2", b"K", b"3", b"COMBINE", b"RRF", b"2",
     b"CONSTANT", b"60", b"PARAMS", b"2", b"q", VECTOR],
    b"FT.TAGVALS idx g",
    b"FT.GET idx d:1",
    b"FT.MGET idx d:1 d:2 d:3",
    b"FT.SPELLCHECK idx helo DISTANCE 2 TERMS INCLUDE words",
    b"FT.SYNUPDATE idx 1 SKIPINITIALSCAN hello hi",
    b"FT.SYNDUMP idx",
    b"FT.SUGADD s hello 1 INCR PAYLOAD p",
    b"FT.SUGGET s he FUZZY MAX 3 WITHSCORES WITHPAYLOADS",
    b"FT.SUGDEL s hello",
    b"FT.SUGLEN s",
    b"FT.DICTADD words hello",
    b"FT.DICTDEL words hello",
    b"FT.DICTDUMP words",
    b"FT.CONFIG GET *",
    b"FT.CONFIG SET MINPREFIX 2",
    b"FT._DEFINE NUTHATCH",
]

NUMBERS = [
    b"0", b"-0", b"-1", b"1", b"2", b"127", b"128", b"255", b"65536", b"4294967295", b"4294967296", b"2147483648",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"18446744073709551615",
    b"99999999999999999999999", b"1e308", b"1e999", b"-1e999", b"nan", b"inf", b"-inf", b"0.1", b"1e-320", b"00", b"+1", b"0x10",
]

BYTES = [
    b"", b" ", b"\x00", b"\xff", b"\xff\xfe\xfd", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98\x80", b"\r\n", b"*", b"$", b"@", b"@:", b"(",
    b"(" * 200, b")" * 200, b"[" * 50, b"{" * 50, b"-" * 300, b"~" * 300, b"|" * 100, b'"', b"'", b"\\", b"%%%", b"%" * 9,
    b"=>", b"=>[KNN", b"=>{$weight:", b"@v:[VECTOR_RANGE", b"a" * 70_000, b"a " * 5_000, b"a|" * 3_000, b"*a* " * 300, b"?" * 60, b"w'" + b"*" * 80 + b"'",
    b"\x7f\x80", VECTOR, VECTOR[:-1], struct.pack("<2f", float("nan"), float("inf")), struct.pack("<2f", 3e38, -3e38),
    b"POLYGON((0 0, 1 1, 2 0, 0 0))", b"POINT(1e400 nan)", b"180 90", b"@n:[nan inf]", b"{\"a\":" * 60,
    b"((((1+1)*2)^3)%0)", b"/" * 50, b"timefmt(9e99)", b"substr('a',-9,99999999999)", b"split(@g,'')", b"format('%s%s%s%s')",
]


def words(seeds):
    split = [seed if isinstance(seed, list) else seed.split() for seed in seeds]
    return split, sorted({word for command in split for word in command})


COMMANDS, WORDS = words(SEEDS)


def bent(chance):
    """A command with something wrong, or with all of it right."""
    command = list(chance.choice(COMMANDS))
    for _ in range(chance.choice([0, 1, 1, 1, 2, 3, 6])):
        place = chance.randint(1, len(command))
        kind = chance.randint(0, 5)
        if kind == 0 and place < len(command):
            del command[place]
        elif kind == 1:
            command.insert(place, argument(chance))
        elif kind == 2 and place < len(command):
            command[place] = mutated(chance, command[place])
        elif kind == 3 and place < len(command):
            other = chance.randint(1, len(command) - 1)
            command[place], command[other] = command[other], command[place]
        elif kind == 4 and place < len(command):
            command[place:place] = command[place:] * chance.randint(1, 3)
        elif place < len(command):
            command[place] = argument(chance)
    return [tame(word) for word in command[:400]]


def tame(word):
    """No setting may take the time limit away: a query is to end while this waits for it."""
    return b"TIMEOUT_" if word.upper() in (b"TIMEOUT", b"AGGREGATEMEMORY", b"ON_TIMEOUT") else word


def argument(chance):
    kind = chance.randint(0, 3)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind == 1:
        return chance.choice(BYTES)
    if kind == 2:
        return chance.choice(WORDS)
    return chance.randbytes(chance.choice([1, 2, 3, 8, 8, 100]))


def mutated(chance, word):
    word = bytearray(word)
    for _ in range(chance.randint(1, 3)):
        place = chance.randint(0, len(word))
        kind = chance.randint(0, 2)
        if kind == 0:
            word[place:place] = chance.randbytes(1)
        elif kind == 1 and place < len(word):
            word[place] = chance.randint(0, 255)
        elif place < len(word):
            del word[place : place + chance.randint(1, 4)]
    return bytes(word)


def prepare(client):
    client.execute_command("FT.CREATE", "idx", "PREFIX", "1", "d:", "SCHEMA", *"t TEXT SORTABLE g TAG n NUMERIC".split(), *FIELD)
    for i in range(50):
        client.hset(f"d:{i}", mapping=document("x", f"hello world number{i}", i, (i, i % 5)))


def hash_write(chance):
    """A document with any bytes in its fields."""
    pairs = [word for name in (b"t", b"g", b"n", b"v", b"p", b"s", b"__score", b"__language") for word in (name, argument(chance))]
    return [b"HSET", b"d:" + chance.choice(NUMBERS), *pairs]


def run(program, commands, seed):
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="nuthatch-fuzz-") as directory:
        server = Server(PROGRAMS[program], directory).start(module=("TIMEOUT", "50"))
        try:
            return attack(server, chance, commands)
        finally:
            server.stop()


def attack(server, chance, commands):
    """Sends commands; what is wrong, and how many were refused."""
    client, refused, done, batch = server.client(), 0, 0, []
    prepare(client)
    try:
        while done < commands:
            client = server.client(protocol=chance.choice([2, 3]))
            batch = [hash_write(chance) if chance.random() < 0.1 else bent(chance) for _ in range(50)]
            pipeline = client.pipeline(transaction=chance.random() < 0.1)
            for command in batch:
                pipeline.execute_command(*command)
            try:
                replies = pipeline.execute(raise_on_error=False)
            except redis.ResponseError:  # A transaction that was refused as a whole.
                replies = []
            refused += sum(isinstance(reply, redis.ResponseError) for reply in replies)
            done += len(batch)
            panics = info(client)["panics"] if done % 1000 < 50 else 0
            if panics:
                return [f"{panics} panics", server.log_text()[-3000:]], refused
            client.close()
        return aftermath(server), refused
    except (redis.ConnectionError, redis.TimeoutError, AssertionError) as failure:
        return [repr(failure), server.log_text()[-3000:], *map(repr, batch)], refused


def aftermath(server):
    """The server is as good as before."""
    client = server.client()
    if info(client)["panics"]:
        return [server.log_text()[-3000:]]
    client.flushall()
    prepare(client)
    reply = client.execute_command("FT.SEARCH", "idx", "@g:{x} hello", "NOCONTENT", "LIMIT", "0", "0")
    return [] if reply == [50] else [f"afterwards: {reply}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start, failed = time.monotonic(), 0
    for program in PRESENT:
        wrong, refused = run(program, options.commands, options.seed)
        print(f"{program}: {options.commands} commands, {refused} refused")
        if wrong:
            failed += 1
            print(f"FAILED {program}, seed {options.seed}:", *wrong, sep="\n  ")
    seconds = time.monotonic() - start
    print(f"{len(PRESENT) - failed} passed, {failed} failed in {seconds:.0f}s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
