"""GET /healthz (the process is there), /readyz (it can do its work; to the operator also why not), /metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.domain.errors import StoreError
from bot.domain.job import State
from bot.engine.accounts import Accounts
from bot.engine.rate_budget import RateBudgets
from bot.engine.upkeep.orphans import Orphans
from bot.metrics import Metrics
from bot.ports.clock import Clock
from bot.ports.store import JobStore
from bot.supervisor import Supervisor

PING_SECONDS = 2.0  # how long a result is used again: each rehearsal is a few round trips
REHEARSAL_SECONDS = 2.0  # Slack gives an event three
DRAINING = "This process is stopping: it takes no more work."

Faults = Callable[[], Awaitable[Sequence[str]]]  # a sentence for each thing that keeps the bot from working


@dataclass(slots=True)
class Health:
    """The routes about the bot itself."""

    store: JobStore
    clock: Clock
    metrics: Metrics
    supervisor: Supervisor
    accounts: Accounts
    orphans: Orphans
    budgets: RateBudgets
    slack_faults: Faults
    draining: bool = False
    schema_fault: str = ""
    _pinged_at: float = 0.0
    _store_fault: str = ""

    async def healthz(self, _: web.Request) -> web.Response:
        """200 while the event loop turns."""
        return web.json_response({"ok": True})

    async def readyz(self, _: web.Request) -> web.Response:
        """200 when events are taken and jobs move, else 503; the reasons are the operator's alone."""
        ready = not await self._faults()
        return web.json_response({"ready": ready}, status=200 if ready else 503)

    async def readyz_in_detail(self, _: web.Request) -> web.Response:
        """The same with the reasons, and with warnings."""
        faults = await self._faults()
        body = {"ready": not faults, "faults": faults, "warnings": self._warnings()}
        return web.json_response(body, status=503 if faults else 200)

    async def _faults(self) -> list[str]:
        if self.draining:
            return [DRAINING]
        if self.schema_fault:
            return [self.schema_fault]
        faults = [*await self.slack_faults(), *self.supervisor.faults()]
        now = self.clock.now()
        if not 0 <= now - self._pinged_at < PING_SECONDS:
            self._pinged_at = now  # who asks meanwhile is given the result before
            self._store_fault = await self._rehearse(now)
        return [*faults, self._store_fault] if self._store_fault else faults

    async def _rehearse(self, now: float) -> str:
        """Why an event could not be stored, or ""."""
        try:
            async with asyncio.timeout(REHEARSAL_SECONDS):
                await self.store.rehearse_event(now)
        except TimeoutError:
            return f"The database took longer than {REHEARSAL_SECONDS:.0f} s to store an event."
        except StoreError as error:
            return str(error)
        return ""

    def _warnings(self) -> list[str]:
        broken = self.accounts.broken
        parked = [f"Account {name} does not work; its jobs wait. Run: threadscribe doctor" for name in broken]
        return [*parked, *self.orphans.warnings()]

    async def series(self, _: web.Request) -> web.Response:
        """The series in Prometheus' text format."""
        for account in self.accounts.probes:
            self.metrics.account_up.labels(account).set(0 if account in self.accounts.broken else 1)
        for account, budget in self.budgets.opened.items():
            self.metrics.budget(account, budget.spent, budget.waited)
        counts = await self.store.count_by_state()
        for state in State:
            self.metrics.jobs.labels(state.value).set(counts.get(state, 0))
        oldest = await self.store.oldest_unfinished()
        self.metrics.oldest.set(0.0 if oldest is None else max(0.0, self.clock.now() - oldest))
        return web.Response(body=self.metrics.exposition(), content_type="text/plain", charset="utf-8")
