"""Delivery of webhooks: due times, retries until 200, several at once."""

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from simulators.provider.clock import ProviderClock
from simulators.provider.jobs import Variant
from simulators.provider.ledger import Delivery, Ledger

_AT_ONCE = 50
_TICK = 0.02
"""Real seconds between two reads of a clock that a test may move at any time."""


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook ready to be sent: signed for this very attempt."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(order=True, slots=True)
class _Due:
    at: float
    order: int
    job: str = field(compare=False)
    variant: Variant = field(compare=False)
    attempt: int = field(compare=False, default=1)
    before: tuple[Variant, ...] = field(compare=False, default=())


@dataclass(slots=True)
class RetryPolicy:
    """Seconds between attempts, the last one repeated; after `attempts` in all it gives up."""

    spacing: tuple[float, ...] = (1.0, 5.0, 30.0)
    attempts: int = 20
    timeout: float = 10.0

    def wait(self, attempt: int) -> float | None:
        """Return seconds to wait after failed attempt number `attempt` (from 1), None to give up."""
        if attempt >= self.attempts or not self.spacing:
            return None
        return self.spacing[min(attempt, len(self.spacing)) - 1]


class Dispatcher:
    """Sends webhooks when the provider's clock says so.

    `compose` makes the message for a job and variant at the moment of sending; None: it has no address.
    """

    def __init__(
        self,
        clock: ProviderClock,
        ledger: Ledger,
        compose: Callable[[str, Variant], Message | None],
        policy: Callable[[], RetryPolicy],
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._compose = compose
        self._policy = policy
        self._queue: list[_Due] = []
        self._order = 0
        self._poke = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._loop: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Begin to deliver."""
        self._session = aiohttp.ClientSession()
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop delivering; what is queued is dropped."""
        tasks = [task for task in (self._loop, *self._running) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def schedule(
        self,
        job: str,
        at: float,
        variant: Variant = "normal",
        attempt: int = 1,
        before: tuple[Variant, ...] = (),
    ) -> None:
        """Queue a webhook for the provider's time `at`; `before` are sent and answered first, once each."""
        self._order += 1
        heapq.heappush(self._queue, _Due(at, self._order, job, variant, attempt, before))
        self._poke.set()

    def hasten(self, job: str) -> None:
        """Make everything queued for a job due now."""
        for due in self._queue:
            if due.job == job:
                due.at = min(due.at, self._clock.now())
        heapq.heapify(self._queue)
        self._poke.set()

    def idle(self) -> bool:
        """Return whether nothing is in flight and nothing is due now."""
        return not self._running and not (self._queue and self._queue[0].at <= self._clock.now())

    def outstanding(self) -> int:
        """Return how many deliveries are queued or in flight."""
        return len(self._queue) + len(self._running)

    async def send(self, job: str, variant: Variant = "normal", *, attempt: int = 1, url: str = "") -> Delivery:
        """Send one webhook now, once, and return what the receiver answered; `url` overrides the address."""
        message = self._compose(job, variant)
        url = url or (message.url if message else "")
        if message is None or not url:
            return Delivery(self._clock.now(), job, variant, attempt, "", 0, "no such webhook, or no address")
        at = self._clock.now()
        if self._session is None:
            raise RuntimeError("the simulator is not running")
        timeout = aiohttp.ClientTimeout(total=self._policy().timeout)
        try:
            async with self._session.post(
                url, data=message.body, headers=message.headers, timeout=timeout, allow_redirects=False
            ) as answer:
                await answer.read()
                delivery = Delivery(at, job, variant, attempt, url, answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            delivery = Delivery(at, job, variant, attempt, url, 0, type(error).__name__)
        self._ledger.deliveries.append(delivery)
        return delivery

    async def _run(self) -> None:
        while True:
            while self._queue and self._queue[0].at <= self._clock.now():
                task = asyncio.create_task(self._deliver(heapq.heappop(self._queue)))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if self._queue:
                await asyncio.sleep(_TICK)
            else:
                self._poke.clear()
                await self._poke.wait()

    async def _deliver(self, due: _Due) -> None:
        for variant in due.before:
            await self.send(due.job, variant)
        async with self._slots:
            delivery = await self.send(due.job, due.variant, attempt=due.attempt)
        if delivery.status == 200 or due.variant != "normal" or not delivery.url:
            return
        wait = self._policy().wait(due.attempt)
        if wait is not None:
            self.schedule(due.job, self._clock.now() + wait, due.variant, due.attempt + 1)
