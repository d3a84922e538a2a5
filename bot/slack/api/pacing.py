"""Pacing what is sent: Slack takes about one message a second in a channel, and a tier's worth of other calls."""

from bot.ports.clock import Clock

POST_SECONDS = 1.0  # chat.postMessage: "1 message per second per channel" (docs.slack.dev, rate limits)
TIER_2_SECONDS = 3.0  # reactions.remove: 20 a minute and workspace
TIER_3_SECONDS = 1.2  # chat.update, chat.delete, reactions.add: 50 a minute and workspace
_LONGEST = 600.0  # no honest queue or Retry-After is longer; a larger gap means that the clock was set back


class RequestPacing:
    """Keeps the calls of one key apart. Messages of a channel have the channel's id as key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at: dict[str, float] = {}

    def free_in(self, key: str) -> float:
        """Seconds until a call would not have to wait."""
        wait = self._free_at.get(key, 0.0) - self._clock.now()
        return wait if 0.0 < wait <= _LONGEST else 0.0

    async def turn(self, key: str, seconds: float = POST_SECONDS) -> None:
        """Wait for one's turn; turns come in the order they were asked for, `seconds` apart."""
        wait = self.free_in(key)
        self._free_at[key] = self._clock.now() + wait + seconds
        if len(self._free_at) > 4096:
            self._forget()
        if wait > 0:
            await self._clock.sleep(wait)

    def hold(self, key: str, seconds: float) -> None:
        """Slack asked for a pause of this key."""
        self._free_at[key] = self._clock.now() + max(self.free_in(key), min(seconds, _LONGEST))

    def _forget(self) -> None:
        now = self._clock.now()
        self._free_at = {key: at for key, at in self._free_at.items() if at > now}
