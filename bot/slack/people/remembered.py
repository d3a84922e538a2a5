"""Answers of Slack that are good for a minute, so that a press or a submitted modal is answered within a second."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.ports.clock import Clock

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")

KEPT_SECONDS = 60.0
DECIDE_SECONDS = 0.8  # how long a submitted modal waits for an answer: it is acknowledged within a second
MOST_KEPT = 10_000


@dataclass
class Remembered(Generic[Key, Answer]):
    """Asks once for everybody who wants to know at the same moment, and remembers what `keep` accepts.

    A question goes on when the one who waits for it gives up: who tries again a moment later finds the answer.
    """

    clock: Clock
    keep: Callable[[Answer], bool]
    _known: dict[Key, tuple[Answer, float]] = field(default_factory=dict)
    _asking: dict[Key, asyncio.Task[Answer]] = field(default_factory=dict)

    def note(self, key: Key, answer: Answer) -> None:
        """Remember an answer that came with another one."""
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        self._known[key] = (answer, self.clock.now())

    async def get(self, key: Key, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer as remembered, else as `ask` gives it. Raises what `ask` raises."""
        known = self._known.get(key)
        if known is not None and 0 <= self.clock.now() - known[1] < KEPT_SECONDS:
            return known[0]
        task = self._asking.get(key)
        if task is None:
            task = asyncio.ensure_future(self._ask(key, ask))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        return await asyncio.shield(task)

    async def _ask(self, key: Key, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        answer = await ask()
        if self.keep(answer):
            self.note(key, answer)
        return answer

    def _done(self, key: Key, task: asyncio.Task[Answer]) -> None:
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()  # it is of interest only to those who still wait
