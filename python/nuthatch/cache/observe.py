"""Who wants to know what a cache does while it does it: traces and metrics.

An observer is called with the name of a step and what is known of it, and gives a context manager that is
entered before the step and left after it. What becomes known meanwhile is in the same dict by then.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Hit

_LOG = logging.getLogger("nuthatch.cache")

Facts = dict[str, Any]
Observer = Callable[[str, Facts], AbstractContextManager[Any]]
"""Called as `observer(step, facts)`.

Steps are "get", "put", "embed", "verify", "get_or_compute", "compute", "invalidate". Facts have the name of
the cache as "cache", how many prompts, entries or texts it is about as "count", and "error", a failure that
the application does not see. A "get" of one prompt has "tier" ("exact", "semantic", "miss"), "similarity",
"stale", "prompt" and "matched", one of several has "hits"; "get_or_compute" has "source" ("cache",
"computed", "shared"), "invalidate" has "deleted".
"""


_FACTS: ContextVar[Facts | None] = ContextVar("nuthatch_cache_facts", default=None)
"""Of the step that is under way in this task or thread."""


class Observers:
    """The observers of a cache."""

    def __init__(self, cache: str) -> None:
        self._cache = cache
        self._all: tuple[Observer, ...] = ()
        self.there_are = False

    def add(self, observer: Observer) -> None:
        """One more."""
        if not callable(observer):
            kind = type(observer).__name__
            raise TypeError(f"observer is of type {kind}: it must be callable with a step and its facts")
        self._all = (*self._all, observer)
        self.there_are = True

    def step(self, name: str, **known: Any) -> AbstractContextManager[Facts]:
        """A step, observed by all; an observer that fails is logged, and harms nothing."""
        return self._step(name, {"cache": self._cache, **known}) if self._all else nullcontext({})

    @contextmanager
    def _step(self, name: str, facts: Facts) -> Iterator[Facts]:
        outer = _FACTS.set(facts)
        try:
            with ExitStack() as stack:
                for observer in self._all:
                    try:
                        stack.enter_context(_Harmless(observer(name, facts)))
                    except Exception as error:
                        _log(error)
                yield facts
        finally:
            _FACTS.reset(outer)

    def failed(self, error: BaseException) -> None:
        """A failure in the step that is under way, which goes no further."""
        facts = _FACTS.get()
        if facts is not None:
            facts["error"] = error

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose calls are steps; a list that it takes is what the step is about."""

        def observed(*arguments: Any) -> Any:
            if not self._all:
                return function(*arguments)
            first = arguments[0]
            with self.step(name, count=len(first) if isinstance(first, list) else 1):
                return function(*arguments)

        return observed


class _Harmless:
    """What an observer gave, without what it raises itself."""

    def __init__(self, inner: AbstractContextManager[Any]) -> None:
        self._inner = inner

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        try:
            self._inner.__exit__(kind, value, trace)
        except BaseException as error:
            if error is value:
                return
            if not isinstance(error, Exception):
                raise
            _log(error)


def outcome(hits: Sequence[Hit | None], prompts: Sequence[str]) -> Facts:
    """What is known of a lookup when it is over."""
    if len(hits) != 1:
        return {"hits": sum(hit is not None for hit in hits)}
    [hit] = hits
    if hit is None:
        return {"tier": "miss", "prompt": prompts[0]}
    return {
        "tier": hit.tier,
        "similarity": hit.similarity,
        "stale": hit.stale,
        "prompt": prompts[0],
        "matched": hit.prompt,
    }


def _log(error: BaseException) -> None:
    _LOG.warning("an observer failed: %s: %s", type(error).__name__, error)
