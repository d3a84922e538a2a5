"""The engine as the composition root builds it, for a chat, providers and a clock of a test's own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request

from bot.domain.job import SLACK_LANE
from bot.domain.transcript import Transcript
from bot.engine.accounts import Accounts, Probe, probe_of
from bot.engine.engine import Engine
from bot.engine.events import EngineEvent
from bot.engine.polling import Polling
from bot.engine.rate_budget import RateBudgets
from bot.engine.wakeups import Wakeups
from bot.ports.audio import Preparer
from bot.ports.chat import Chat
from bot.ports.clock import Clock
from bot.ports.provider import Provider
from bot.ports.store import JobStore
from bot.settings import Settings
from bot.supervisor import Supervisor
from bot.web.hooks import Hooks


async def at_once(work: Callable[[], Transcript]) -> Transcript:
    """Slow work, here on the loop: it is none of what is tested."""
    return work()


async def well() -> bool:
    """An account that always works."""
    return True


def new_engine(
    *,
    settings: Settings,
    store: JobStore,
    clock: Clock,
    chat: Chat,
    preparer: Preparer,
    providers: Mapping[str, Provider],
    budgets: RateBudgets | None = None,
    watch: Callable[[EngineEvent], None] = lambda event: None,
    offload: Callable[[Callable[[], Transcript]], Awaitable[Transcript]] = at_once,
) -> Engine:
    """An engine whose Slack always works. Stop it with `end`."""
    supervisor, wakeups = Supervisor(clock), Wakeups(store, clock)
    if budgets is None:
        budgets = RateBudgets(store, clock)
        for provider in providers.values():
            budgets.open(provider.account, provider.capabilities.pace)
    probes: dict[str, Probe] = {provider.account: probe_of(provider) for provider in providers.values()}
    probes[SLACK_LANE] = well
    return Engine(
        settings=settings,
        store=store,
        clock=clock,
        chat=chat,
        preparer=preparer,
        providers=providers,
        budgets=budgets,
        accounts=Accounts(store, clock, probes, watch, wakeups, supervisor),
        wakeups=wakeups,
        supervisor=supervisor,
        polling=Polling(store, clock, providers, wakeups, settings.poll_min_seconds),
        watch=watch,
        suggest=lambda transcript: transcript,
        offload=offload,
    )


async def end(engine: Engine, grace: float = 0.0) -> None:
    """Stop an engine and all its loops."""
    await engine.stop(grace)
    await engine.supervisor.stop()


async def post(hooks: Hooks, name: str, body: bytes) -> int:
    """A provider's webhook, as the web server hands it on; the status of the answer."""
    loop = asyncio.get_running_loop()
    content = StreamReader(BaseProtocol(loop), 1 << 16, loop=loop)
    content.feed_data(body)
    content.feed_eof()
    request = make_mocked_request(
        "POST", f"/hooks/{name}/token", match_info={"provider": name, "token": "token"}, payload=content
    )
    return (await hooks.handle(request)).status
