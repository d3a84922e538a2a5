"""Slack's rate limits: a tier for each method, and one message per second and channel."""

from __future__ import annotations

import time

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute that Slack's tiers promise at least."""
POST_BURST = 3
"""Posts to one channel that Slack lets through before it holds to one a second (it "generally allows" bursts)."""


class Rates:
    """Token buckets, one for each method and one for each channel that is posted to."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def call(self, method: str, tier: int) -> int:
        """Count a call; returns 0, or the whole seconds to wait."""
        allowed = PER_MINUTE[tier]
        return self._take(method, allowed / 60, float(allowed))

    def once(self, method: str, period: float) -> int:
        """Count a call of a method that is allowed once in a period (seconds); returns 0, or the seconds to wait."""
        return self._take(f"{method} limited", 1 / period, 1.0)

    def post(self, channel: str) -> int:
        """Count a message posted to a channel; returns 0, or the whole seconds to wait."""
        return self._take(f"#{channel}", 1.0, float(POST_BURST))

    def _take(self, key: str, refill: float, capacity: float) -> int:
        now = time.monotonic()
        left, since = self._buckets.get(key, (capacity, now))
        left = min(capacity, left + (now - since) * refill)
        if left < 1:
            self._buckets[key] = (left, now)
            return max(1, round((1 - left) / refill + 0.5))
        self._buckets[key] = (left - 1, now)
        return 0
