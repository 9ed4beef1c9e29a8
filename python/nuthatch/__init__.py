"""Nuthatch: vector and full-text search in the process, and a semantic cache.

`Engine` is the search engine without a server. `embedded_client()` is a `redis.Redis` on one.
`SemanticCache` answers a prompt that means what an earlier one meant. `server()` starts a real Valkey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._native import Error
from .aio import AsyncEngine
from .cache import AsyncSemanticCache, Hit, SemanticCache
from .engine import Engine
from .index import Index, Neighbours
from .results import Results, Row

if TYPE_CHECKING:
    from ._server import module_path, server
    from .client import async_embedded_client, embedded_client

__version__ = "0.1.0"

__all__ = [
    "AsyncEngine",
    "AsyncSemanticCache",
    "Engine",
    "Error",
    "Hit",
    "Index",
    "Neighbours",
    "Results",
    "Row",
    "SemanticCache",
    "async_embedded_client",
    "embedded_client",
    "module_path",
    "server",
]


def __getattr__(name: str) -> object:
    """Loads what needs an optional package when it is first asked for."""
    if name in ("embedded_client", "async_embedded_client"):
        from . import client

        return getattr(client, name)
    if name in ("server", "module_path"):
        from . import _server

        return getattr(_server, name)
    raise AttributeError(f"module 'nuthatch' has no attribute {name!r}")
