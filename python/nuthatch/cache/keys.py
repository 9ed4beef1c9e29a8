"""Normal forms and digests: which prompts are the same, and which scopes.

Whatever a user names, a tenant or a tag, goes into queries as a digest, so nothing in a name can change
what a query means.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Union

from .._native import entry_key as _key_of_ascii

Context = Union[str, Sequence[str], None]
Scope = Mapping[str, object]

_SEPARATOR = b"\x1f"


def normal(prompt: str) -> str:
    """A prompt without what does not matter: forms of letters, case, white space, marks at its end."""
    text = prompt.lower() if prompt.isascii() else unicodedata.normalize("NFKC", prompt).casefold()
    return " ".join(text.split()).rstrip(" .!?…")


def turns(context: Context) -> tuple[str, ...]:
    """What was said before, oldest first."""
    if context is None:
        return ()
    return (context,) if isinstance(context, str) else tuple(context)


def digest(*parts: str | bytes) -> str:
    """128 bits of the parts, as hexadecimal digits; where one ends matters."""
    total = blake2b(digest_size=16)
    for part in parts:
        total.update(_framed(part))
    return total.hexdigest()


def scope_digest(scope: Scope) -> str:
    """The digest of a whole scope; the order of its names does not matter, the type of values does."""
    parts: list[str] = []
    for name in sorted(scope):
        parts += (name, _value(scope[name]))
    return digest("scope", *parts)


def part_digest(name: str, value: object) -> str:
    """The digest of one name of a scope with its value."""
    return digest("part", name, _value(value))


def tag_digest(tag: str) -> str:
    """The digest of a tag."""
    return digest("tag", tag)


def labels(scope: Scope, tags: Iterable[str]) -> frozenset[str]:
    """All by which an entry can be found without its prompt."""
    parts = [part_digest(name, value) for name, value in scope.items()]
    return frozenset(parts + [tag_digest(tag) for tag in tags])


def entry_key(prompt: str, scope: str, context: tuple[str, ...]) -> str:
    """The key of a prompt in a scope."""
    key = None if context else _key_of_ascii(prompt, scope)
    return general_key(prompt, scope, context) if key is None else key


def general_key(prompt: str, scope: str, context: tuple[str, ...]) -> str:
    """The same of any prompt in any context."""
    total = _keys_of(scope).copy()
    total.update(_framed(normal(prompt)))
    for turn in context:
        total.update(_framed(turn))
    return total.hexdigest()


def text_to_embed(prompt: str, context: tuple[str, ...]) -> str:
    """What the vector is made of: what was said before, then the prompt."""
    return prompt if not context else "\n".join((*context, prompt))


def scope_parts(scope: Scope | None) -> dict[str, object]:
    """A scope without the names that have no value."""
    return {name: value for name, value in (scope or {}).items() if value is not None}


@lru_cache(maxsize=1024)
def _keys_of(scope: str) -> blake2b:
    """The digest of a key as far as all of a scope have it in common."""
    total = blake2b(digest_size=16)
    total.update(_framed("key") + _framed(scope))
    return total


def _framed(part: str | bytes) -> bytes:
    data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
    return len(data).to_bytes(8, "little") + data


def _value(value: object) -> str:
    kind = type(value).__name__
    return f"{kind}:{value!r}" if not isinstance(value, str) else f"str:{value}"
