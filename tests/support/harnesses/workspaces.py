"""Several workspaces and an organisation behind one address, a provider, and the real bot that they install."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp

from bot.app import Core, open_bot
from bot.configuration import load_settings
from bot.domain.job import Job, State
from bot.ports.store import JobFilter, JobStore
from bot.providers.webhook_address import webhook_address
from simulators.slack.cloud.front import SlackCloud
from simulators.slack.file_store import Upload
from simulators.slack.manifest import with_manifest
from simulators.slack.options import Options
from simulators.slack.records import Message
from simulators.slack.server import SlackSimulator
from tests.support.harnesses.bot import fast_xosum, shown
from tests.support.machine.bot_process import ROOT
from tests.support.machine.processes import free_port

ADDED = ("team_access_granted", "team_access_revoked")
"""Events that `manifest --distributed` asks for beside those of manifest.yml (held to it by tests/cli)."""

ONE, TWO, GRID, GRID_A, GRID_B = "T0ONE", "T0TWO", "E0GRID", "T0GRIDA", "T0GRIDB"
STORAGE_KEY = base64.b64encode(bytes(range(32))).decode()
TALK = ROOT / "simulators" / "samples" / "jfk.wav"


def workspaces(*, organisation: bool = True) -> list[Options]:
    """Two workspaces whose conversations, people and bot have the same ids, and two of an organisation."""

    def plain(team_id: str, **more: object) -> Options:
        options = Options(retry_delays=(0.0, 0.2, 0.5), share_delay=0.02, team_id=team_id, team_name=f"{team_id} Ltd")
        for name, value in more.items():
            setattr(options, name, value)
        found = with_manifest(options, ROOT / "manifest.yml")
        return replace(found, events=(*found.events, *ADDED)) if options.org_installed else found

    whole = {"enterprise_id": GRID, "org_installed": True}
    return [plain(ONE), plain(TWO), *((plain(GRID_A, **whole), plain(GRID_B, **whole)) if organisation else ())]


@dataclass
class Host:
    """Everything of a test."""

    cloud: SlackCloud
    environment: dict[str, str]
    port: int
    directory: Path
    core: Core | None = None
    pages: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> JobStore:
        assert self.core is not None
        return self.core.store

    def slack(self, team_id: str) -> SlackSimulator:
        return self.cloud.workspaces[team_id]

    async def install(self, team: str = "", enterprise: str = "", **more: str) -> aiohttp.ClientResponse:
        """Install the app as a person does in a browser; the page that they see at the end."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            begun = await browser.get(f"{self.address}/slack/install", allow_redirects=False)
            assert begun.status == 302, await begun.text()
            chosen = {"team": team} if team else {"enterprise": enterprise}
            agreed = await browser.get(begun.headers["Location"], params={**chosen, **more}, allow_redirects=False)
            assert agreed.status == 302, await agreed.text()
            page = await browser.get(agreed.headers["Location"], allow_redirects=False)
            self.pages.append(await page.text())
            return page

    async def begin(self) -> tuple[str, str]:
        """The state and the cookie of an installation that was begun."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            begun = await browser.get(f"{self.address}/slack/install", allow_redirects=False)
            cookie = begun.cookies["threadscribe-install"].value
            return parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0], cookie

    async def jobs(self, team_id: str, *states: State) -> list[Job]:
        return list(await self.store.jobs(JobFilter(team_id=team_id, states=states, limit=100)))

    async def upload(self, team_id: str, user: str = "U0ALICE", channel: str = "C0CLINIC") -> Message:
        """Share a recording."""
        slack = self.slack(team_id)
        place = channel if channel in slack.workspace.channels else f"{channel}{team_id}"
        return await slack.upload_as(user, place, Upload("jfk.wav", TALK.read_bytes()))

    def thread(self, team_id: str, message: Message) -> list[Message]:
        """The bot's messages in a thread that everybody sees."""
        found = self.slack(team_id).replies(message.channel, message.root)
        return [each for each in found if each.is_bot and each.ephemeral_to is None]

    async def answered(self, team_id: str, message: Message) -> Message:
        """Wait for the reply."""

        def replies() -> list[Message]:
            return [
                each
                for each in self.thread(team_id, message)
                if (each.metadata or {}).get("event_type") == "threadscribe_reply"
            ]

        try:
            await self.slack(team_id).until(lambda: bool(replies()), 60)
        except TimeoutError:
            states = [(job.state, job.last_error, job.parked_for) for job in await self.jobs(team_id)]
            raise AssertionError(f"no reply: {states}, {self.cloud.calls[-8:]}") from None
        return replies()[0]

    async def whispered(self, team_id: str, user: str, act: Callable[[], Awaitable[object]]) -> str:
        """What a person alone reads after what they do."""

        def seen() -> list[Message]:
            return [each for each in self.slack(team_id).workspace.all_messages() if each.ephemeral_to == user]

        before = len(seen())
        await act()
        await self.slack(team_id).until(lambda: len(seen()) > before)
        return shown(seen()[-1])

    async def until(self, condition: Callable[[], Awaitable[object]], timeout: float = 60.0) -> None:
        async with asyncio.timeout(timeout):
            while not await condition():  # noqa: ASYNC110 - the condition is a row in a database
                await asyncio.sleep(0.05)


@asynccontextmanager
async def cloud_and_settings(
    directory: Path, *, rotation: bool = False, organisation: bool = True, **more: str
) -> AsyncIterator[Host]:
    """The workspaces and a provider; no bot yet."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    service = fast_xosum()
    async with contextlib.AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(
            SlackCloud(workspaces(organisation=organisation), (f"{address}/slack/oauth_redirect",), rotation=rotation)
        )
        await service.start()
        stack.push_async_callback(service.stop)
        service.settings.webhook_url = webhook_address(address, service.name, service.settings.webhook_secret)
        environment = {
            "SLACK_API_URL": cloud.api_url,
            "SLACK_CLIENT_ID": cloud.client_id,
            "SLACK_CLIENT_SECRET": cloud.client_secret,
            "SLACK_SIGNING_SECRET": cloud.signing_secret,
            "STORAGE_KEY": STORAGE_KEY,
            "DATABASE_URL": f"sqlite:///{directory}/jobs.db",
            "PUBLIC_URL": address,
            "PORT": str(port),
            "ADMIN_PORT": "0",
            "REPLY_SETTLE_SECONDS": "0.5",
            "STATUS_AFTER_SECONDS": "0",
            "POLL_MIN_SECONDS": "0.1",
            **service.environment(),
            **more,
        }
        yield Host(cloud, environment, port, directory)


@asynccontextmanager
async def host(
    directory: Path, *, rotation: bool = False, organisation: bool = True, **more: str
) -> AsyncIterator[Host]:
    """The same with a running bot, which nobody has installed yet."""
    async with (
        cloud_and_settings(directory, rotation=rotation, organisation=organisation, **more) as found,
        open_bot(load_settings(found.environment, env_file=None)) as core,
    ):
        found.core = core
        await found.cloud.use_http(f"{found.address}/slack/events")
        yield found
        strays = [call for call in found.cloud.calls if call[1] == "stray"]
        assert strays == []


async def installed(found: Host, *, organisation: bool = True) -> Host:
    """Install everywhere."""
    for team in (ONE, TWO):
        assert (await found.install(team)).status == 200, found.pages
    if organisation:
        assert (await found.install(enterprise=GRID)).status == 200, found.pages
    return found
