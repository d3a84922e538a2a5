"""Work that follows an acknowledgement: Slack has its answer within 3 seconds, and the rest happens here.

Bolt's own lazy listeners swallow exceptions; these are logged, and awaited at shutdown.
"""

import asyncio
from collections.abc import Coroutine

import structlog

from bot.domain.errors import ThreadscribeError

_log = structlog.get_logger(__name__)


class BackgroundTasks:
    """Tasks of their own, kept until they end."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Start `work`; what it raises is logged."""
        task = asyncio.create_task(self._guarded(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, name: str, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except ThreadscribeError as error:
            _log.warning("background_failed", task=name, kind=type(error).__name__, detail=str(error))
        except Exception as error:  # a bug in one answer must not end the process; it is reported with its traceback
            _log.exception("background_broke", task=name, kind=type(error).__name__)

    async def drain(self, seconds: float = 3.0) -> None:
        """Wait for what is under way, then cancel it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
