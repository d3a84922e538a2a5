"""The state of a provider simulator and what a test may do with it; the server and the control API share it."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypedDict, TypeVar

from aiohttp import web

from simulators.provider.clock import ProviderClock
from simulators.provider.faults import Fault, FaultBook, Kind
from simulators.provider.jobs import Job, JobPlan, Variant
from simulators.provider.ledger import Billed, Delivery, Ledger
from simulators.provider.results import Transcript
from simulators.provider.settings import CommonSettings
from simulators.provider.webhooks.delivery import Dispatcher, Message, RetryPolicy

BODY_LIMIT = 64 * 1024 * 1024

S = TypeVar("S", bound=CommonSettings)
J = TypeVar("J", bound=Job)


class Place(TypedDict, total=False):
    """A provider's clock and address: the clock's source and its shift in seconds, host and port (0 picks one)."""

    now: Callable[[], float]
    skew: float
    host: str
    port: int


class ProviderState(ABC, Generic[S, J]):
    """A provider's jobs, records, faults and clock, without its routes.

    `now` is the source of its clock. State lives in memory and survives the client's death, not its own.
    """

    name: ClassVar[str]
    operations: ClassVar[frozenset[str]]
    shapes: ClassVar[frozenset[Kind]] = frozenset()

    def __init__(
        self,
        settings: S,
        *,
        now: Callable[[], float] = time.time,
        skew: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.settings = settings
        self.clock = ProviderClock(now, skew)
        self.ledger = Ledger()
        self.faults = FaultBook(self.operations, self.shapes)
        self.jobs: dict[str, J] = {}
        self.plans: deque[JobPlan] = deque()
        self.results: dict[str, Transcript] = {}
        self.webhooks = Dispatcher(self.clock, self.ledger, self.compose, self._policy)
        self.app = web.Application(client_max_size=BODY_LIMIT)
        self._minutes: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._address = (host, port)

    @property
    def url(self) -> str:
        """The server's root, without a trailing slash."""
        host, port = self._address
        return f"http://{host}:{port}"

    @abstractmethod
    def compose(self, job_id: str, variant: Variant) -> Message | None:
        """Return the webhook for a job (which may be unknown), None when there is no address to send it to."""

    # ---- for tests

    @property
    def violations(self) -> list[str]:
        """Breaches of the contract so far, as sentences; a healthy client leaves this empty."""
        return [f"{v.operation}: {v.kind}: {v.detail}" for v in self.ledger.violations]

    @property
    def billed(self) -> list[Billed]:
        """Uploads that started processing."""
        return self.ledger.billed

    def fault(self, kind: Kind, operation: str = "*", *, times: int | None = 1, **more: object) -> None:
        """Queue a fault; `more` are the other fields of `Fault`."""
        self.faults.add(Fault.model_validate({"kind": kind, "operation": operation, "times": times, **more}))

    def plan(self, **fields: object) -> None:
        """Set how the next job created will go; `fields` are those of `JobPlan`. May be called several times."""
        self.plans.append(JobPlan.model_validate(fields))

    def finish(self, job_id: str) -> None:
        """End a job's processing now."""
        job = self.jobs[job_id]
        if job.started_at is not None:
            job.finishes_at = min(self.clock.now(), job.finishes_at or self.clock.now())
            self.webhooks.hasten(job_id)

    def expire_upload(self, job_id: str | None = None) -> None:
        """End the life of one job's upload URL, or of all; a provider without uploads has nothing to end."""

    def revoke_tokens(self) -> None:
        """End the life of all access tokens; a provider without tokens has nothing to end."""

    def forget(self, job_id: str) -> None:
        """Drop a job as if its retention had ended: 404 from now on, without a violation."""
        self.jobs[job_id].forgotten = True

    async def send_webhook(self, job_id: str, variant: Variant = "normal", *, url: str = "") -> Delivery:
        """Send one webhook now and return the receiver's answer; `url` overrides the address."""
        return await self.webhooks.send(job_id, variant, url=url)

    async def settle(self) -> None:
        """Wait until nothing runs in the background and every webhook due by now was tried."""
        while self._tasks or not self.webhooks.idle():  # noqa: ASYNC110 - a test may move the clock at any time
            await asyncio.sleep(0.005)

    def reset(self) -> None:
        """Forget jobs, records, plans, results and faults; settings and credentials stay."""
        self.jobs.clear()
        self.ledger.clear()
        self.faults.clear()
        self.faults.fired.clear()
        self.plans.clear()
        self.results.clear()
        self._minutes.clear()

    def run_in_background(self, work: Awaitable[None]) -> None:
        """Run something that no request waits for; `settle` does."""

        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _policy(self) -> RetryPolicy:
        settings = self.settings
        return RetryPolicy(settings.webhook_spacing, settings.webhook_attempts, settings.webhook_timeout)
