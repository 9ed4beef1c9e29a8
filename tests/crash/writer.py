"""Clients that write at random and know what was acknowledged."""

import random
import threading

import redis

from naive import document

GONE = None


class Writer(threading.Thread):
    """Writes to keys of its own until the server goes away."""

    def __init__(self, server, number, seed):
        super().__init__(daemon=True)
        self.client = server.client()
        self.prefix = f"d:{number}:"
        self.chance = random.Random(seed)
        # What was acknowledged, by key.
        self.acknowledged = {}
        # What was asked for and not acknowledged yet: key to content.
        self.asked = {}
        self.writes = 0
        self.failure = None
        self.ended = threading.Event()

    def run(self):
        try:
            while not self.ended.is_set():
                self.write()
        except redis.ConnectionError:
            pass
        except Exception as failure:  # Told of by the round.
            self.failure = failure

    def write(self):
        kind = self.chance.random()
        if kind < 0.15:
            self.write_several()
            return
        key = self.key()
        now = self.acknowledged.get(key, GONE)
        if kind < 0.5 or not now:
            fields = document(self.chance)
            self.ask({key: {**(now or {}), **fields}}, lambda it: it.hset(key, mapping=fields))
        elif kind < 0.65:
            self.ask({key: GONE}, lambda it: it.unlink(key))
        elif kind < 0.75:
            name = self.chance.choice(sorted(now))
            rest = {field: value for field, value in now.items() if field != name}
            self.ask({key: rest or GONE}, lambda it: it.hdel(key, name))
        elif kind < 0.85:
            other = self.key()
            if other != key:
                self.ask({key: GONE, other: now}, lambda it: it.rename(key, other))
        elif kind < 0.9:
            self.ask({key: GONE}, lambda it: it.set(key, "no hash"))
            self.ask({key: GONE}, lambda it: it.delete(key))
        else:
            self.ask({key: {**now, "n": b"7"}}, lambda it: it.hset(key, "n", "7"))

    def write_several(self):
        """A transaction: all of it or nothing."""
        after, pipeline = {}, self.client.pipeline(transaction=True)
        for _ in range(self.chance.randint(1, 5)):
            key, fields = self.key(), document(self.chance)
            pipeline.delete(key)
            pipeline.hset(key, mapping=fields)
            after[key] = fields
        self.ask(after, lambda _: pipeline.execute())

    def ask(self, after, write):
        self.asked = after
        write(self.client)
        self.acknowledged.update(after)
        self.asked = {}
        self.writes += 1

    def key(self):
        return f"{self.prefix}{self.chance.randint(0, 60)}"

    def missing(self, documents):
        """Acknowledged writes that are not among the surviving documents."""
        own = {key: fields for key, fields in documents.items() if key.startswith(self.prefix)}

        def same(expected):
            return {key: value for key, value in expected.items() if value} == own

        if same(self.acknowledged) or same({**self.acknowledged, **self.asked}):
            return []
        lines = []
        for key in sorted(set(self.acknowledged) | set(own)):
            given, known = own.get(key), self.acknowledged.get(key) or None
            if given != known and key not in self.asked:
                lines.append(f"{key}: {given}, and {known} was acknowledged")
        return lines or [f"{self.prefix}: {self.asked} was done in part"]
