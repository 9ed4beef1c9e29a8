"""The semantic cache."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, TypeVar

from .base import CacheBase, check
from .cached import Cached
from .entry import Candidate, Hit
from .file import read, write
from .keys import Context, Scope, part_digest, scope_parts, tag_digest
from .lookup import Request
from .memory import MemoryStore
from .stats import Stats
from .tune import Pair, Tuning, tune

T = TypeVar("T")


class SemanticCache(CacheBase):
    """Answers a prompt with the response of an earlier one that meant the same.

    A lookup goes through tiers: the same prompt (but for case, spaces and marks at its end) in the same
    scope needs no embedding; then the nearest prompts of the scope, of which the first is taken that is
    near enough, that the guard lets pass, and that `verify` confirms.

    Failures of the embedder or of the store never reach the application: a lookup is a miss, a put does
    nothing, both are counted and logged; `raise_errors=True` raises them. Wrong arguments always raise.

    All methods may be called from several threads. With `url` or `client`, several processes share the
    entries of one `name`; then responses are written with `dumps` (JSON).

    Args:
        embedder: Takes a list of n texts, gives n vectors, `[n, d]`; see `nuthatch.embed`.
        url: A server with the module, as `redis://localhost:6379`; needs redis-py.
        client: The same as a client of redis-py.
        engine: An engine in the process, for a cache that shares it; by default one of its own.
        name: Entries of another name are another cache, on the same server or engine.
        threshold: The least similarity of a hit, -1 to 1; or a function of the scope.
        scope: Parts of the scope that all calls share, as `{"model": "gpt"}`.
        k: How many of the nearest are judged.
        guard: Refuse prompts whose numbers, negations, names or directions differ; or a function of both
            prompts that says why not, or None.
        verify: Asked last, with both prompts: a cross-encoder, say. Refuses a hit with False.
        ttl: Seconds that an entry is served; for ever if None.
        tag_ttls: Seconds by tag; the shortest of an entry's counts.
        ttl_jitter: The share of its time by which an entry may go earlier, at random, 0 to 1: entries of
            one moment do not all go in one moment.
        sliding: Each use gives an entry its whole time again.
        stale_for: Seconds for which `get_or_compute` serves what is over, while it computes it anew.
        negative_ttl: Seconds for which a failure of the computation is raised again without trying; off
            if None.
        max_entries, max_bytes: Limits in the process; on a server its `maxmemory` rules.
        eviction: What goes first: "lru", "lfu", or "cost" (what is worth least by byte).
        fields: Names and types ("TAG", "NUMERIC", "TEXT") of metadata that `filter` can ask for.
        embedding_cache: Embeddings kept for texts that come again; 0 for none.
        flight_seconds: How long one computation may hold back others of the same prompt elsewhere.
        prices: Money per million tokens of prompt and response, by the scope's "model".
        raise_errors: See above.
        dumps, loads: How responses are written, on a server and into files.
        clock: Seconds since 1970; for tests.
    """

    def get(
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
        """The answer of an earlier prompt that means the same; None if there is none.

        Args:
            prompt: What is asked.
            scope: Parts of the scope, on top of the cache's own. Only entries of exactly this scope are
                seen: another model, system prompt or tenant is another scope.
            context: What was said before, one text or several; a part of the key and of the vector.
            tags: Tags that the entry must have, all of them.
            filter: A query over `fields`, as `@lang:{en} @year:[2020 +inf]`. It cannot reach into other
                scopes, whatever it says. With one, an exact match goes through the index too.
            threshold, k: Instead of the cache's own.
            allow_stale: Give what is over too, marked as such, while `stale_for` lasts.
        """
        asked = self._request(prompt, scope, context, tags, filter, threshold, k)
        return self._lookup_one(asked, allow_stale)

    def get_many(
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
        """As `get` for several prompts, with one call of the embedder for all that need it."""
        tags = tuple(tags)
        asked = [self._request(prompt, scope, None, tags, filter, threshold, k) for prompt in prompts]
        return self._lookup(asked, allow_stale)

    def put(
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
        """Keeps a response; it is found as soon as this returns.

        Args:
            prompt, scope, context: As in `get`.
            response: Anything in the process; what `dumps` can write on a server.
            tags: By which `invalidate` and `get` find it.
            metadata: Given back with a hit; values of `fields` can be asked for in filters.
            ttl: Seconds, instead of the cache's and the tags' own.
            tokens: Of prompt and response: what a hit saves.
            cost: Money that a hit saves; by default from `prices`.

        Returns:
            The entry's key, for `invalidate`; None if it could not be kept.
        """
        if ttl is not None:
            check(ttl=ttl)
        entry = self._entry(prompt, response, scope, context, tuple(tags), metadata, ttl, tokens, cost)
        return entry.key if self._keep_one(entry) else None

    def put_many(
        self,
        items: Iterable[tuple[str, Any]],
        *,
        scope: Scope | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        ttl: float | None = None,
    ) -> list[str]:
        """Keeps several responses, with one call of the embedder; their keys, or none at all."""
        check(ttl=ttl)
        tags = tuple(tags)
        entries = [
            self._entry(prompt, response, scope, None, tags, metadata, ttl, (0, 0), None)
            for prompt, response in items
        ]
        return [entry.key for entry in entries] if self._keep(entries) else []

    def get_or_compute(
        self,
        prompt: str,
        fn: Callable[[str], T],
        *,
        scope: Scope | None = None,
        context: Context = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, Any] | None = None,
        filter: str | None = None,
        threshold: float | None = None,
        ttl: float | None = None,
    ) -> T:
        """The cached answer, or that of `fn(prompt)`, which is then kept unless it is None.

        While one thread computes, others with the same prompt wait for its answer, and, on a server,
        other processes do. What is stale is served at once and computed anew in a thread. What `fn`
        raises is raised, to all who waited.
        """
        check(ttl=ttl)
        tags = tuple(tags)
        asked = self._request(prompt, scope, context, tags, filter, threshold, None)

        def compute() -> T:
            with self._observers.step("compute", count=1):
                response = fn(prompt)
            if response is not None:
                self.put(
                    prompt, response, scope=scope, context=context, tags=tags, metadata=metadata, ttl=ttl
                )
            return response

        with self._observers.step("get_or_compute", count=1) as facts:
            response, facts["source"] = self._got_or_computed(asked, compute)
        return response

    def _got_or_computed(self, asked: Request, compute: Callable[[], T]) -> tuple[T, str]:
        """The answer, and where it is from."""
        hit = self._lookup_one(asked, self._stale_for > 0)
        if hit is not None:
            if hit.stale:
                self._flights.refresh(asked.key, compute, self._note)
            return hit.response, "cache"

        def again() -> Hit | None:
            return self._fresh(asked)

        response, shared = self._flights.run(asked.key, compute, again, self._failed)
        if shared:
            self._counters.add("shared")
        return response, "shared" if shared else "computed"

    def cached(
        self,
        *,
        prompt: Callable[..., str] | None = None,
        scope: Scope | Callable[..., Scope] | None = None,
        tags: Iterable[str] = (),
        ttl: float | None = None,
    ) -> Cached:
        """A decorator: the function's results come through `get_or_compute`.

        Args:
            prompt: Gives the prompt of a call from its arguments; by default the first one, which must
                be a str.
            scope: The scope, or what gives it from the arguments. Arguments that change the answer
                belong in it.
            tags, ttl: As in `put`.
        """
        check(ttl=ttl)
        return Cached(self, prompt, scope, tuple(tags), ttl)

    def invalidate(
        self,
        *,
        key: str | None = None,
        prompt: str | None = None,
        scope: Scope | None = None,
        context: Context = None,
        tags: Iterable[str] = (),
        filter: str | None = None,
    ) -> int:
        """Deletes entries: one by `key`, or by `prompt` with its scope and context; or all that have every
        one of some `tags` and parts of a `scope`, and that match a `filter` over `fields`, as
        `invalidate(scope={"tenant": "acme"}, filter="@year:[-inf 2020]")`.

        With a scope of the cache's own, nothing outside of it is deleted, but by `key`.

        Returns:
            How many there were; 0 too when the store failed.
        """
        tags = tuple(tags)
        if key is None and prompt is None and not tags and not scope and filter is None:
            raise ValueError("invalidate what? Give key, prompt, tags, scope or filter; clear() deletes all")
        several = bool(tags) or filter is not None
        if (key is not None) + (prompt is not None) + several > 1 or (key is not None and scope):
            raise ValueError(
                "invalidate takes key, or prompt with its scope, or tags, parts of a scope and a filter"
            )

        def run() -> int:
            if key is not None:
                return self._store.delete([key])
            if prompt is not None:
                asked = self._request(prompt, scope, context, (), None, None, None)
                return self._store.delete([asked.key])
            parts = {**self._scope, **scope_parts(scope)}
            labels = [part_digest(name, value) for name, value in parts.items()]
            labels += [tag_digest(tag) for tag in tags]
            return self._store.delete(self._store.find(labels, filter))

        with self._observers.step("invalidate") as facts:
            facts["deleted"] = self._safely("invalidate", run, 0)
        return int(facts["deleted"])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all entries of a cache in the process into a file, with their times to live, and in the
        order in which they would go. Responses are written with `dumps`.

        The file that was there before gives way when the new one is whole and on the disk, never
        earlier. It has a checksum.

        Raises:
            Error: It cannot be written; the text says why.
            TypeError: A response cannot be written by `dumps`.
            ValueError: The entries are on a server, which saves them itself.
        """
        write(path, self._memory("save").kept(), self._dumps)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Replaces all entries of a cache in the process by those of a file that `save` wrote.

        Those whose time is over meanwhile are not served, and limits of this cache hold for what comes.

        Raises:
            Error: It cannot be read, is none of a cache, or is damaged; nothing has changed then.
            ValueError: The entries are on a server.
        """
        store = self._memory("load")
        store.replace(read(path, self._loads))

    def _memory(self, call: str) -> MemoryStore:
        if not isinstance(self._store, MemoryStore):
            raise ValueError(
                f"{call} is for a cache in the process: the server keeps the entries of this one"
            )
        return self._store

    def clear(self) -> None:
        """Deletes all entries of this cache."""
        self._safely("clear", self._store.clear, None)

    def stats(self) -> Stats:
        """What it has done so far, and how much it holds."""
        for name, count in self._store.take_counts().items():
            self._counters.add(name, count)
        entries, size = self._safely("stats", self._store.size, (0, 0))
        for name, count in self._store.take_counts().items():
            self._counters.add(name, count)
        return self._counters.snapshot(entries, size)

    def reset_stats(self) -> None:
        """Sets all counts to zero."""
        self._store.take_counts()
        self._counters.reset()

    def explain(
        self,
        prompt: str,
        *,
        scope: Scope | None = None,
        context: Context = None,
        tags: Iterable[str] = (),
        filter: str | None = None,
        threshold: float | None = None,
        k: int | None = None,
    ) -> list[Candidate]:
        """The entries nearest to a prompt and what speaks against each; nothing is counted.

        Raises:
            Exception: Whatever the embedder or the store raises: who asks why wants to know.
        """
        asked = self._request(prompt, scope, context, tags, filter, threshold, k)
        near = self._store.nearest(self._embeddings.one(asked.text), asked)
        return self._judge.explain(asked, near)

    def tune(self, pairs: Iterable[Pair], *, target_precision: float = 0.97) -> Tuning:
        """What each threshold would give on pairs of prompts of which it is known whether they mean the same.

        Args:
            pairs: `(prompt, other, same)`.
            target_precision: What `Tuning.recommended` is to reach, 0 to 1.
        """
        return tune(pairs, self._embeddings, self._judge.difference, target_precision)

    def __repr__(self) -> str:
        return f"<nuthatch.SemanticCache {self.name!r}>"

    def _repr_html_(self) -> str:
        return self.stats()._repr_html_()
