"""The engine's children: so many at once, each with one file, the others wait in the order they came."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.providers.local.messages import ENGINE_WIRE
from bot.subprocesses.child import Child

ENGINE = "bot.providers.local.child_main"
_IDLE_SECONDS = 600.0  # a model that nobody has used for so long gives its memory back


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# glibc raises its threshold for what goes back to the system with each large buffer that is freed, and keeps an arena
# for each thread: over an hour of audio the engine grew by 117 MB. Other C libraries do not look at these.
FLAT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20)}


class Pool:
    """Children with a loaded model, which read files below `root`.

    `workers` 0 means half the cores; their threads together are the cores.
    """

    def __init__(self, root: Path, workers: int = 0, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._root = root
        self.size = workers or max(1, cores() // 2)
        self.threads = max(1, cores() // self.size)
        self._slots = asyncio.Semaphore(self.size)
        self._idle: deque[tuple[str, Child]] = deque()
        self._idle_seconds = idle_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def child(self, model: str) -> AsyncIterator[Child]:
        """A child that has `model` loaded (or loads it now). It is kept for the next if all went well, else killed."""
        async with self._slots:
            child = await self._take(model)
            try:
                yield child
            except BaseException:
                await child.kill()
                raise
            if child.alive:
                self._idle.append((model, child))
                self._set_timer()

    async def close(self) -> None:
        """End the idle children; the busy ones end with their contexts."""
        if self._timer:
            self._timer.cancel()
        while self._idle:
            await self._idle.popleft()[1].kill()

    async def _take(self, model: str) -> Child:
        while self._idle:
            loaded, child = self._idle.pop()
            if loaded == model and child.alive:
                return child
            await child.kill()
        threads = str(self.threads)
        variables = {"OMP_NUM_THREADS": threads, **FLAT}
        return await Child.start(ENGINE, ENGINE_WIRE, (model, threads, str(self._root)), variables, online=True)

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def _retire(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self.close())
