"""GET /healthz (the process is there), /readyz (it can do its work, or why not), /metrics (for Prometheus)."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.domain.errors import StoreError
from bot.domain.job import State
from bot.metrics import Metrics
from bot.ports.clock import Clock
from bot.ports.store import JobStore


class Health:
    """The operator's three routes. `faults` gives a sentence for each thing that keeps the bot from working."""

    def __init__(
        self,
        store: JobStore,
        clock: Clock,
        metrics: Metrics,
        faults: Callable[[], Awaitable[Sequence[str]]],
        warnings: Callable[[], Sequence[str]],
        gather: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._faults = faults
        self._warnings = warnings
        self._gather = gather

    async def healthz(self, _: web.Request) -> web.Response:
        """200 while the event loop turns."""
        return web.json_response({"ok": True})

    async def readyz(self, _: web.Request) -> web.Response:
        """200 when events are taken and jobs move; else 503 with the reasons."""
        faults = list(await self._faults())
        try:
            await self._store.ping()
        except StoreError as error:
            faults.append(str(error))
        body = {"ready": not faults, "faults": faults, "warnings": list(self._warnings())}
        return web.json_response(body, status=503 if faults else 200)

    async def metrics(self, _: web.Request) -> web.Response:
        """The series in Prometheus' text format."""
        self._gather()
        counts = await self._store.count_by_state()
        for state in State:
            self._metrics.jobs.labels(state.value).set(counts.get(state, 0))
        oldest = await self._store.oldest_unfinished()
        self._metrics.oldest.set(0.0 if oldest is None else max(0.0, self._clock.now() - oldest))
        return web.Response(body=self._metrics.exposition(), content_type="text/plain", charset="utf-8")
