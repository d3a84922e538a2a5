"""The composition root: the only module that names concrete adapters.

`Core` is everything but Slack (store, providers, engine, web routes); `Threadscribe` is `Core` with Slack in front.
`transcribe FILE` uses `Core` with a chat of its own.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.audio.preparer import AudioPreparer
from bot.clock import SystemClock
from bot.domain.errors import Misconfigured
from bot.domain.job import FINAL, SLACK_LANE, Job
from bot.domain.transcript import Transcript
from bot.engine.engine import Engine
from bot.engine.events import EngineEvent
from bot.engine.hosted_audio import HostedAudio
from bot.engine.rate_budget import Budget
from bot.engine.steps import Steps
from bot.failpoints import Failpoints
from bot.http import Http
from bot.logs import LogWatch
from bot.metrics import Metrics
from bot.ports.chat import Chat
from bot.ports.provider import Capabilities, Provider
from bot.ports.store import JobStore
from bot.settings import Settings
from bot.slack.api.socket_mode import Socket
from bot.slack.wiring import open_slack
from bot.text.highlights import suggest
from bot.web.audio import Audio
from bot.web.health import Health
from bot.web.hooks import Hooks
from bot.web.server import WebServer, build_web
from storage import open_store

if TYPE_CHECKING:
    from bot.providers.local.provider import LocalProvider

PURGE_EVERY_SECONDS = 3600.0
LAG_PROBE_SECONDS = 0.05

log = structlog.get_logger("threadscribe")


def work_directory(settings: Settings) -> Path:
    """Where temporary audio lies: SPOOL_DIR, else a directory beside the SQLite file."""
    if settings.spool_dir:
        return Path(settings.spool_dir)
    if settings.database_url.startswith("sqlite:///"):
        database = Path(settings.database_url.removeprefix("sqlite:///"))
        return database.with_name(f"{database.stem}-spool").absolute()
    return Path("threadscribe-spool").absolute()


class Core:
    """Store, providers, engine and web routes. Built by `open_core`, used as an async context manager."""

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        http: Http,
        chat: Chat,
        points: Failpoints | None = None,
    ) -> None:
        self.settings = settings
        self.points = points
        self.store = store
        self.http = http
        self.clock = SystemClock()
        self.metrics = Metrics()
        self.log_watch = LogWatch()
        self.directory = work_directory(settings)
        self.budgets: dict[str, Budget] = {}
        self._local: LocalProvider | None = None
        self.providers = self._build_providers()
        preparer = AudioPreparer(self.directory / "spool")
        self.preparer = preparer if points is None else points.wrap("audio", preparer)
        self.chat = chat
        self.hosted_audio = HostedAudio(store, self.chat, self.preparer, self.providers, self.clock)
        self._showing: set[asyncio.Task[None]] = set()
        steps = Steps(
            settings=settings,
            store=store,
            chat=self.chat,
            preparer=self.preparer,
            providers=self.providers,
            hosted_audio=self.hosted_audio,
            clock=self.clock,
            suggest=suggest,
            show=self._show,
            offload=_in_thread,
        )
        self.engine = Engine(
            store=store,
            clock=self.clock,
            chat=self.chat,
            providers=self.providers,
            budgets=self.budgets,
            steps=steps,
            hosted_audio=self.hosted_audio,
            watch=self._watch,
            slack_probe=self._slack_works,
        )
        self.slack_events: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self.extra_faults: Callable[[], Awaitable[Sequence[str]]] = _no_faults
        self.server: WebServer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.slack_probe: Callable[[], Awaitable[bool]] | None = None

    def _build_providers(self) -> dict[str, Provider]:
        settings, http, clock = self.settings, self.http, self.clock
        found: dict[str, Provider] = {}
        for name in settings.configured_providers():
            match name:  # each is loaded where it is used only: what they need is a fifth of the start
                case "local":
                    from bot.providers.local.provider import LocalProvider

                    self._local = LocalProvider(settings, self.store, self.directory / "local", self._on_ready)
                    found[name] = self._local
                case "xosum":
                    from bot.providers.xosum.provider import XosumProvider

                    found[name] = XosumProvider(settings, http, clock, self._spender(name))
                case "invox":
                    from bot.providers.invox.provider import InvoxProvider

                    found[name] = InvoxProvider(settings, http, clock, self._spender(name))
                case "nabla":
                    from bot.providers.nabla.provider import NablaProvider

                    found[name] = NablaProvider(settings, http, clock, self._spender(name))
        for provider in found.values():
            self.budgets[provider.account] = Budget(
                provider.account, provider.capabilities.pace, self.store, self.clock
            )
        points = self.points
        return found if points is None else {name: points.wrap(name, one) for name, one in found.items()}

    def _spender(self, account: str) -> Callable[[], Awaitable[None]]:
        async def spend() -> None:
            await self.budgets[account].spend()

        return spend

    async def _on_ready(self, job_id: str) -> None:
        await self.engine.wake(job_id)

    async def _slack_works(self) -> bool:
        return self.slack_probe is None or await self.slack_probe()

    def _watch(self, happening: EngineEvent) -> None:
        self.log_watch(happening)
        self.metrics.watch(happening)

    def _show(self, job: Job) -> None:
        task = asyncio.create_task(self.chat.show(job), name=f"show {job.id}")
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)

    def periodic(self, name: str, seconds: float, act: Callable[[], Awaitable[object]]) -> None:
        """Do `act` now and every so often until the core stops; a failure is logged once until it passes."""
        self._tasks.append(asyncio.create_task(_every(name, seconds, act), name=name))

    async def start(self) -> None:
        """Serve the web routes, then the lanes. Raises `OSError` when the port is taken."""
        hooks = Hooks(self.store, self.providers, self.clock, self.engine.wake, self._refused)
        health = Health(self.store, self.clock, self.metrics, self.faults, self.warnings, self._gather)
        routes = build_web(hooks, Audio(self.hosted_audio), health, self.slack_events)
        self.server = WebServer(routes, self.settings.host, self.settings.port)
        await self.server.start()
        await self._clean_up()
        await self.engine.start()
        self.periodic("purge", PURGE_EVERY_SECONDS, self._purge)
        self._tasks.append(asyncio.create_task(self._measure_lag(), name="loop lag"))

    async def _clean_up(self) -> None:
        """What a killed process left: its leases, its spool, the local engine's work and audio."""
        if self.settings.database_url.startswith("sqlite:"):  # ours alone, so every lease in it is a dead one's
            await self.store.release_all()
        await self.preparer.sweep()
        if self._local is not None:
            kept = [(job_id, await self.store.job(job_id)) for job_id in await self._local.kept()]
            unfinished = [job for _, job in kept if job is not None and job.state not in FINAL]
            await self._local.sweep([job.id for job in unfinished])
            for job in unfinished:  # its work ended with the process: not to be looked at only when it would be done
                await self.store.wake(job.id, self.clock.now())

    async def faults(self) -> list[str]:
        """A sentence for each thing that keeps the bot from working."""
        found = list(await self.extra_faults())
        if not self.engine.alive:
            found.append("A queue has stopped working; restart the bot and look at its log.")
        return found

    def warnings(self) -> list[str]:
        """A sentence for each account that waits for the operator."""
        return [f"Account {name} does not work; its jobs wait. Run: threadscribe doctor" for name in self._broken()]

    def _broken(self) -> tuple[str, ...]:
        return self.engine.accounts.broken

    def _refused(self, route: str, reason: str) -> None:
        self.metrics.hooks_refused.labels(route, reason).inc()

    def _gather(self) -> None:
        broken = self._broken()
        for provider in self.providers.values():
            self.metrics.account_up.labels(provider.account).set(0 if provider.account in broken else 1)
        self.metrics.account_up.labels(SLACK_LANE).set(0 if SLACK_LANE in broken else 1)
        for account, budget in self.budgets.items():
            self.metrics.budget(account, budget.spent, budget.waited)

    async def _purge(self) -> None:
        days = self.settings.retention_days
        await self.store.purge(self.clock.now() - days * 86400 if days else 0.0)  # 0: only tidies up after deletions

    async def _measure_lag(self) -> None:
        """Longest stall of the event loop in the last minute."""
        loop, worst, since = asyncio.get_running_loop(), 0.0, time.monotonic()
        while True:
            asked = loop.time()
            await asyncio.sleep(LAG_PROBE_SECONDS)
            worst = max(worst, loop.time() - asked - LAG_PROBE_SECONDS)
            self.metrics.loop_lag.set(worst)
            if time.monotonic() - since > 60:
                worst, since = 0.0, time.monotonic()

    async def stop(self) -> None:
        """Claim no more, let calls end, close everything; leases go back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.engine.stop()
        if self._showing:
            await asyncio.wait(self._showing, timeout=5)
        if self.server is not None:
            await self.server.stop()
        for provider in self.providers.values():
            await provider.close()
        await self.preparer.close()


@asynccontextmanager
async def open_core(settings: Settings, chat: Chat, serve: bool = True) -> AsyncIterator[Core]:
    """A core on the settings' database; with `serve`, its routes and lanes run until the context ends.

    Raises `StoreError` when the database cannot be had, `OSError` when the port is taken.
    """
    async with _foundation(settings, None) as (store, http):
        core = Core(settings, store, http, chat)
        try:
            if serve:
                await core.start()
            yield core
        finally:
            await core.stop()


@asynccontextmanager
async def open_bot(settings: Settings, points: Failpoints | None = None) -> AsyncIterator[Core]:
    """The whole bot: a core with Slack in front, running until the context ends. Raises as `open_core` does."""
    core: Core

    def notify(lane: str) -> None:
        core.engine.arrived(lane)

    def broken(error: Misconfigured) -> None:
        core.engine.misconfigured(error)

    def offers() -> Mapping[str, Capabilities]:
        return {name: provider.capabilities for name, provider in core.providers.items()}

    async with (
        _foundation(settings, points) as (store, http),
        open_slack(settings, store, SystemClock(), http, notify, broken, points, offers) as room,
    ):
        core = Core(settings, store, http, room.chat, points)
        core.slack_probe = room.works
        room.posts.on_reply = core.metrics.replied
        room.client.on_limited = core.metrics.slack_limited
        room.entrance.on_refused = lambda reason: core.metrics.hooks_refused.labels("slack", reason).inc()
        if room.socket is None:
            core.slack_events = room.entrance.handle
        else:
            core.extra_faults = _socket_faults(room.socket)
        try:
            await core.start()
            await room.start()
            log.info("ready", port=core.server.port if core.server else 0, providers=sorted(core.providers))
            yield core
        finally:
            await room.stop()
            await core.stop()


@asynccontextmanager
async def _foundation(settings: Settings, points: Failpoints | None) -> AsyncIterator[tuple[JobStore, Http]]:
    store = await open_store(settings.database_url, settings.sealing_key, old_keys=settings.old_keys)
    http = Http(SystemClock())
    try:
        if points is None:
            yield store, http
        else:
            yield points.wrap("store", store), points.wrap("http", http)
    finally:
        await http.aclose()
        await store.close()


def _socket_faults(socket: Socket) -> Callable[[], Awaitable[Sequence[str]]]:
    async def faults() -> Sequence[str]:
        return () if await socket.connected() else ("Slack is not connected; events wait at Slack and are caught up.",)

    return faults


async def _no_faults() -> Sequence[str]:
    return ()


async def _in_thread(work: Callable[[], Transcript]) -> Transcript:
    return await asyncio.to_thread(work)


async def _every(name: str, seconds: float, act: Callable[[], Awaitable[object]]) -> None:
    failing = False
    while True:
        try:
            await act()
            if failing:
                log.info("recovered", task=name)
            failing = False
        except Exception as error:  # a periodic task must outlive any one failure; it is logged once
            if not failing:
                log.warning("failing", task=name, kind=type(error).__name__, detail=str(error))
            failing = True
        await asyncio.sleep(seconds)
