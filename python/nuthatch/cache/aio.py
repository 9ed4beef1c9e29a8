"""The semantic cache for asyncio."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any, Callable, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..embed import Embedder
from .cached import prompt_of, scope_of
from .core import SemanticCache
from .entry import Candidate, Entry, Hit
from .keys import Context, Scope, text_to_embed
from .lookup import Request
from .observe import Observer, outcome
from .stats import Stats

T = TypeVar("T")


class AsyncSemanticCache:
    """A `SemanticCache` whose calls are awaited, with one computation for concurrent equal prompts of a loop.

    The embedder may be a coroutine function. What would block, the store and an embedder that is none,
    runs in threads. `cache` is the synchronous cache on the same entries.

    Args:
        embedder: As of `SemanticCache`, or a coroutine function.
        options: As of `SemanticCache`.
    """

    def __init__(self, embedder: Embedder | Callable[[list[str]], Awaitable[Any]], **options: Any) -> None:
        self._embedder = embedder
        # An object may be called through a coroutine function of its class.
        called = getattr(type(embedder), "__call__", None)
        self._is_async = inspect.iscoroutinefunction(embedder) or inspect.iscoroutinefunction(called)
        self.cache = SemanticCache(_only_awaited if self._is_async else embedder, **options)
        self._flights: dict[str, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def observe(self, observer: Observer) -> None:
        """As `SemanticCache.observe`."""
        self.cache.observe(observer)

    async def get(
        self,
        prompt: str,
        *,
        scope: Scope | None = None,
        context: Context = None,
        tags: Iterable[str] = (),
        filter: str | None = None,
        threshold: float | None = None,
        k: int | None = None,
        allow_stale: bool = False,
    ) -> Hit | None:
        """As `SemanticCache.get`."""
        asked = self.cache._request(prompt, scope, context, tags, filter, threshold, k)
        return (await self._lookup([asked], allow_stale))[0]

    async def get_many(
        self,
        prompts: Sequence[str],
        *,
        scope: Scope | None = None,
        tags: Iterable[str] = (),
        filter: str | None = None,
        threshold: float | None = None,
        k: int | None = None,
        allow_stale: bool = False,
    ) -> list[Hit | None]:
        """As `SemanticCache.get_many`."""
        tags = tuple(tags)
        request = self.cache._request
        asked = [request(prompt, scope, None, tags, filter, threshold, k) for prompt in prompts]
        return await self._lookup(asked, allow_stale)

    async def put(
        self,
        prompt: str,
        response: Any,
        *,
        scope: Scope | None = None,
        context: Context = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        ttl: float | None = None,
        tokens: tuple[int, int] = (0, 0),
        cost: float | None = None,
    ) -> str | None:
        """As `SemanticCache.put`."""
        entry = self.cache._entry(prompt, response, scope, context, tuple(tags), metadata, ttl, tokens, cost)
        return entry.key if await self._keep([entry]) else None

    async def put_many(
        self,
        items: Iterable[tuple[str, Any]],
        *,
        scope: Scope | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        ttl: float | None = None,
    ) -> list[str]:
        """As `SemanticCache.put_many`."""
        tags = tuple(tags)
        entries = [
            self.cache._entry(prompt, response, scope, None, tags, metadata, ttl, (0, 0), None)
            for prompt, response in items
        ]
        return [entry.key for entry in entries] if await self._keep(entries) else []

    async def get_or_compute(
        self,
        prompt: str,
        fn: Callable[[str], T | Awaitable[T]],
        *,
        scope: Scope | None = None,
        context: Context = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        filter: str | None = None,
        threshold: float | None = None,
        ttl: float | None = None,
    ) -> T:
        """As `SemanticCache.get_or_compute`; `fn` may be a coroutine function.

        When the task that computes is cancelled, one of those that wait computes instead.
        """
        tags = tuple(tags)
        cache = self.cache
        asked = cache._request(prompt, scope, context, tags, filter, threshold, None)

        async def compute() -> T:
            with cache._observers.step("compute", count=1):
                result = fn(prompt)
                response: T = cast(T, await result if inspect.isawaitable(result) else result)
            if response is not None:
                await self.put(
                    prompt, response, scope=scope, context=context, tags=tags, metadata=metadata, ttl=ttl
                )
            return response

        with cache._observers.step("get_or_compute", count=1) as facts:
            hit = (await self._lookup([asked], cache._stale_for > 0))[0]
            if hit is None:
                response, shared = await self._one_flight(asked, compute)
                facts["source"] = "shared" if shared else "computed"
                return response
            facts["source"] = "cache"
        if hit.stale and asked.key not in self._flights:
            task = asyncio.ensure_future(self._refresh(asked, compute))
            # The loop itself holds tasks only weakly.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return hit.response  # type: ignore[no-any-return]

    def cached(
        self,
        *,
        prompt: Callable[..., str] | None = None,
        scope: Scope | Callable[..., Scope] | None = None,
        tags: Iterable[str] = (),
        ttl: float | None = None,
    ) -> Callable[[Callable[..., Awaitable[T]]], Callable[..., Awaitable[T]]]:
        """A decorator of coroutine functions; as `SemanticCache.cached`."""
        tags = tuple(tags)

        def decorate(function: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
            @functools.wraps(function)
            async def wrapper(*arguments: Any, **named: Any) -> T:
                return await self.get_or_compute(
                    prompt_of(prompt, arguments, named),
                    lambda _: function(*arguments, **named),
                    scope=scope_of(scope, arguments, named),
                    tags=tags,
                    ttl=ttl,
                )

            return wrapper

        return decorate

    async def invalidate(self, **what: Any) -> int:
        """As `SemanticCache.invalidate`."""
        return await asyncio.to_thread(functools.partial(self.cache.invalidate, **what))

    async def save(self, path: str | os.PathLike[str]) -> None:
        """As `SemanticCache.save`."""
        await asyncio.to_thread(self.cache.save, path)

    async def load(self, path: str | os.PathLike[str]) -> None:
        """As `SemanticCache.load`."""
        await asyncio.to_thread(self.cache.load, path)

    async def clear(self) -> None:
        """As `SemanticCache.clear`."""
        await asyncio.to_thread(self.cache.clear)

    async def stats(self) -> Stats:
        """As `SemanticCache.stats`."""
        return await asyncio.to_thread(self.cache.stats)

    async def explain(self, prompt: str, **options: Any) -> list[Candidate]:
        """As `SemanticCache.explain`."""
        text = text_to_embed(
            prompt, self.cache._request(prompt, None, options.get("context"), (), None, None, None).context
        )
        await self._vectors([text])
        return await asyncio.to_thread(functools.partial(self.cache.explain, prompt, **options))

    async def _lookup(self, asked: list[Request], allow_stale: bool) -> list[Hit | None]:
        observers = self.cache._observers
        if not observers.there_are:
            return await self._looked_up(asked, allow_stale)
        with observers.step("get", count=len(asked)) as facts:
            hits = await self._looked_up(asked, allow_stale)
            facts.update(outcome(hits, [one.prompt for one in asked]))
            return hits

    async def _looked_up(self, asked: list[Request], allow_stale: bool) -> list[Hit | None]:
        cache = self.cache
        start = time.perf_counter()
        hits: list[Hit | None] = [None] * len(asked)
        try:
            found = await asyncio.to_thread(lambda: [cache._exact(one, allow_stale) for one in asked])
            hits[:] = found
            rest = [position for position, hit in enumerate(hits) if hit is None]
            if rest:
                missed = [asked[position] for position in rest]
                vectors = await self._vectors([one.text for one in missed])
                near = await asyncio.to_thread(cache._semantic, missed, vectors, allow_stale)
                for position, hit in zip(rest, near):
                    hits[position] = hit
        except Exception as error:
            cache._failed("get", error)
        seconds = (time.perf_counter() - start) / max(len(asked), 1)
        for hit in hits:
            cache._count(hit, seconds)
        return hits

    async def _keep(self, entries: list[Entry]) -> bool:
        with self.cache._observers.step("put", count=len(entries)):
            return await self._kept(entries)

    async def _kept(self, entries: list[Entry]) -> bool:
        try:
            vectors = await self._vectors([text_to_embed(entry.prompt, entry.context) for entry in entries])
        except Exception as error:
            self.cache._failed("put", error)
            return False
        return await asyncio.to_thread(self.cache._kept, entries, vectors)

    async def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        embeddings = self.cache._embeddings
        if not texts:
            return np.empty((0, 0), dtype=np.float32)
        if not self._is_async:
            return await asyncio.to_thread(embeddings, texts)
        known = embeddings.known(texts)
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if new:
            with self.cache._observers.step("embed", count=len(new)):
                vectors = await self._embedder(new)
            known.update(embeddings.keep(new, vectors))
        return np.stack([known[text] for text in texts])

    async def _one_flight(self, asked: Request, compute: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """The answer, and whether it is another's."""
        flights, cache = self._flights, self.cache
        cache._flights.raise_remembered(asked.key)
        while True:
            flight = flights.get(asked.key)
            if flight is None:
                break
            try:
                # Shielded: who waits may be cancelled without the others.
                response: T = await asyncio.shield(flight)
            except asyncio.CancelledError:
                if flight.cancelled():
                    continue
                raise
            cache._counters.add("shared")
            return response, True
        mine: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        flights[asked.key] = mine
        try:
            response, shared = await self._lead(asked, compute)
        except asyncio.CancelledError:
            del flights[asked.key]
            mine.cancel()
            raise
        except Exception as error:
            del flights[asked.key]
            cache._flights.remember(asked.key, error)
            mine.set_exception(error)
            # Nobody may be waiting.
            mine.exception()
            raise
        del flights[asked.key]
        mine.set_result(response)
        if shared:
            cache._counters.add("shared")
        return response, shared

    async def _lead(self, asked: Request, compute: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """Computes for the whole loop, if no other process does."""
        cache = self.cache
        deadline = time.monotonic() + cache._flights.seconds
        pause = 0.005
        token: str | None = None
        while token is None:
            try:
                token = await asyncio.to_thread(cache._store.acquire, asked.key, cache._flights.seconds)
            except Exception as error:
                cache._failed("acquire", error)
                token = ""
            if token is None:
                if time.monotonic() >= deadline:
                    token = ""
                    break
                await asyncio.sleep(pause)
                pause = min(2 * pause, 0.2)
                hit = await asyncio.to_thread(cache._fresh, asked)
                if hit is not None:
                    return hit.response, True
        try:
            hit = await asyncio.to_thread(cache._fresh, asked)
            if hit is not None:
                return hit.response, True
            return await compute(), False
        finally:
            if token:
                try:
                    await asyncio.shield(asyncio.to_thread(cache._store.release, asked.key, token))
                except Exception as error:
                    cache._failed("release", error)

    async def _refresh(self, asked: Request, compute: Callable[[], Awaitable[Any]]) -> None:
        try:
            await self._one_flight(asked, compute)
        except Exception as error:
            self.cache._note("refresh", error)


def _only_awaited(texts: list[str]) -> Any:
    raise TypeError("the embedder is a coroutine function: await the methods of AsyncSemanticCache instead")
