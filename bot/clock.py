"""The real clock."""

import asyncio
import time


class SystemClock:
    """The machine's wall clock and the event loop's sleep."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(max(0.0, seconds))
