"""How fast work arrives: while Slack tells of files faster than they can be looked into, telling goes first.

Slack repeats what is not acknowledged within three seconds, and an acknowledgement waits for its turn of the event
loop among all steps that run. What arrives is safe in its row, so beginning can wait until the rush is over.
"""

import time
from collections import deque
from collections.abc import Callable

BURST_SIZE, BURST_SECONDS = 120, 0.8  # so many arrivals in so little time are a rush; a batch of forty files is none


class BurstDetector:
    """Knows the last arrivals. `now` gives seconds of any clock that is never set."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last: deque[float] = deque(maxlen=BURST_SIZE)

    def note(self) -> None:
        """Something arrived."""
        self._last.append(self._now())

    @property
    def bursting(self) -> bool:
        """Whether things arrive so fast at this moment."""
        return len(self._last) == BURST_SIZE and self._now() - self._last[0] < BURST_SECONDS
