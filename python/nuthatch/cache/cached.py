"""The decorator of a cache."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from .keys import Scope

if TYPE_CHECKING:
    from .core import SemanticCache

F = TypeVar("F", bound=Callable[..., Any])


def prompt_of(function: Callable[..., str] | None, arguments: tuple[Any, ...], named: dict[str, Any]) -> str:
    """The prompt of a call.

    Raises:
        TypeError: It is no str.
    """
    if function is not None:
        prompt: Any = function(*arguments, **named)
    elif arguments:
        prompt = arguments[0]
    else:
        prompt = next(iter(named.values()), None)
    if not isinstance(prompt, str):
        raise TypeError(
            f"the prompt of a cached call is of type {type(prompt).__name__}: its first argument "
            "must be a str, or prompt= of the decorator must give one"
        )
    return prompt


def scope_of(
    scope: Scope | Callable[..., Scope] | None, arguments: tuple[Any, ...], named: dict[str, Any]
) -> Scope | None:
    """The scope of a call."""
    return scope(*arguments, **named) if callable(scope) else scope


class Cached:
    """What `SemanticCache.cached` gives."""

    def __init__(
        self,
        cache: SemanticCache,
        prompt: Callable[..., str] | None,
        scope: Scope | Callable[..., Scope] | None,
        tags: tuple[str, ...],
        ttl: float | None,
    ) -> None:
        self._cache = cache
        self._prompt = prompt
        self._scope = scope
        self._tags = tags
        self._ttl = ttl

    def __call__(self, function: F) -> F:
        """The function with the cache before it."""
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{function.__name__} is asynchronous: AsyncSemanticCache.cached is for it")

        @functools.wraps(function)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            return self._cache.get_or_compute(
                prompt_of(self._prompt, arguments, named),
                lambda _: function(*arguments, **named),
                scope=scope_of(self._scope, arguments, named),
                tags=self._tags,
                ttl=self._ttl,
            )

        return wrapper  # type: ignore[return-value]
