"""The composition root: the only module that names concrete adapters.

Everything is built in the order in which things need each other, and closed in reverse: store, HTTP and supervisor;
providers and their budgets; Slack; the engine; the web routes. `open_bot` is the whole, `open_core` the same without
Slack (`transcribe FILE` has a chat of its own), `open_providers` the providers alone (`doctor`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from bot.audio.preparer import AudioPreparer
from bot.blobs import blobs_for
from bot.clock import SYNC_SECONDS, DatabaseClock, shared_clock
from bot.configuration import kind_of
from bot.domain.job import SLACK_LANE
from bot.domain.transcript import Transcript
from bot.engine.accounts import Accounts, Probe, probe_of
from bot.engine.engine import Engine
from bot.engine.events import EngineEvent
from bot.engine.polling import Polling
from bot.engine.rate_budget import RateBudgets
from bot.engine.steps import SettingsOf
from bot.engine.upkeep.cleanup import PURGE_EVERY_SECONDS, RELEASE_EVERY_SECONDS, Upkeep
from bot.engine.upkeep.presence import REPORT_SECONDS, Presence, spool_id
from bot.engine.wakeups import Wakeups
from bot.failpoints import Failpoints
from bot.http import Http
from bot.logs import LogWatch
from bot.metrics import Metrics
from bot.network import Network, network_of
from bot.ports.audio import Preparer
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.provider import KeepsAudio, Provider
from bot.ports.store import JobStore
from bot.providers.kind import ProviderContext
from bot.settings import Settings, SettingsError
from bot.slack.api.client import open_client
from bot.slack.wiring import Reports, SlackAdapter, SlackServices, signed_in
from bot.slack.workspaces.directory import SlackWorkspaces
from bot.supervisor import Supervisor
from bot.text.highlights import suggest
from bot.web.audio import Audio
from bot.web.bodies import Bodies
from bot.web.health import Faults, Health
from bot.web.hooks import Hooks
from bot.web.server import SlackRoutes, WebServer, admin_routes, health_routes, public_routes
from storage import open_store

SCHEMA_SECONDS = 30.0  # how soon a process notices that a later one has migrated the database

log = structlog.get_logger("threadscribe")


@dataclass(frozen=True, slots=True)
class Core:
    """A running bot, as it is handed to the code that opened it."""

    settings: Settings
    store: JobStore
    clock: Clock
    engine: Engine
    wakeups: Wakeups
    server: WebServer
    admin: WebServer
    health: Health

    async def drain(self, seconds: float) -> None:
        """Begin to stop: nothing is claimed any more and `/readyz` says so; requests are taken for `seconds` more."""
        self.health.draining = True
        self.engine.claim_no_more()
        await self.clock.sleep(seconds)


@dataclass(frozen=True, slots=True)
class _Base:
    """What everything else is built on."""

    settings: Settings
    store: JobStore
    http: Http
    clock: Clock
    metrics: Metrics
    supervisor: Supervisor
    wakeups: Wakeups
    budgets: RateBudgets
    preparer: Preparer
    sweep_spool: Callable[[], Awaitable[object]]
    providers: Mapping[str, Provider]
    polling: Polling
    watch: Callable[[EngineEvent], None]

    def accounts(self, probes: Mapping[str, Probe]) -> Accounts:
        """The accounts of the providers, and those of `probes`."""
        found = {provider.account: probe_of(provider) for provider in self.providers.values()}
        return Accounts(self.store, self.clock, {**found, **probes}, self.watch, self.wakeups, self.supervisor)


@asynccontextmanager
async def open_bot(settings: Settings, points: Failpoints | None = None) -> AsyncIterator[Core]:
    """The whole bot, running until the context ends. Raises as `open_core` does."""
    async with AsyncExitStack() as stack:
        base = await _open_base(stack, settings, points)
        metrics = base.metrics
        client = await stack.enter_async_context(open_client(settings, base.clock, metrics.slack_limited))
        if not settings.alone:
            client.pace.share(base.store, "")
        client = client if points is None else points.wrap("slack", client)
        several = settings.several_workspaces
        accounts = base.accounts({} if several else {SLACK_LANE: partial(signed_in, client)})
        reports = Reports(
            notify=base.wakeups.arrived,
            on_broken=accounts.broke,
            on_token=base.wakeups.notify_all,
            on_connected=lambda: base.supervisor.run("overdue jobs", base.polling.poll_overdue),
            on_reply=metrics.replied,
            on_refused=partial(metrics.refused, "slack"),
        )
        offers = {name: provider.capabilities for name, provider in base.providers.items()}
        services = SlackServices(
            settings, base.store, base.clock, base.http, client, base.supervisor, reports, Bodies().read, offers
        )
        slack: SlackWorkspaces | SlackAdapter
        chat: Chat
        settings_of: SettingsOf | None = None
        if several:
            slack = chat = every = SlackWorkspaces(services)
            accounts.others = every.probe
            settings_of, public = every.settings_of, SlackRoutes(every.handle, every.pages.routes())
        else:
            slack = one = SlackAdapter(services)
            listens = one.socket is None and settings.is_web
            chat, public = one.chat, SlackRoutes(one.entrance.handle if listens else None)
        engine = _build_engine(base, chat, accounts, settings_of)
        core = await _start(stack, base, engine, slack.faults, public, for_operator=True)
        stack.push_async_callback(slack.stop)
        await slack.start()
        log.info(
            "ready",
            role=settings.role,
            port=core.server.port,
            admin_port=core.admin.port,
            providers=sorted(base.providers),
        )
        yield core


@asynccontextmanager
async def open_core(settings: Settings, chat: Chat) -> AsyncIterator[Core]:
    """The bot without Slack: `chat` stands in for it. Runs until the context ends.

    Raises `StoreError` when the database cannot be used, `OSError` when the port is taken.
    """
    async with AsyncExitStack() as stack:
        base = await _open_base(stack, settings, None)
        engine = _build_engine(base, chat, base.accounts({}))
        yield await _start(stack, base, engine, _no_faults, SlackRoutes(), for_operator=False)


@asynccontextmanager
async def open_providers(settings: Settings) -> AsyncIterator[Mapping[str, Provider]]:
    """The providers that are set up, by name; nothing runs. Raises `StoreError`."""
    async with AsyncExitStack() as stack:
        yield (await _open_base(stack, settings, None)).providers


async def _open_base(stack: AsyncExitStack, settings: Settings, points: Failpoints | None) -> _Base:
    store: JobStore = await open_store(settings.database_url, settings.sealing_key, old_keys=settings.old_keys)
    stack.push_async_callback(store.close)
    clock = await shared_clock(store.clock_offset, several=not settings.alone)
    network = network_of(settings)
    http = Http(clock, network)
    stack.push_async_callback(http.aclose)
    directory = work_directory(settings)
    audio = AudioPreparer(directory / "spool")
    stack.push_async_callback(audio.close)
    preparer: Preparer = audio
    if points is not None:
        store, http, preparer = points.wrap("store", store), points.wrap("http", http), points.wrap("audio", audio)
    supervisor = Supervisor(clock)
    stack.push_async_callback(supervisor.stop)
    wakeups = Wakeups(store, clock)
    budgets = RateBudgets(store, clock)
    providers = _build_providers(settings, store, http, network, clock, budgets, directory, wakeups)
    for provider in providers.values():
        stack.push_async_callback(provider.close)
    if points is not None:
        providers = {name: points.wrap(name, provider) for name, provider in providers.items()}
    metrics, log_watch = Metrics(), LogWatch()

    def watch(event: EngineEvent) -> None:
        log_watch(event)
        metrics.watch(event)

    return _Base(
        settings=settings,
        store=store,
        http=http,
        clock=clock,
        metrics=metrics,
        supervisor=supervisor,
        wakeups=wakeups,
        budgets=budgets,
        preparer=preparer,
        sweep_spool=audio.sweep,
        providers=providers,
        polling=Polling(store, clock, providers, wakeups, settings.poll_min_seconds),
        watch=watch,
    )


def _build_providers(
    settings: Settings,
    store: JobStore,
    http: Http,
    network: Network,
    clock: Clock,
    budgets: RateBudgets,
    directory: Path,
    wakeups: Wakeups,
) -> dict[str, Provider]:
    found: dict[str, Provider] = {}
    for name, section in settings.providers.items():
        if (kind := kind_of(name)) is None:
            continue
        budgets.open(name, kind.pace(section))
        context = ProviderContext(
            name=name,
            public_url=settings.public_url,
            http=http,
            clock=clock,
            acquire=partial(budgets.spend, name),
            store=store,
            directory=directory / name,
            on_ready=wakeups.wake_job,
            several=not settings.alone,
            blobs=blobs_for(settings, network, name),
        )
        found[name] = kind.build(section, context)
    return found


def _build_engine(base: _Base, chat: Chat, accounts: Accounts, settings_of: SettingsOf | None = None) -> Engine:
    return Engine(
        settings=base.settings,
        store=base.store,
        clock=base.clock,
        chat=chat,
        preparer=base.preparer,
        providers=base.providers,
        budgets=base.budgets,
        accounts=accounts,
        wakeups=base.wakeups,
        supervisor=base.supervisor,
        polling=base.polling,
        watch=base.watch,
        suggest=suggest,
        offload=_in_thread,
        settings_of=settings_of,
    )


async def _start(
    stack: AsyncExitStack,
    base: _Base,
    engine: Engine,
    slack_faults: Faults,
    slack_routes: SlackRoutes,
    for_operator: bool,
) -> Core:
    """Serve the web routes, tidy up what a killed process left, then serve the lanes."""
    settings, store, clock, supervisor = base.settings, base.store, base.clock, base.supervisor
    hooks = Hooks(store, base.providers, clock, base.wakeups.wake_job, base.metrics.refused)
    health = Health(
        store=store,
        clock=clock,
        metrics=base.metrics,
        supervisor=supervisor,
        accounts=engine.accounts,
        orphans=engine.orphans,
        budgets=base.budgets,
        slack_faults=slack_faults,
    )
    routes = health_routes(health)
    if settings.is_web:
        routes = public_routes(hooks, Audio(engine.hosted_audio), health, slack_routes)
    server = WebServer(routes, settings.host, settings.port)
    stack.push_async_callback(server.stop)
    await server.start()
    admin = WebServer(admin_routes(health), settings.admin_host, settings.admin_port)
    if for_operator:
        stack.push_async_callback(admin.stop)
        await admin.start()
    await _join(stack, base, engine, health)
    upkeep = Upkeep(
        store,
        clock,
        base.providers,
        engine.hosted_audio,
        base.sweep_spool,
        settings.retention_days,
        settings.alone,
        settings.retention_max_days,
        settings.audit_retention_days,
        settings.history_days,
        settings.removed_workspace_days,
    )
    await upkeep.clean_up(settings.is_worker)
    stack.push_async_callback(engine.stop)
    if settings.is_worker:
        await engine.start()
        if (default := base.providers.get(settings.provider)) is not None and isinstance(default, KeepsAudio):
            supervisor.run("check of the local engine", partial(engine.accounts.check, default))
        if settings.blob_url:
            release = partial(upkeep.release_shared, engine.accounts.broke)
            supervisor.every("release in the bucket", RELEASE_EVERY_SECONDS, release)
        supervisor.every("purge", PURGE_EVERY_SECONDS, upkeep.purge)
    if isinstance(clock, DatabaseClock):
        supervisor.every("time of the database", SYNC_SECONDS, clock.sync)
        supervisor.every("schema", SCHEMA_SECONDS, partial(_check_schema, store, engine, health))
    supervisor.every("release", RELEASE_EVERY_SECONDS, upkeep.release_ended)
    supervisor.run("wake-ups by other processes", partial(store.listen, base.wakeups.notify))
    supervisor.run("loop lag", base.metrics.measure_lag)
    return Core(settings, store, clock, engine, base.wakeups, server, admin, health)


async def _check_schema(store: JobStore, engine: Engine, health: Health) -> None:
    """Stop working once another process has migrated the database beyond what this one can use, and say so."""
    if (fault := await store.schema_fault()) and not health.schema_fault:
        log.error("database_too_new", detail=fault)
        health.schema_fault = fault
        engine.claim_no_more()


async def _join(stack: AsyncExitStack, base: _Base, engine: Engine, health: Health) -> None:
    """Report this process to the others. Raises `SettingsError` when their audio is not where SPOOL_SHARED says."""
    settings = base.settings

    def facts() -> Mapping[str, object]:
        lanes = engine.lanes if settings.is_worker else ()
        budgets = base.budgets.opened.items()
        return {
            "lanes": {lane.name: {"running": lane.running, "places": sum(lane.places.values())} for lane in lanes},
            "budgets": {name: {"spent": budget.spent, "waited": budget.waited} for name, budget in budgets},
            "faults": [*base.supervisor.faults(), *(["it is stopping"] if health.draining else [])],
        }

    spool = await asyncio.to_thread(spool_id, work_directory(settings))
    presence = Presence(base.store, base.clock, settings.role, spool, facts)
    if settings.spool_shared and (fault := await presence.without_our_spool()):
        raise SettingsError([fault])
    reports = base.supervisor.every("report of this process", REPORT_SECONDS, presence.report)

    async def leave() -> None:
        reports.cancel()
        await presence.leave()

    stack.push_async_callback(leave)


def work_directory(settings: Settings) -> Path:
    """Where temporary audio lies: SPOOL_DIR, else a directory beside the SQLite file."""
    if settings.spool_dir:
        return Path(settings.spool_dir)
    if settings.database_url.startswith("sqlite:///"):
        database = Path(settings.database_url.removeprefix("sqlite:///"))
        return database.with_name(f"{database.stem}-spool").absolute()
    return Path("threadscribe-spool").absolute()


async def _no_faults() -> tuple[str, ...]:
    return ()


async def _in_thread(work: Callable[[], Transcript]) -> Transcript:
    return await asyncio.to_thread(work)
