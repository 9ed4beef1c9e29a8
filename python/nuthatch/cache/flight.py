"""One computation for concurrent equal prompts: among threads, and among processes on a server."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import Any, Callable, TypeVar

from .entry import Hit
from .store import Store

T = TypeVar("T")
Failed = Callable[[str, BaseException], None]

_FIRST_WAIT = 0.005
_LONGEST_WAIT = 0.2
"""Seconds between two looks whether another process is done: doubled from the one to the other."""


class _Abandoned(Exception):
    """The thread that computed was ended; another takes its place."""


class _Flight:
    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self.thread = threading.get_ident()


class Flights:
    """The computations that are under way, and failures that are remembered."""

    def __init__(
        self,
        store: Store,
        seconds: float,
        negative_ttl: float | None,
        clock: Callable[[], float],
    ) -> None:
        if not seconds > 0:
            raise ValueError(f"flight_seconds is {seconds}: it must be a positive number of seconds")
        self._store = store
        self.seconds = seconds
        self._negative_ttl = negative_ttl
        self._clock = clock
        self._lock = threading.Lock()
        self._flights: dict[str, _Flight] = {}
        self._failures: dict[str, tuple[float, Exception]] = {}

    def run(
        self, key: str, compute: Callable[[], T], again: Callable[[], Hit | None], failed: Failed
    ) -> tuple[T, bool]:
        """Computes, or waits for who does; the answer, and whether it is another's.

        `again` looks whether the answer is there by now. A computation that asks for itself does not
        wait for itself.
        """
        self.raise_remembered(key)
        while True:
            with self._lock:
                flight = self._flights.get(key)
                if flight is None:
                    mine = self._flights[key] = _Flight()
                    break
            if flight.thread == threading.get_ident():
                return compute(), False
            try:
                return flight.future.result(), True
            except _Abandoned:
                continue
        try:
            response, shared = self._lead(key, compute, again, failed)
        except Exception as error:
            self.remember(key, error)
            self._end(key)
            mine.future.set_exception(error)
            raise
        except BaseException:
            # The thread is being ended: who waits must not end with it.
            self._end(key)
            mine.future.set_exception(_Abandoned())
            raise
        self._end(key)
        mine.future.set_result(response)
        return response, shared

    def refresh(self, key: str, compute: Callable[[], Any], failed: Failed) -> None:
        """Computes in a thread of its own, if nobody does already; nobody waits. `failed` must not raise."""
        with self._lock:
            if key in self._flights:
                return
            mine = self._flights[key] = _Flight()

        def work() -> None:
            mine.thread = threading.get_ident()
            result = None
            try:
                result, _ = self._lead(key, compute, lambda: None, failed, waits=False)
            except Exception as error:
                failed("refresh", error)
            finally:
                self._end(key)
                # Who came meanwhile missed the entry; it tries for itself if there was no answer.
                if result is None:
                    mine.future.set_exception(_Abandoned())
                else:
                    mine.future.set_result(result)

        threading.Thread(target=work, name="nuthatch-refresh", daemon=True).start()

    def raise_remembered(self, key: str) -> None:
        """Raises the failure of a while ago, if there is to be such a thing."""
        if self._negative_ttl is None:
            return
        with self._lock:
            held = self._failures.get(key)
            if held is not None and held[0] <= self._clock():
                del self._failures[key]
                held = None
        if held is not None:
            raise held[1]

    def remember(self, key: str, error: Exception) -> None:
        """Keeps a failure for a while, if there is to be such a thing."""
        if self._negative_ttl is None:
            return
        now = self._clock()
        with self._lock:
            self._failures = {held: it for held, it in self._failures.items() if it[0] > now}
            self._failures[key] = (now + self._negative_ttl, error)

    def _end(self, key: str) -> None:
        with self._lock:
            self._flights.pop(key, None)

    def _lead(
        self,
        key: str,
        compute: Callable[[], T],
        again: Callable[[], Hit | None],
        failed: Failed,
        waits: bool = True,
    ) -> tuple[T, bool]:
        """Computes for all threads of this process, if no other process does."""
        deadline = time.monotonic() + self.seconds
        pause = _FIRST_WAIT
        while True:
            try:
                token = self._store.acquire(key, self.seconds)
            except Exception as error:
                # Better twice than not at all.
                failed("acquire", error)
                token = ""
            if token is not None:
                break
            if not waits:
                return None, True  # type: ignore[return-value]
            if time.monotonic() >= deadline:
                token = ""
                break
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)
            hit = again()
            if hit is not None:
                return hit.response, True
        try:
            # It may have been put between the lookup and now.
            hit = again()
            if hit is not None:
                return hit.response, True
            return compute(), False
        finally:
            if token:
                try:
                    self._store.release(key, token)
                except Exception as error:
                    failed("release", error)
