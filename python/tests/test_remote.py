"""The semantic cache on a server: the same promises, between processes too."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest

from nuthatch import AsyncSemanticCache, SemanticCache


@pytest.fixture(params=[2, 3])
def client(url, request):
    import redis

    client = redis.Redis.from_url(url, protocol=request.param)
    yield client
    client.close()


def test_the_tiers(client, words) -> None:
    cache = SemanticCache(words, client=client, threshold=0.8, raise_errors=True)
    assert cache.get("nothing yet") is None
    key = cache.put(
        "some words of a prompt that is kept here", {"text": "ä"}, metadata={"n": 1}, tokens=(1, 2), cost=0.5
    )
    hit = cache.get("Some words of a prompt that is kept here!")
    assert (hit.tier, hit.response, hit.metadata, hit.key) == ("exact", {"text": "ä"}, {"n": 1}, key)
    assert cache.get("some words of a prompt that is kept there").tier == "semantic"
    assert cache.get("some words of a prompt that is kept here 2") is None
    assert cache.get_many(["some words of a prompt that is kept", "entirely else"])[1] is None
    assert cache.stats().entries == 1
    assert cache.stats().tokens_saved >= 6
    assert cache.invalidate(key=key) == 1
    assert cache.get("some words of a prompt that is kept here") is None


def test_scopes_tags_and_filters(client, words) -> None:
    cache = SemanticCache(
        words, client=client, threshold=-1.0, guard=False, raise_errors=True, fields={"lang": "TAG"}
    )
    for tenant in ("acme", "acme} | @scope:{*", "*"):
        cache.put("a prompt", tenant, scope={"tenant": tenant}, tags=["t", "x:y|z"], metadata={"lang": "en"})
    for tenant in ("acme", "acme} | @scope:{*", "*"):
        assert cache.get("another thing", scope={"tenant": tenant}).response == tenant
        found = cache.get("another thing", scope={"tenant": tenant}, filter="*) | (*", k=10)
        assert found is None or found.response == tenant
    assert cache.get("another thing", scope={"tenant": "acme"}, filter="@lang:{de}") is None
    assert cache.get("a prompt", scope={"tenant": "acme"}, tags=["x:y|z"]).response == "acme"
    assert cache.invalidate(tags=["t"], scope={"tenant": "*"}) == 1
    for filter in ("@lang:{en}) | (*", "*) | (@lang:{en}", "@lang:{en}"):
        assert cache.invalidate(filter=filter, scope={"tenant": "globex"}) == 0
    assert cache.invalidate(filter="@lang:{en}", scope={"tenant": "acme"}) == 1
    assert cache.invalidate(tags=["x:y|z"]) == 1


def test_two_caches_see_the_same(client, words) -> None:
    one = SemanticCache(words, client=client, raise_errors=True)
    other = SemanticCache(words, client=client, raise_errors=True)
    one.put("a prompt", 1)
    assert other.get("a prompt").response == 1
    other.clear()
    assert one.get("a prompt") is None
    assert one.get("a prompt of more words") is None
    one.put("a prompt", 2)
    assert other.get("a prompt").response == 2
    smaller = SemanticCache(lambda texts: [[1.0, 2.0]] * len(texts), client=client, raise_errors=True)
    with pytest.raises(ValueError, match="gave 2 dimensions, and the entries of the cache 'cache' have 256"):
        smaller.put("a prompt", 3)


def test_the_server_expires(client, words) -> None:
    cache = SemanticCache(words, client=client, ttl=0.3, raise_errors=True)
    sliding = SemanticCache(words, client=client, name="sliding", ttl=0.6, sliding=True, raise_errors=True)
    cache.put("a prompt", 1)
    sliding.put("a prompt", 1)
    assert cache.get("a prompt") is not None
    for _ in range(4):
        time.sleep(0.25)
        assert sliding.get("a prompt") is not None
    assert cache.get("a prompt") is None
    assert cache.stats().entries == 0


def test_stale_answers_come_from_the_server_too(client, words) -> None:
    cache = SemanticCache(words, client=client, ttl=0.1, stale_for=60, raise_errors=True)
    cache.put("a prompt", "old")
    time.sleep(0.15)
    assert cache.get("a prompt") is None
    assert cache.get_or_compute("a prompt", lambda prompt: "new") == "old"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        hit = cache.get("a prompt", allow_stale=True)
        if hit is not None and hit.response == "new":
            break
        time.sleep(0.01)
    assert hit is not None
    assert hit.response == "new"


def test_one_computation_for_two_clients(url, words) -> None:
    calls = []
    together = threading.Barrier(2)
    results = []

    def work() -> None:
        cache = SemanticCache(words, url=url, raise_errors=True)
        together.wait()

        def compute(prompt: str) -> str:
            calls.append(prompt)
            time.sleep(0.2)
            return "computed"

        results.append(cache.get_or_compute("a prompt", compute))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == ["computed"] * 2
    assert len(calls) == 1


_PROCESS = """
import sys, time, zlib, numpy as np
from nuthatch import SemanticCache
def embed(texts):
    return np.stack([np.random.default_rng(zlib.crc32(text.encode())).standard_normal(8) for text in texts])
def compute(prompt):
    print("computed", flush=True)
    time.sleep(0.5)
    return "answer"
cache = SemanticCache(embed, url=sys.argv[1], raise_errors=True)
print(cache.get_or_compute("a prompt", compute))
"""


def test_one_computation_for_two_processes(url) -> None:
    command = [sys.executable, "-c", _PROCESS, url]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate(timeout=60)[0].split() for process in running]
    assert [output[-1] for output in outputs] == ["answer"] * 3
    assert sum(output.count("computed") for output in outputs) == 1


def test_a_server_that_is_gone_is_a_miss(words) -> None:
    cache = SemanticCache(words, url="redis://127.0.0.1:1")
    assert cache.get("a prompt") is None
    assert cache.put("a prompt", 1) is None
    assert cache.get_or_compute("a prompt", lambda prompt: "computed") == "computed"
    assert cache.invalidate(prompt="a prompt") == 0
    assert cache.stats().errors > 3


def test_what_json_cannot_write_is_written_as_told(client, words) -> None:
    cache = SemanticCache(words, client=client)
    assert cache.put("a prompt", {1, 2}) is None
    own = SemanticCache(
        words,
        client=client,
        dumps=lambda value: json.dumps(sorted(value)),
        loads=lambda text: set(json.loads(text)),
    )
    own.put("a prompt", {1, 2})
    assert own.get("a prompt").response == {1, 2}


async def test_the_asynchronous_cache_on_a_server(url, words) -> None:
    cache = AsyncSemanticCache(words, url=url, raise_errors=True)
    await cache.put("a prompt", 1)
    assert (await cache.get("a prompt")).response == 1
    assert await cache.get_or_compute("other words entirely", lambda prompt: 2) == 2
