"""The seam to time."""

from typing import Protocol


class Clock(Protocol):
    """Time and waiting, so that tests can run years in a second."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long (at least until the next turn of the loop)."""
        ...
