"""The same of any commands in any order: `NUTHATCH_SHARED_SEEDS` says how many times."""

import os
import random

import pytest
import redis
from conftest import until
from test_shared_vectors import NAMES, OUTSIDE, assert_holds, create, hexpire, settled, vector


class Random:
    """Any commands, and what every hash must hold by then."""

    def __init__(self, client, other, seed):
        self.clients, self.source = (client, other), random.Random(seed)
        self.models = [{}, {}]

    def step(self):
        number = self.source.random() < 0.15
        client, model = self.clients[number], self.models[number]
        key = self.source.choice(NAMES + OUTSIDE)
        getattr(self, self.source.choice(self.STEPS))(client, model, key, number)

    STEPS = (
        *["write"] * 8, *["write_same"] * 2, *["tag"] * 3, *["delete"] * 4, *["rename"] * 4, *["copy"] * 2, *["move"] * 2,
        *["dump"] * 2, *["remove_field"] * 2, *["expire_field"] * 2, *["text"] * 2, *["expire"] * 1, *["script"] * 2,
        *["definitions"] * 1, *["switch"] * 1, "rare",
    )  # fmt: skip

    def write(self, client, model, key, _):
        fields = {b"v": vector(self.source), b"t": self.source.choice([b"x", b"y"])}
        client.hset(key, mapping=fields)
        model.setdefault(key, {}).update(fields)

    def write_same(self, client, model, key, _):
        if model.get(key, {}).get(b"v"):
            client.hset(key, "v", model[key][b"v"])

    def tag(self, client, model, key, _):
        value = self.source.choice([b"x", b"y"])
        client.hset(key, "t", value)
        model.setdefault(key, {})[b"t"] = value

    def delete(self, client, model, key, _):
        (client.unlink if self.source.random() < 0.5 else client.delete)(key)
        model.pop(key, None)

    def rename(self, client, model, key, _):
        target = self.source.choice(NAMES + OUTSIDE)
        if key in model:
            client.rename(key, target)
            model[target] = model.pop(key)

    def copy(self, client, model, key, _):
        target = self.source.choice(NAMES + OUTSIDE)
        if key in model and key != target:
            client.copy(key, target, replace=True)
            model[target] = dict(model[key])

    def move(self, client, model, key, number):
        other = self.models[not number]
        if client.move(key, int(not number)):
            other[key] = model.pop(key)

    def dump(self, client, model, key, _):
        target = self.source.choice(NAMES + OUTSIDE)
        if key in model:
            client.restore(target, 0, client.dump(key), replace=True)
            model[target] = dict(model[key])

    def remove_field(self, client, model, key, _):
        client.hdel(key, "v")
        model.get(key, {}).pop(b"v", None)
        if not model.get(key):
            model.pop(key, None)

    def expire_field(self, client, model, key, _):
        if b"v" not in model.get(key, {}):
            return
        kind = self.source.randrange(4)
        if kind == 0:
            client.execute_command("HGETEX", key, "EX", 1_000, "FIELDS", 1, "v")
        elif kind == 1:
            model[key][b"v"] = vector(self.source)
            client.execute_command("HSETEX", key, "EX", 1_000, "FIELDS", 1, "v", model[key][b"v"])
        elif kind == 2:
            client.execute_command("HPERSIST", key, "FIELDS", 1, "v")
        else:
            hexpire(client, key, 1)
            until(lambda: client.hget(key, "v") is None)
            del model[key][b"v"]
            if not model[key]:
                model.pop(key)
                until(lambda: not client.exists(key))

    def text(self, client, model, key, _):
        client.set(key, "text")
        client.delete(key)
        model.pop(key, None)

    def expire(self, client, model, key, _):
        client.pexpire(key, 1)
        until(lambda: not client.exists(key))
        model.pop(key, None)

    def script(self, client, model, key, _):
        if key in model and key != "o:s":
            value = vector(self.source)
            client.eval("redis.call('RENAME', KEYS[1], 'o:s'); redis.call('HSET', KEYS[1], 'v', ARGV[1])", 1, key, value)
            model["o:s"], model[key] = model[key], {b"v": value}

    def definitions(self, client, _model, _key, _):
        name = self.source.choice(["a", "b"])
        try:
            create(client, name, *self.source.choice([(), ("FILTER", "@t=='x'")]))
        except redis.ResponseError:
            client.execute_command("FT.DROPINDEX", name)

    def switch(self, client, _model, _key, _):
        client.config_set("search.sharevectors", self.source.choice(["yes", "yes", "no"]))

    def rare(self, client, model, _key, number):
        kind = self.source.randrange(12)
        if kind == 0:
            client.flushdb(asynchronous=self.source.random() < 0.5)
            model.clear()
        elif kind == 1:
            client.swapdb(0, 1)
            self.models.reverse()
        elif kind == 2:
            client.execute_command("DEBUG", "RELOAD")
        elif kind == 3:
            try:
                client.bgsave()
            except redis.ResponseError:
                pass
        elif kind == 4:
            client.execute_command("DEBUG", "LOADAOF") if client.config_get("appendonly")["appendonly"] == "yes" else None

    def check(self):
        for client, model in zip(self.clients, self.models, strict=True):
            assert_holds(client, model)
            assert client.dbsize() == len(model)


@pytest.mark.parametrize("seed", range(int(os.environ.get("NUTHATCH_SHARED_SEEDS", "3"))))
def test_any_commands(sharing, seed):
    steps = Random(sharing.client(), sharing.client(db=1), seed)
    create(steps.clients[0], "a")
    for number in range(3_000):
        steps.step()
        if number % 50 == 0:
            steps.check()
    steps.check()
    steps.clients[0].config_set("search.sharevectors", "no")
    settled(steps.clients[0])
    steps.check()
