"""The semantic cache: an answer once computed serves every prompt that means the same.

`SemanticCache` and `AsyncSemanticCache`, in the process or on a server.
"""

from __future__ import annotations

from .aio import AsyncSemanticCache
from .core import SemanticCache
from .entry import Candidate, Entry, Hit
from .guard import Facts, difference, facts
from .stats import Stats
from .tune import Tuning

__all__ = [
    "AsyncSemanticCache",
    "Candidate",
    "Entry",
    "Facts",
    "Hit",
    "SemanticCache",
    "Stats",
    "Tuning",
    "difference",
    "facts",
]
