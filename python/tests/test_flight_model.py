"""Single-flight against what must hold of it, whatever threads or tasks ask for at the same time."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter, defaultdict
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from nuthatch import AsyncSemanticCache, SemanticCache

from .test_cache_model import THRESHOLD, embed, text

TENANTS = ("a", "b")


class Step(NamedTuple):
    """What one worker does next."""

    action: str
    topic: int
    form: int
    tenant: str
    pause: int
    """Milliseconds, or turns of the loop, that a computation takes."""

    @property
    def prompt(self) -> str:
        return text(self.topic, self.form)

    @property
    def key(self) -> tuple[str, str]:
        return (self.tenant, self.prompt)


class Failure(Exception):
    """A computation that fails."""


class Answer(NamedTuple):
    """Which computation it is from: no two are equal."""

    number: int
    topic: int
    tenant: str


class Record:
    """What the computations did, and what everyone was answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._under_way: Counter = Counter()
        self.computed: defaultdict = defaultdict(list)
        self.failed: Counter = Counter()
        self.answers: list[tuple[Step, Answer]] = []
        self.refused: Counter = Counter()

    def begin(self, step: Step) -> None:
        with self._lock:
            self._under_way[step.key] += 1
            assert self._under_way[step.key] == 1, f"{step.key} is computed twice at once"

    def end(self, step: Step) -> Answer:
        with self._lock:
            self._under_way[step.key] -= 1
            if step.action == "fail":
                self.failed[step.key] += 1
                raise Failure
            answer = Answer(next(self._numbers), step.topic, step.tenant)
            self.computed[step.key].append(answer)
            return answer

    def answered(self, step: Step, answer: Answer) -> None:
        with self._lock:
            self.answers.append((step, answer))

    def raised(self, step: Step) -> None:
        with self._lock:
            self.refused[step.key] += 1

    def check(self, steps: list[Step], stats) -> None:
        """What must hold when all is over."""
        asked = [step for step in steps if step.action in ("ask", "fail")]
        assert len(self.answers) + sum(self.refused.values()) == len(asked)
        known = {answer for answers in self.computed.values() for answer in answers}
        for step, answer in self.answers:
            assert answer in known
            assert (answer.topic, answer.tenant) == (step.topic, step.tenant)
        forgotten = any(step.action == "forget" for step in steps)
        for key, answers in self.computed.items():
            # What is kept is never computed again.
            assert forgotten or len(answers) == 1, f"{key} was computed {len(answers)} times"
        for key, count in self.refused.items():
            assert self.failed[key] >= 1, f"{key} was refused {count} times by no failure"
        assert all(self.refused[key] >= count for key, count in self.failed.items())
        assert stats.errors == 0
        assert stats.puts == len(known)
        computed = len(known) + sum(self.failed.values())
        assert stats.shared <= len(asked) - computed


steps = st.builds(
    Step,
    action=st.sampled_from(["ask", "ask", "ask", "fail", "forget"]),
    topic=st.integers(0, 1),
    form=st.integers(0, 1),
    tenant=st.sampled_from(TENANTS),
    pause=st.integers(0, 3),
)
work = st.lists(st.lists(steps, min_size=1, max_size=6), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None)
@given(work)
def test_threads(lists: list[list[Step]]) -> None:
    cache = SemanticCache(embed, threshold=THRESHOLD, raise_errors=True)
    record = Record()
    wrong: list[BaseException] = []
    together = threading.Barrier(len(lists))

    def do(step: Step) -> None:
        def compute(prompt: str) -> Answer:
            assert prompt == step.prompt
            record.begin(step)
            time.sleep(step.pause / 1000)
            return record.end(step)

        scope = {"tenant": step.tenant}
        if step.action == "forget":
            cache.invalidate(prompt=step.prompt, scope=scope)
            return
        try:
            record.answered(step, cache.get_or_compute(step.prompt, compute, scope=scope))
        except Failure:
            record.raised(step)

    def run(own: list[Step]) -> None:
        try:
            together.wait(10)
            for step in own:
                do(step)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(own,), daemon=True) for own in lists]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert wrong == []
    record.check([step for own in lists for step in own], cache.stats())


@settings(max_examples=60, deadline=None)
@given(work)
def test_tasks(lists: list[list[Step]]) -> None:
    asyncio.run(_tasks(lists))


async def _tasks(lists: list[list[Step]]) -> None:
    cache = AsyncSemanticCache(embed, threshold=THRESHOLD, raise_errors=True)
    record = Record()

    async def do(step: Step) -> None:
        async def compute(prompt: str) -> Answer:
            assert prompt == step.prompt
            record.begin(step)
            for _ in range(step.pause):
                await asyncio.sleep(0)
            return record.end(step)

        scope = {"tenant": step.tenant}
        if step.action == "forget":
            await cache.invalidate(prompt=step.prompt, scope=scope)
            return
        try:
            record.answered(step, await cache.get_or_compute(step.prompt, compute, scope=scope))
        except Failure:
            record.raised(step)

    async def run(own: list[Step]) -> None:
        for step in own:
            await do(step)

    await asyncio.wait_for(asyncio.gather(*(run(own) for own in lists)), 20)
    record.check([step for own in lists for step in own], await cache.stats())
