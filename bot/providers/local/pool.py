"""The engine's children, and whose turn it is: recordings are served block by block, short ones first."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.providers.local.messages import ENGINE_WIRE, ModelUnusable, Ready
from bot.subprocesses.child import Child, ChildDiedError, ChildStalledError

ENGINE = "bot.providers.local.child_main"
_LOAD_SECONDS = 3600.0  # a large model of a hub is downloaded first
_IDLE_SECONDS = 600.0  # a model that nobody has used for this long gives its memory back


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# glibc raises its threshold for what goes back to the system with each large buffer that is freed, and keeps an arena
# for each thread: over an hour of audio the engine grew by 117 MB. Other C libraries do not look at these.
FLAT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20)}


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What a child loads. `model` is a directory or a hub name, `device` auto, cpu or cuda, `cache` for made files."""

    model: str
    device: str = "cpu"
    compute_type: str = ""  # CTranslate2's; "" for what suits the device
    cache: str = ""


class ModelUnusableError(Exception):
    """The model cannot be loaded: nothing is wrong with a recording."""


@dataclass(slots=True)
class _Waiting:
    """A job that wants a turn. `served`: the turns that it had while others waited."""

    job_id: str
    served: int
    remaining: float
    turn: asyncio.Future[None]


@dataclass(slots=True)
class _Idle:
    choice: ModelChoice
    child: Child
    job_id: str  # whose file it has open


class Pool:
    """Children with a loaded model, which read files below `root`.

    `workers` 0 means half the cores; their threads together are the cores.
    """

    def __init__(self, root: Path, workers: int = 0, idle_seconds: float = _IDLE_SECONDS) -> None:
        self._root = root
        self.size = workers or max(1, cores() // 2)
        self.threads = max(1, cores() // self.size)
        self._free = self.size
        self._waiting: list[_Waiting] = []
        self._served: dict[str, int] = {}
        self._idle: list[_Idle] = []
        self._idle_seconds = idle_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._closed = False

    @asynccontextmanager
    async def child(self, choice: ModelChoice, job_id: str = "", remaining: float = 0.0) -> AsyncIterator[Child]:
        """A child for one block of `job_id`, of which `remaining` seconds are left, once it is its turn.

        The child has the model loaded, or loads it now. It is kept for the next if all went well, else killed.
        Raises `ModelUnusableError`.
        """
        await self._enter(job_id, remaining)
        try:
            child = await self._take(choice, job_id)
            try:
                yield child
            except BaseException:  # raised again: a child left in mid-work, also by a cancellation, is of no use
                await child.kill()
                raise
            if self._closed:
                await child.kill()
            elif child.alive:
                self._idle.append(_Idle(choice, child, job_id))
                self._set_timer()
        finally:
            self._leave(job_id)

    def forget(self, job_id: str) -> None:
        """The job wants no more turns."""
        self._served.pop(job_id, None)

    async def close(self) -> None:
        """End the children: the idle ones now, the busy ones with their contexts."""
        self._closed = True
        await self._end_idle()

    async def _end_idle(self) -> None:
        if self._timer:
            self._timer.cancel()
        while self._idle:
            await self._idle.pop().child.kill()

    async def _enter(self, job_id: str, remaining: float) -> None:
        # A newcomer begins with the fewest turns of those who wait: before long recordings, not before all forever.
        fewest = min(self._served.values(), default=0)
        served = self._served.setdefault(job_id, fewest) if job_id else fewest
        if self._free and not self._waiting:
            self._free -= 1
            return
        waiting = _Waiting(job_id, served, remaining, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif waiting.turn.done() and not waiting.turn.cancelled():
                self._pass_on()  # the turn came at this very moment
            raise

    def _leave(self, job_id: str) -> None:
        if job_id in self._served:
            self._served[job_id] += 1
        self._pass_on()

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        following = min(self._waiting, key=lambda one: (one.served, one.remaining))
        self._waiting.remove(following)
        following.turn.set_result(None)

    async def _take(self, choice: ModelChoice, job_id: str) -> Child:
        """An idle child, that with the job's file open if there is one, else a new one."""
        self._idle.sort(key=lambda idle: idle.job_id == job_id)
        while self._idle:
            idle = self._idle.pop()
            if idle.choice == choice and idle.child.alive:
                return idle.child
            await idle.child.kill()
        # The child may read below this folder alone, so it has to be there when the child gives up everything else.
        await asyncio.to_thread(self._root.mkdir, mode=0o700, parents=True, exist_ok=True)
        threads = str(self.threads)
        arguments = (choice.model, threads, choice.device, choice.compute_type, choice.cache, str(self._root))
        variables = {"OMP_NUM_THREADS": threads, **FLAT}
        child = await Child.start(ENGINE, ENGINE_WIRE, arguments, variables, online=True)
        try:
            await _loaded(child)
        except BaseException:  # raised again: a child that nobody holds must not stay
            await child.kill()
            raise
        return child

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._retire)

    def _retire(self) -> None:
        self._ending = asyncio.get_running_loop().create_task(self._end_idle())


async def _loaded(child: Child) -> None:
    """Wait until the model is loaded. Raises `ModelUnusableError`, or `ChildDiedError` if a signal ended the child."""
    try:
        answer = await child.receive(_LOAD_SECONDS)
    except (ChildDiedError, ChildStalledError) as error:
        if isinstance(error, ChildDiedError) and error.crashed:
            raise  # a signal: somebody killed it, or the machine has no memory left
        raise ModelUnusableError(f"the engine's process ended while it loaded the model: {error}") from error
    if isinstance(answer, ModelUnusable):
        raise ModelUnusableError(answer.detail)
    if not isinstance(answer, Ready):
        raise ModelUnusableError(f"the engine's process answered with {type(answer).__name__}")
