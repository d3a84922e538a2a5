"""The provider's own clock: anybody's time source, shifted, with fixed wall-clock minutes."""

import math
import time
from collections.abc import Callable

MINUTE = 60.0


class ProviderClock:
    """Gives Unix seconds of a provider whose clock may differ from the client's.

    `now` is any source of Unix seconds (a virtual clock in tests); `skew` is added to it.
    """

    def __init__(self, now: Callable[[], float] = time.time, skew: float = 0.0) -> None:
        self._source = now
        self.skew = skew

    def now(self) -> float:
        """Return the provider's time in Unix seconds."""
        return self._source() + self.skew

    def advance(self, seconds: float) -> None:
        """Move this provider's clock by `seconds` (may be negative)."""
        self.skew += seconds

    def minute(self) -> int:
        """Return the number of the running wall-clock minute; a rate window is one such minute."""
        return math.floor(self.now() / MINUTE)

    def seconds_to_next_minute(self) -> int:
        """Return whole seconds, at least 1, after which a new rate window is certain to run."""
        return max(1, math.ceil(MINUTE - self.now() % MINUTE))
