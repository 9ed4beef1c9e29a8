"""Which entry goes when a cache in the process is full."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from typing import Callable, Protocol


class Policy(Protocol):
    """The order in which entries go."""

    def added(self, key: str, size: int, cost: float) -> None:
        """An entry came, or came anew."""
        ...

    def used(self, key: str) -> None:
        """An entry was a hit."""
        ...

    def removed(self, key: str) -> None:
        """An entry went."""
        ...

    def victim(self) -> str:
        """The one that goes next; there is one."""
        ...

    def clear(self) -> None:
        """All went."""
        ...

    def order(self) -> list[tuple[str, int]]:
        """All, the one that goes next first, and how often each was used."""
        ...

    def restored(self, key: str, uses: int) -> None:
        """An entry was used so often before it came."""
        ...


class Unlimited:
    """None goes: for a cache without limits, which need not keep an order."""

    def added(self, key: str, size: int, cost: float) -> None:
        """Nothing to note."""

    def used(self, key: str) -> None:
        """Nothing to note."""

    def removed(self, key: str) -> None:
        """Nothing to note."""

    def victim(self) -> str:
        """Never asked for."""
        raise LookupError("a cache without limits is never full")

    def clear(self) -> None:
        """Nothing to note."""

    def order(self) -> list[tuple[str, int]]:
        """There is none."""
        return []

    def restored(self, key: str, uses: int) -> None:
        """Nothing to note."""


class Lru:
    """The one goes that was not used for the longest time."""

    def __init__(self) -> None:
        self._order: OrderedDict[str, None] = OrderedDict()

    def added(self, key: str, size: int, cost: float) -> None:
        """Counts as a use."""
        self._order[key] = None
        self._order.move_to_end(key)

    def used(self, key: str) -> None:
        """Makes it the last to go."""
        self._order.move_to_end(key)

    def removed(self, key: str) -> None:
        """Forgets it."""
        self._order.pop(key, None)

    def victim(self) -> str:
        """The least recently used."""
        return next(iter(self._order))

    def clear(self) -> None:
        """Forgets all."""
        self._order.clear()

    def order(self) -> list[tuple[str, int]]:
        """By their last use; how often does not matter."""
        return [(key, 1) for key in self._order]

    def restored(self, key: str, uses: int) -> None:
        """Does not matter."""


class _Ranked:
    """The one of the lowest rank goes; of equal ones the one that was ranked first.

    Ranks change with each use; a heap keeps old ones until they come up, and is made anew when most of
    it is old.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[float, int]] = {}
        self._uses: dict[str, int] = {}
        self._weights: dict[str, float] = {}
        self._heap: list[tuple[float, int, str]] = []
        self._number = 0
        self._floor = 0.0

    def _rank(self, key: str) -> float:
        raise NotImplementedError

    def added(self, key: str, size: int, cost: float) -> None:
        """Ranks it as used once."""
        self._uses[key] = 1
        self._weights[key] = max(cost, 1e-9) / max(size, 1)
        self._push(key)

    def used(self, key: str) -> None:
        """Ranks it higher."""
        self._uses[key] += 1
        self._push(key)

    def removed(self, key: str) -> None:
        """Forgets it."""
        self._entries.pop(key, None)
        self._uses.pop(key, None)
        self._weights.pop(key, None)

    def victim(self) -> str:
        """That of the lowest rank."""
        while True:
            rank, number, key = self._heap[0]
            if self._entries.get(key) == (rank, number):
                self._floor = rank
                return key
            heapq.heappop(self._heap)

    def clear(self) -> None:
        """Forgets all."""
        self._entries.clear()
        self._uses.clear()
        self._weights.clear()
        self._heap.clear()
        self._floor = 0.0

    def order(self) -> list[tuple[str, int]]:
        """By their ranks."""
        return [(key, self._uses[key]) for key in sorted(self._entries, key=self._entries.__getitem__)]

    def restored(self, key: str, uses: int) -> None:
        """Ranks it anew."""
        self._uses[key] = max(1, uses)
        self._push(key)

    def _push(self, key: str) -> None:
        self._number += 1
        entry = (self._rank(key), self._number)
        self._entries[key] = entry
        heapq.heappush(self._heap, (*entry, key))
        if len(self._heap) > 4 * len(self._entries) + 64:
            self._heap = [(rank, number, held) for held, (rank, number) in self._entries.items()]
            heapq.heapify(self._heap)


class Lfu(_Ranked):
    """The one goes that was used least often; of those, the one not used for the longest time."""

    def _rank(self, key: str) -> float:
        return float(self._uses[key])


class CostAware(_Ranked):
    """The one goes that is worth least: uses × cost ÷ bytes, on top of what the last one to go was worth,
    so that what was precious long ago goes too (GreedyDual-Size-Frequency, Cherkasova 1998).
    """

    def _rank(self, key: str) -> float:
        return self._floor + self._uses[key] * self._weights[key]


POLICIES: dict[str, Callable[[], Policy]] = {"lru": Lru, "lfu": Lfu, "cost": CostAware}
"""By their names."""
