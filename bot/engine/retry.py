"""When to try again: a policy is a value."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter: a delay is drawn from 0 .. min(cap, first * 2**attempt) seconds.

    `attempts` bounds the tries of one state; None never gives up. The floor keeps a failing job from spinning.
    """

    first: float = 2.0
    cap: float = 300.0
    attempts: int | None = 72  # at the cap, three hours on average
    floor: float = 0.5

    def delay(self, attempt: int, chance: random.Random) -> float:
        """Seconds to wait after the failure number `attempt` (0 for the first)."""
        ceiling = min(self.cap, self.first * 2.0 ** min(attempt, 30))
        return max(self.floor, chance.uniform(0.0, ceiling))

    def exhausted(self, attempt: int) -> bool:
        """Whether the failure number `attempt` was the last one allowed."""
        return self.attempts is not None and attempt + 1 >= self.attempts


PROVIDER_RETRIES = RetryPolicy()
FAULT_RETRIES = RetryPolicy(cap=60.0, attempts=8)  # an error in the program seldom passes: about two minutes
SLACK_RETRIES = RetryPolicy(attempts=None)  # an answer is owed however long Slack is away
ENRICH_ATTEMPTS = 3  # a provider's summary is not worth holding the transcript back for longer
ENRICH_PAUSE_SECONDS = 60.0  # nor for a pause that is longer than this
