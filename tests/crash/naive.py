"""What queries should find, by looking at every key."""

import random
import struct

WORDS = [f"w{i}" for i in range(30)]
TAGS = ["a", "b", "c", "d"]
# Enough for hashes to share vectors.
DIMENSIONS = 32
NEIGHBOURS = 10

SCHEMA = (
    "g TAG n NUMERIC SORTABLE t TEXT NOSTEM "
    f"v VECTOR FLAT 6 TYPE FLOAT32 DIM {DIMENSIONS} DISTANCE_METRIC L2 "
    f"h VECTOR HNSW 6 TYPE FLOAT32 DIM {DIMENSIONS} DISTANCE_METRIC L2"
)


def document(chance):
    """A random document: any of its fields may be absent."""
    vector = packed([chance.random() for _ in range(DIMENSIONS)])
    fields = {
        "g": ",".join(chance.sample(TAGS, chance.randint(1, 2))),
        "n": str(chance.randint(0, 99)),
        "t": " ".join(chance.choices(WORDS, k=chance.randint(1, 8))),
        "v": vector,
        "h": vector,
    }
    for name in list(fields):
        if len(fields) > 1 and chance.random() < 0.05:
            del fields[name]
    return {name: value if isinstance(value, bytes) else value.encode() for name, value in fields.items()}


def packed(vector):
    return struct.pack(f"<{len(vector)}f", *vector)


def keyspace(client, prefix):
    """Every hash under a prefix: key to fields."""
    found = {}
    for key in client.scan_iter(match=prefix + "*", count=1000):
        if client.type(key) == b"hash":
            fields = client.hgetall(key)
            if fields:
                found[key.decode()] = {name.decode(): value for name, value in fields.items()}
    return found


def tags(fields):
    return set(fields["g"].decode().split(",")) if "g" in fields else set()


def words(fields):
    return set(fields.get("t", b"").decode().split())


def number(fields):
    return float(fields["n"]) if "n" in fields else None


def clauses(chance):
    """A random query, and whether a document matches it."""
    tag, other = chance.sample(TAGS, 2)
    word, second = chance.sample(WORDS, 2)
    low = chance.randint(0, 90)
    high = low + chance.randint(0, 40)

    def in_range(fields):
        value = number(fields)
        return value is not None and low <= value <= high

    return chance.choice(
        [
            ("*", lambda _: True),
            (f"@g:{{{tag}}}", lambda f: tag in tags(f)),
            (f"@g:{{{tag}|{other}}}", lambda f: bool(tags(f) & {tag, other})),
            (f"@g:{{{tag}}} @g:{{{other}}}", lambda f: {tag, other} <= tags(f)),
            (f"-@g:{{{tag}}}", lambda f: tag not in tags(f)),
            (f"@n:[{low} {high}]", in_range),
            (f"@t:{word}", lambda f: word in words(f)),
            (f"{word} {second}", lambda f: {word, second} <= words(f)),
            (f"{word}|{second}", lambda f: bool(words(f) & {word, second})),
            (f"@t:{word} @n:[{low} {high}]", lambda f: word in words(f) and in_range(f)),
            (f"@t:{word} -@g:{{{tag}}}", lambda f: word in words(f) and tag not in tags(f)),
        ]
    )


def distance(fields, field, vector):
    own = struct.unpack(f"<{DIMENSIONS}f", fields[field])
    return sum((a - b) ** 2 for a, b in zip(own, vector))


def check(client, index, prefix, seed, queries=25):
    """Compares an index with the keys under its prefix; what differs, as lines."""
    chance = random.Random(seed)
    documents = keyspace(client, prefix)
    wrong = []
    for _ in range(queries):
        query, matches = clauses(chance)
        expected = sorted(key for key, fields in documents.items() if matches(fields))
        reply = client.execute_command("FT.SEARCH", index, query, "NOCONTENT", "LIMIT", "0", "1000000")
        found = sorted(key.decode() for key in reply[1:])
        if found != expected or reply[0] != len(expected):
            wrong.append(f"{index} {query}: total {reply[0]}, {differing(found, expected)}")
    wrong += check_sum(client, index, documents)
    wrong += check_vectors(client, index, documents, chance)
    return wrong


def differing(found, expected):
    lacking, excess = set(expected) - set(found), set(found) - set(expected)
    return f"of {len(expected)} lacks {sorted(lacking)[:5]}, has too many {sorted(excess)[:5]}"


def check_sum(client, index, documents):
    query = ("FT.AGGREGATE", index, "@n:[-inf inf]", "GROUPBY", "0")
    reply = client.execute_command(*query, "REDUCE", "COUNT", "0", "REDUCE", "SUM", "1", "@n")
    numbers = [number(fields) for fields in documents.values() if number(fields) is not None]
    row = [float(value) for value in reply[1][1::2]] if len(reply) > 1 else [0.0, 0.0]
    expected = [float(len(numbers)), sum(numbers)]
    return [] if row == expected else [f"{index}: count and sum {row}, not {expected}"]


def check_vectors(client, index, documents, chance):
    """FLAT finds the nearest, HNSW nearly all of them; both true distances."""
    wrong, hits, all_of_them = [], 0, 0
    for _ in range(5):
        vector = [chance.random() for _ in range(DIMENSIONS)]
        for field in ("v", "h"):
            near = sorted(distance(f, field, vector) for f in documents.values() if field in f)
            near = near[:NEIGHBOURS]
            query = f"*=>[KNN {NEIGHBOURS} @{field} $q AS d]"
            options = ("PARAMS", "2", "q", packed(vector), "RETURN", "1", "d", "SORTBY", "d")
            reply = client.execute_command("FT.SEARCH", index, query, *options)
            found = [float(row[1]) for row in reply[2::2]]
            for key, given in zip(reply[1::2], found):
                true = distance(documents.get(key.decode(), {field: packed(vector)}), field, vector)
                if abs(true - given) > 1e-4 or key.decode() not in documents:
                    wrong.append(f"{index} {field}: {key} at {given}, not {true}")
            if len(found) != len(near):
                wrong.append(f"{index} {field}: {len(found)} neighbours, not {len(near)}")
            elif field == "v" and any(abs(a - b) > 1e-4 for a, b in zip(found, near)):
                wrong.append(f"{index} {field}: neighbours at {found}, not {near}")
            elif field == "h" and near:
                hits += sum(one <= near[-1] + 1e-4 for one in found)
                all_of_them += len(near)
    if hits < 0.9 * all_of_them:
        wrong.append(f"{index} h: recall {hits} of {all_of_them}")
    return wrong
