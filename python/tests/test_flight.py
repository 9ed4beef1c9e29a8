"""One computation for concurrent equal prompts, in threads and in one loop, and what is stale."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np
import pytest

from nuthatch import AsyncSemanticCache, SemanticCache


def gather(count: int, work) -> list:
    """Runs a function in threads; what each gave or raised."""
    results: list = [None] * count

    def run(number: int) -> None:
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return results


def test_threads_compute_once(words) -> None:
    cache = SemanticCache(words)
    calls = []
    together = threading.Barrier(8)

    def compute(prompt: str) -> str:
        calls.append(prompt)
        time.sleep(0.05)
        return "computed"

    def work(_: int) -> str:
        together.wait()
        return cache.get_or_compute("a prompt", compute)

    assert gather(8, work) == ["computed"] * 8
    assert len(calls) == 1
    assert cache.stats().shared <= 7
    assert cache.get("a prompt").response == "computed"


def test_other_prompts_do_not_wait(words) -> None:
    cache = SemanticCache(words)
    inside = threading.Event()
    leave = threading.Event()

    def slow(prompt: str) -> str:
        inside.set()
        assert leave.wait(10)
        return "slow"

    thread = threading.Thread(target=lambda: cache.get_or_compute("a slow prompt", slow))
    thread.start()
    assert inside.wait(10)
    assert cache.get_or_compute("quite another question", lambda prompt: "fast") == "fast"
    leave.set()
    thread.join(10)
    assert cache.get("a slow prompt").response == "slow"


def test_a_failure_is_raised_to_all_and_kept_for_none(words) -> None:
    cache = SemanticCache(words)
    together = threading.Barrier(4)
    calls = []

    def fail(prompt: str) -> str:
        calls.append(prompt)
        time.sleep(0.05)
        raise LookupError("no answer")

    def work(_: int) -> str:
        together.wait()
        return cache.get_or_compute("a prompt", fail)

    assert all(isinstance(result, LookupError) for result in gather(4, work))
    assert len(calls) <= 4
    assert cache.get_or_compute("a prompt", lambda prompt: 1) == 1


def test_failures_are_remembered_when_asked(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, negative_ttl=10)
    calls = []

    def fail(prompt: str) -> str:
        calls.append(prompt)
        raise LookupError("no answer")

    for _ in range(3):
        with pytest.raises(LookupError):
            cache.get_or_compute("a prompt", fail)
    assert len(calls) == 1
    clock.sleep(10)
    with pytest.raises(LookupError):
        cache.get_or_compute("a prompt", fail)
    assert len(calls) == 2


def test_no_answer_is_not_kept(words) -> None:
    cache = SemanticCache(words)
    assert cache.get_or_compute("a prompt", lambda prompt: None) is None
    assert cache.stats().entries == 0


def test_a_computation_may_ask_for_itself(words) -> None:
    cache = SemanticCache(words)

    def compute(prompt: str) -> str:
        return cache.get_or_compute(prompt, lambda _: "inner")

    assert cache.get_or_compute("a prompt", compute) == "inner"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_waits_takes_over_when_the_leader_is_ended(words) -> None:
    cache = SemanticCache(words)
    inside = threading.Event()
    leave = threading.Event()

    def ended(prompt: str) -> str:
        inside.set()
        assert leave.wait(10)
        raise SystemExit

    leader = threading.Thread(target=lambda: cache.get_or_compute("a prompt", ended))
    leader.start()
    assert inside.wait(10)
    results = []
    follower = threading.Thread(
        target=lambda: results.append(cache.get_or_compute("a prompt", lambda prompt: "second"))
    )
    follower.start()
    leave.set()
    leader.join(10)
    follower.join(10)
    assert results == ["second"]


def test_what_is_stale_is_served_and_computed_anew(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, ttl=10, stale_for=100)
    assert cache.get_or_compute("a prompt", lambda prompt: "old") == "old"
    clock.sleep(11)
    assert cache.get("a prompt") is None
    assert cache.get("a prompt", allow_stale=True).stale
    done = threading.Event()

    def compute(prompt: str) -> str:
        done.set()
        return "new"

    assert cache.get_or_compute("a prompt", compute) == "old"
    assert done.wait(10)
    deadline = time.monotonic() + 10
    while cache.get("a prompt") is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert cache.get("a prompt").response == "new"
    clock.sleep(111)
    assert cache.get("a prompt", allow_stale=True) is None


def test_a_refresh_that_fails_leaves_the_stale_answer(words, clock) -> None:
    cache = SemanticCache(words, clock=clock, ttl=10, stale_for=100)
    cache.put("a prompt", "old")
    clock.sleep(11)
    done = threading.Event()

    def fail(prompt: str) -> str:
        done.set()
        raise LookupError

    assert cache.get_or_compute("a prompt", fail) == "old"
    assert done.wait(10)
    deadline = time.monotonic() + 10
    while not cache.stats().errors and time.monotonic() < deadline:
        time.sleep(0.01)
    assert cache.stats().errors == 1
    assert cache.get_or_compute("a prompt", lambda prompt: "new") in ("old", "new")


async def test_tasks_compute_once(words) -> None:
    cache = AsyncSemanticCache(words)
    calls = []

    async def compute(prompt: str) -> str:
        calls.append(prompt)
        await asyncio.sleep(0.02)
        return "computed"

    results = await asyncio.gather(*(cache.get_or_compute("a prompt", compute) for _ in range(20)))
    assert results == ["computed"] * 20
    assert len(calls) == 1
    assert (await cache.get("a prompt")).tier == "exact"


async def test_a_task_that_is_cancelled_gives_way(words) -> None:
    cache = AsyncSemanticCache(words)
    inside = asyncio.Event()

    async def never(prompt: str) -> str:
        inside.set()
        await asyncio.sleep(60)
        return "never"

    async def second(prompt: str) -> str:
        return "second"

    leader = asyncio.ensure_future(cache.get_or_compute("a prompt", never))
    await inside.wait()
    follower = asyncio.ensure_future(cache.get_or_compute("a prompt", second))
    quitter = asyncio.ensure_future(cache.get_or_compute("a prompt", second))
    await asyncio.sleep(0.05)
    quitter.cancel()
    leader.cancel()
    assert await asyncio.wait_for(follower, 10) == "second"
    for task in (leader, quitter):
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_failures_of_tasks(words) -> None:
    cache = AsyncSemanticCache(words)

    async def fail(prompt: str) -> str:
        await asyncio.sleep(0.02)
        raise LookupError

    results = await asyncio.gather(
        *(cache.get_or_compute("a prompt", fail) for _ in range(5)), return_exceptions=True
    )
    assert all(isinstance(result, LookupError) for result in results)
    assert await cache.get_or_compute("a prompt", lambda prompt: "plain function") == "plain function"
    words.fails = True
    assert await cache.get("quite another") is None
    assert await cache.put("quite another", 1) is None
    assert (await cache.stats()).errors == 2


async def test_the_asynchronous_calls(words, clock) -> None:
    async def embed(texts: list[str]) -> np.ndarray:
        await asyncio.sleep(0)
        return words(texts)

    cache = AsyncSemanticCache(embed, threshold=0.8, clock=clock, ttl=10, stale_for=100)
    key = await cache.put("some words of a prompt that is kept", 1, tags=["t"])
    assert (await cache.get("some words of a prompt that is asked")).tier == "semantic"
    assert await cache.put_many([("second thing", 2), ("third matter", 3)]) != []
    hits = await cache.get_many(["second thing", "nothing alike whatsoever"])
    assert [hit and hit.response for hit in hits] == [2, None]
    assert (await cache.explain("some words of a prompt"))[0].prompt.startswith("some words")
    assert await cache.invalidate(key=key) == 1
    calls = []

    @cache.cached()
    async def answer(prompt: str) -> str:
        calls.append(prompt)
        return f"answer {len(calls)}"

    assert [await answer("a question"), await answer("a question?")] == ["answer 1", "answer 1"]
    clock.sleep(11)
    assert await answer("a question") == "answer 1"
    for _ in range(500):
        if len(calls) == 2 and await cache.get("a question") is not None:
            break
        await asyncio.sleep(0.01)
    assert await answer("a question") == "answer 2"
    await cache.clear()
    assert (await cache.stats()).entries == 0
