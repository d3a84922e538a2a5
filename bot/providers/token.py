"""Short-lived access tokens: fetched once for everybody, renewed early, replaced once when they are refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.http import Answer
from bot.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token and for how many seconds it is good."""

    value: str = field(repr=False)
    life: float


class TokenCache:
    """The current token of one account; `early` is how many seconds before its end it is renewed."""

    def __init__(self, clock: Clock, renew: Callable[[], Awaitable[Token]], early: float) -> None:
        self._clock = clock
        self._renew = renew
        self._early = early
        self._token: Token | None = None
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def call(self, send: Callable[[str], Awaitable[Answer]]) -> Answer:
        """The answer of `send(token)`; after a 401 with a cached token one more with a new token.

        A 401 means that nothing was done, so the repeat is safe for any call.
        """
        token = await self.get()
        answer = await send(token.value)
        if answer.status != 401:
            return answer
        self.drop(token)
        return await send((await self.get()).value)

    async def get(self) -> Token:
        """A token that is good for a while; many callers cause one renewal. Raises what the renewal raises."""
        async with self._lock:
            if self._token is None or self._clock.now() >= self._until:
                self._token = await self._renew()
                # A life shorter than twice the margin is used by half, else each call would renew.
                self._until = self._clock.now() + self._token.life - min(self._early, self._token.life / 2)
            return self._token

    def drop(self, token: Token) -> None:
        """Forget this token, unless another has taken its place."""
        if self._token is token:
            self._token = None
