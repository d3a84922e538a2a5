"""All workspaces together: an adapter for each, found by what comes in and by what a job says.

Nothing of one workspace is in reach of another: an adapter has one token, one identity and one team id, and every
look-up in it begins with that id. What would cost too much once for each (looking for deferred work and for messages to
check again) is done once for all, and handed to the adapter that it is of.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.response import BoltResponse

from bot.domain.errors import Misconfigured, StepError, StoreError
from bot.domain.job import Job
from bot.domain.transcript import Transcript
from bot.ports.audio import SourceFile
from bot.ports.clock import WakeEvent
from bot.ports.store import ACCESS_REVOKED, Installation, Workspace
from bot.settings import Settings
from bot.slack.api.identity import BotIdentity, identify
from bot.slack.api.payloads import Json, child, number, rows, text, truth
from bot.slack.background import BackgroundTasks
from bot.slack.incoming.deferred import POLL_SECONDS
from bot.slack.listeners import SignedRequests, answered_at_once, not_committed
from bot.slack.thread.chat import VERIFY_EVERY_SECONDS
from bot.slack.wiring import SlackAdapter, SlackServices
from bot.slack.workspaces.access import ACCESS_EVENTS, Access
from bot.slack.workspaces.accounts import NOT_INSTALLED, account_of
from bot.slack.workspaces.credentials import Credentials
from bot.slack.workspaces.oauth import InstallPages
from bot.slack.workspaces.own_settings import settings_for
from bot.slack.workspaces.rotation import Rotation
from bot.slack.workspaces.routing import REMOVALS, Address, addresses_of, jobs_in

REFRESH_SECONDS = 60.0  # until a process learns what another one did: installed, removed, set
AWAY_SECONDS = 600.0  # until messages of a workspace that the bot is not in are due again

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Open:
    """A workspace with its adapter, and what that was built from."""

    adapter: SlackAdapter
    credentials: Credentials
    built_from: tuple[str, str, Mapping[str, str]]


class SlackWorkspaces:
    """Slack as the rest of the bot sees it, where several workspaces install the app. It is a `Chat`, too."""

    def __init__(self, services: SlackServices) -> None:
        self._services = services
        self._settings = settings = services.settings
        self._store = store = services.store
        self._clock = clock = services.clock
        self._client = client = services.client
        self._reports = services.reports
        self.pages = InstallPages(settings, client, store, clock, self._installed)
        self._access = Access(store, clock)
        self._rotation = Rotation(settings, store, clock, client)
        self._requests = SignedRequests(settings, services.read_body, services.reports.on_refused)
        self._wake_deferred = WakeEvent(clock)
        self._open: dict[str, _Open] = {}
        self._opening = asyncio.Lock()
        self._background = BackgroundTasks()
        self._loops: list[asyncio.Task[None]] = []

    # --- what comes in

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`POST /slack/events`: events, commands and interactivity of every workspace."""
        body = await self._requests.body(request)
        return body if isinstance(body, web.Response) else await to_aiohttp_response(await self.dispatch(body))

    async def dispatch(self, body: Json) -> BoltResponse:
        """Have the workspace handle a payload that is verified and parsed.

        What is of a workspace that the app is not installed in is acknowledged and goes nowhere.
        """
        if (answer := answered_at_once(body, self._reports.on_refused)) is not None:
            return answer
        try:
            if text(child(body, "event"), "type") in REMOVALS:
                await self._removed(body)
                return BoltResponse(status=200, body="")
            if text(child(body, "event"), "type") in ACCESS_EVENTS:
                for team_id in await self._access.decided(body):
                    await self._access_changed(team_id)
                return BoltResponse(status=200, body="")
            for address in await self._addresses(body):
                adapter = await self._at(address, number(body, "event_time"))
                if adapter is not None:
                    return await adapter.entrance.dispatch(body)
        except (StepError, StoreError) as error:
            return await not_committed(error, dict(body))
        self._reports.on_refused("stranger")
        return BoltResponse(status=200, body="")

    async def _addresses(self, body: Json) -> Sequence[Address]:
        """The workspaces to try. In an organisation a person may press a button in another workspace than their own:
        then the job that it is of says which."""
        found = addresses_of(body)
        if not found or not found[0].whole or text(body, "type") == "event_callback":
            return found
        first = found[0]
        for job_id in jobs_in(body):
            job = await self._store.job(job_id)
            if job is not None and job.origin.enterprise_id == first.enterprise_id:
                return [replace(first, team_id=job.origin.team_id)]
        return found

    async def _at(self, address: Address, event_time: float) -> SlackAdapter | None:
        """The adapter of a workspace, None where the app is not installed as the request says: by the workspace, or by
        the organisation that it names. Raises `StoreError`."""
        known = self._open.get(address.team_id)
        if known is not None:
            installation = await known.credentials.installed()
        else:
            enterprise = address.enterprise_id if address.whole else ""
            installation = await self._store.installation_of(address.team_id, enterprise)
        if installation is None and (installation := await self._access.readmitted(address, event_time)):
            await self._access_changed(address.team_id)
            known = None
        if installation is None or installation.id != (address.enterprise_id if address.whole else address.team_id):
            return None
        if known is None and address.whole:  # the first that is heard of this workspace
            await self._store.note_workspace(address.team_id, installation.id, "", self._clock.now())
        return await self._adapter(address.team_id)

    async def _adapter(self, team_id: str) -> SlackAdapter | None:
        """The adapter of a workspace that is known, built at the first need; None where the app is not installed.

        Raises `StoreError`, and `Misconfigured` where the workspace's own settings cannot be used.
        """
        if (known := self._open.get(team_id)) is not None:
            return known.adapter if await known.credentials.installed() is not None else None
        async with self._opening:
            if team_id not in self._open:
                installation = await self._store.installation_of(team_id)
                workspace = await self._store.workspace(team_id)
                if installation is None or workspace is None:
                    return None
                await self._begin(installation, workspace)
            return self._open[team_id].adapter

    async def _usable(self, team_id: str) -> SlackAdapter | None:
        """The same, but None after a report where its settings cannot be used: the other workspaces go on."""
        try:
            return await self._adapter(team_id)
        except Misconfigured as error:
            self._reports.on_broken(error)
            return None

    async def _begin(self, installation: Installation, workspace: Workspace) -> None:
        team_id = workspace.team_id
        credentials = Credentials(self._store, self._clock, self._rotation, team_id)
        client = self._client.of_workspace(credentials)
        services = replace(self._services, settings=settings_for(self._settings, workspace), client=client)
        adapter = SlackAdapter(services, BotIdentity(client, team_id, workspace.enterprise_id), self._wake_deferred)
        self._open[team_id] = _Open(adapter, credentials, _built_from(installation, workspace))
        await adapter.start()

    # --- installed and removed

    async def _installed(self, team_id: str, enterprise_id: str) -> None:
        """After an installation: what waits for the workspace (those of the organisation) goes on."""
        known = await self._store.workspaces()
        whole = [each.team_id for each in known if not team_id and each.enterprise_id == enterprise_id]
        for each in (team_id,) if team_id else whole:
            await self._close(each)
            await self._usable(each)
            await self._store.resume_parked(account_of(each), self._clock.now())
            self._reports.on_token()

    async def _access_changed(self, team_id: str) -> None:
        """An organisation took the app out of the workspace, or let it in again: then what waits goes on."""
        if (known := self._open.get(team_id)) is not None:
            known.credentials.forget()
        if await self._store.installation_of(team_id) is None:
            self._background.spawn("close", self._close(team_id))  # Slack does not wait for the answers under way
            return
        await self._close(team_id)
        if await self._usable(team_id) is not None:
            await self._store.resume_parked(account_of(team_id), self._clock.now())
            self._reports.on_token()

    async def _removed(self, body: Json) -> None:
        """`app_uninstalled`, or `tokens_revoked` for the bot. Raises `StoreError`, `StepError`s."""
        event, kind = child(body, "event"), text(child(body, "event"), "type")
        if kind == "tokens_revoked" and not child(event, "tokens").get("bot"):
            return  # tokens of people, which the bot does not use
        meant = await self._meant(body)
        sure = kind == "app_uninstalled" and bool(meant)
        if not meant and (whole := text(body, "enterprise_id") or text(body, "context_enterprise_id")):
            found = await self._store.installation(whole)  # of the organisation after all, if Slack refuses its token
            meant = [found] if found is not None and found.active else []
        for installation in meant:
            if number(body, "event_time") < int(installation.installed_at):
                _log.info("removal_outdated", installation=installation.id)  # it was installed again since
            elif sure or not await self._still_works(installation):
                if await self._store.remove_installation(installation.id, kind, self._clock.now()):
                    _log.warning("app_removed", installation=installation.id, by=kind)
                for team_id, known in self._open.items():
                    if known.built_from[0] == installation.id:
                        known.credentials.forget()
                        self._background.spawn("close", self._close(team_id))

    async def _meant(self, body: Json) -> list[Installation]:
        """The installations that a removal is of: a workspace's own, or that of an organisation if Slack says so."""
        authorizations = rows(body, "authorizations")
        whole = [text(each, "enterprise_id") for each in authorizations if truth(each, "is_enterprise_install")]
        single = [text(each, "team_id") for each in authorizations if not truth(each, "is_enterprise_install")]
        if not authorizations:
            team, enterprise = text(body, "team_id"), text(body, "enterprise_id")
            if truth(body, "is_enterprise_install") or not team or team == enterprise:
                whole = [enterprise]
            else:
                single = [team]
        found = [await self._store.installation(each) for each in dict.fromkeys((*single, *whole)) if each]
        return [each for each in found if each is not None and each.active]

    async def _still_works(self, installation: Installation) -> bool:
        """Whether Slack still takes the token: one that was exchanged may be what was revoked."""
        probe = Credentials(self._store, self._clock, self._rotation, installation.team_id or installation.id)
        try:
            return bool((await identify(self._client.of_workspace(probe))).bot_user_id)
        except Misconfigured:
            return False

    async def _close(self, team_id: str) -> None:
        if (known := self._open.pop(team_id, None)) is not None:
            await known.adapter.stop()

    async def _refresh(self) -> None:
        """Build adapters of workspaces that were installed, and of those whose settings changed; end the others."""
        every = await self._store.installations()
        installations = {each.id: each for each in every if each.active}
        without = {each.id for each in every if not each.active and each.removed_for == ACCESS_REVOKED}
        for workspace in await self._store.workspaces():
            team_id = workspace.team_id
            whole = None if team_id in without else installations.get(workspace.enterprise_id)
            installation = installations.get(team_id) or whole
            known = self._open.get(team_id)
            if known is not None and (installation is None or known.built_from != _built_from(installation, workspace)):
                await self._close(team_id)
            if installation is not None and team_id not in self._open:
                await self._usable(team_id)

    async def probe(self, account: str) -> bool:
        """Whether the token of an account of `account_of` works. Raises `StepError`s."""
        team_id = account.partition(":")[2]
        adapter = await self._adapter(team_id)
        if adapter is None:
            return False
        try:
            return bool((await identify(adapter.client)).bot_user_id)
        except Misconfigured:
            return False

    # --- the `Chat` of the engine

    async def _of(self, job: Job) -> SlackAdapter:
        adapter = await self._adapter(job.origin.team_id)
        if adapter is None:
            raise Misconfigured(account_of(job.origin.team_id), NOT_INSTALLED)
        return adapter

    async def source(self, job: Job) -> SourceFile:
        """The file behind the job, with the token of its workspace."""
        return await (await self._of(job)).chat.source(job)

    def show(self, job: Job) -> None:
        """Note that the status line of the job's message is out of date."""
        if (known := self._open.get(job.origin.team_id)) is not None:
            known.adapter.chat.show(job)
        else:
            self._background.spawn("show", self._show_later(job))

    async def _show_later(self, job: Job) -> None:
        adapter = await self._usable(job.origin.team_id)
        if adapter is not None:
            adapter.chat.show(job)

    async def reply(self, job: Job, transcript: Transcript | None) -> None:
        """Post the one reply into the job's workspace."""
        await (await self._of(job)).chat.reply(job, transcript)

    async def settings_of(self, team_id: str) -> Settings:
        """The settings that count in a workspace. Raises `StoreError`, `Misconfigured`."""
        workspace = await self._store.workspace(team_id)
        return settings_for(self._settings, workspace) if workspace is not None else self._settings

    # --- the loops

    async def faults(self) -> Sequence[str]:
        """Nothing keeps Slack from reaching all workspaces but what the others report."""
        return ()

    async def start(self) -> None:
        """Resume what waits for a token, and start the loops."""
        for workspace in await self._store.workspaces():
            await self._store.resume_parked(account_of(workspace.team_id), self._clock.now())
        self._loops = [
            self._services.supervisor.every("workspaces", REFRESH_SECONDS, self._refresh),
            self._services.supervisor.run("deferred work", self._run_deferred),
            self._services.supervisor.every("verification", VERIFY_EVERY_SECONDS, self._verify),
        ]

    async def _run_deferred(self) -> None:
        while True:
            self._wake_deferred.clear()
            for team_id in await self._store.teams_with_work(self._clock.now()):
                adapter = await self._usable(team_id)
                if adapter is not None:
                    await adapter.deferred.start_due()
            await self._wake_deferred.wait(POLL_SECONDS)

    async def _verify(self) -> None:
        for row in await self._store.outbox_to_verify(self._clock.now()):
            job = None if row.team_id or not row.job_id else await self._store.job(row.job_id)  # a row of before
            adapter = await self._usable(row.team_id if job is None else job.origin.team_id)
            if adapter is not None:
                await adapter.chat.verify(row)
            else:  # later: it must not take the place of another workspace's
                later = replace(row, verify_at=self._clock.now() + AWAY_SECONDS)
                await self._store.update_outbox(later, release=False)

    async def stop(self) -> None:
        """Take no more events, let answers end, stop the loops."""
        await self._background.drain()
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await asyncio.gather(*(self._close(team_id) for team_id in list(self._open)))


def _built_from(installation: Installation, workspace: Workspace) -> tuple[str, str, Mapping[str, str]]:
    return installation.id, installation.bot_user_id, workspace.settings
