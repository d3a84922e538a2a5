"""Everything of Slack, wired: what the composition root builds, starts and stops."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from bot.domain.errors import Misconfigured, StepError, StoreError
from bot.domain.job import SLACK_LANE
from bot.failpoints import Failpoints
from bot.http import Http
from bot.ports.clock import Clock
from bot.ports.provider import Traits
from bot.ports.store import JobStore
from bot.settings import Settings
from bot.slack.access import Access
from bot.slack.actions import Actions
from bot.slack.afterwards import Afterwards
from bot.slack.app import TRANSCRIBE_SHORTCUT, HttpEntrance, Listeners, build_app
from bot.slack.catchup import CatchUp
from bot.slack.channel_settings import SettingsModal
from bot.slack.chat import SlackChat
from bot.slack.client import SlackClient, open_client
from bot.slack.commands import Commands
from bot.slack.deletion import Deletion
from bot.slack.downloads import Downloads
from bot.slack.errands import Errands
from bot.slack.fields import Json, text
from bot.slack.files import SlackFiles
from bot.slack.home import OPEN_SETTINGS, REFRESH_HOME, Home
from bot.slack.identity import Identity, WhoAmI, identify
from bot.slack.intake import Intake
from bot.slack.lists import LIST_NEWEST, LIST_OLDER
from bot.slack.persons import Persons
from bot.slack.posts import Posts
from bot.slack.presses import Presses
from bot.slack.receipts import Receipts
from bot.slack.renaming import RENAME_VIEW, UNDO_ACTION, Renaming
from bot.slack.render import (
    AGAIN_ACTION,
    CANCEL_ACTION,
    DELETE_ACTION,
    DOWNLOAD_ACTION,
    RENAME_ACTION,
    RETRY_ACTION,
)
from bot.slack.replies import Replies
from bot.slack.revisions import ERASE, REWRITE, Revisions
from bot.slack.rights import Rights
from bot.slack.searches import SEARCH_OLDER
from bot.slack.services import Services
from bot.slack.settings_form import LANGUAGE, SERVICE, SETTINGS_VIEW
from bot.slack.sights import Sights
from bot.slack.socket import Socket
from bot.slack.status import StatusLines
from bot.slack.uploads import Uploads
from bot.slack.versions import AGAIN_VIEW, SERVICE_ACTION, Versions

RESTART_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class SlackRoom:
    """Slack as a whole. `ring` is called with a lane that has new work, `on_broken` when the token is found dead.

    `offers` gives what the services that are set up can do, by their keys.
    """

    def __init__(
        self,
        settings: Settings,
        store: JobStore,
        clock: Clock,
        http: Http,
        client: SlackClient,
        ring: Callable[[str], None],
        on_broken: Callable[[Misconfigured], None] = lambda error: None,
        offers: Callable[[], Mapping[str, Traits]] = dict,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_broken = on_broken
        self.client = client
        self.who = WhoAmI(client)
        self.services = Services(settings.provider, offers)
        self.files = SlackFiles(settings, client, http)
        self.posts = Posts(store, client, self.who, clock, settings.reply_settle_seconds)
        self.persons = Persons(client, clock, settings.reply_language)
        uploads = Uploads(store, client, self.posts, clock)
        self.replies = Replies(store, client, self.posts, uploads, self.persons, clock)
        receipts = Receipts(client, clock)
        self.status = StatusLines(store, client, self.posts, receipts, self.persons, clock)
        self.chat = SlackChat(store, self.files, self.posts, self.replies, self.status, receipts, clock)
        self.intake = Intake(store, clock, ring)
        self.errands = Errands(store, client, self.who, self.files, self.intake, self.posts, clock)
        self.catchup = CatchUp(store, client, self.who, self.files, self.intake, clock, settings.catchup_minutes * 60)
        access = Access(client, self.persons)
        self.afterwards = Afterwards()
        self.sights = sights = Sights(client, access)
        rights = Rights(client, self.persons, sights)
        self._home = Home(store, client, self.persons, sights, self.services, self.afterwards, clock)
        self._settings_modal = SettingsModal(
            store, client, rights, self.services, self.afterwards, clock, self._home.publish
        )
        self.commands = Commands(
            store, client, self.who, access, sights, self._settings_modal, self.afterwards, clock, ring
        )
        presses = Presses(store, client, access)
        self._actions = Actions(
            store, client, self.intake, self.commands, self.posts, self.replies, presses, self.afterwards, clock, ring
        )
        self._downloads = Downloads(store, client, uploads, presses, self.afterwards, clock)
        self._renaming = Renaming(store, presses, self.intake, self.afterwards, clock)
        self._versions = Versions(settings, store, presses, offers, self.afterwards, clock, ring)
        self._deletion = Deletion(presses, access, self.intake, self.afterwards, clock)
        revisions = Revisions(store, client, self.posts, uploads, self.replies, self._downloads, clock)
        self.errands.others |= {REWRITE: revisions.rewrite, ERASE: revisions.erase}
        self.app = build_app(settings, client, self.who, self.listeners())
        self.entrance = HttpEntrance(self.app, settings)
        self.socket = Socket(self.app, settings, self._hello) if settings.socket_mode else None
        self._loops: list[asyncio.Task[None]] = []

    def listeners(self) -> Listeners:
        """What is listened to."""
        return Listeners(
            events={
                "message": self._message,
                "file_shared": self.intake.file_shared,
                "file_deleted": self.intake.file_deleted,
                "app_mention": self.intake.mention,
                "member_joined_channel": self.intake.joined,
                "app_home_opened": self._opened,
                "tokens_revoked": self._revoked,
                "app_uninstalled": self._revoked,
            },
            command=lambda body: self.afterwards.then("command", self.commands.handle(body)),
            shortcuts={TRANSCRIBE_SHORTCUT: self._actions.shortcut},
            actions={
                RETRY_ACTION: self._actions.retry,
                CANCEL_ACTION: self._actions.cancel,
                DOWNLOAD_ACTION: self._downloads.pressed,
                RENAME_ACTION: self._renaming.pressed,
                UNDO_ACTION: self._renaming.undo,
                AGAIN_ACTION: self._versions.pressed,
                SERVICE_ACTION: self._versions.service_chosen,
                DELETE_ACTION: self._deletion.pressed,
                LIST_OLDER: self.commands.turned,
                LIST_NEWEST: self.commands.turned,
                SEARCH_OLDER: self.commands.turned,
                OPEN_SETTINGS: self._settings_modal.pressed,
                SERVICE: self._settings_modal.service_chosen,
                REFRESH_HOME: self._home.refreshed,
            },
            submissions={
                RENAME_VIEW: self._renaming.submit,
                AGAIN_VIEW: self._versions.submit,
                SETTINGS_VIEW: self._settings_modal.submit,
            },
            options={LANGUAGE: self._settings_modal.languages},
        )

    async def _message(self, me: Identity, event: Json) -> None:
        await self.intake.message(me, event, text(event, "event_id"))

    async def _opened(self, me: Identity, event: Json) -> None:
        self.afterwards.then("home", self._home.opened(me, event))

    async def _revoked(self, _me: Identity, event: Json) -> None:
        self._on_broken(Misconfigured(SLACK_LANE, f"Slack says: {text(event, 'type')}"))

    def _hello(self, again: bool) -> None:
        _log.info("slack_connected", again=again)
        self.catchup.ring()

    async def works(self) -> bool:
        """Whether Slack takes the token. Raises `StepError`s while Slack is away."""
        return bool((await identify(self.client)).team_id)

    async def start(self) -> None:
        """Start the loops; in Socket Mode also connect, in the background when Slack is away."""
        self._loop("status lines", self.chat.run)
        self._loop("errands", self.errands.run)
        self._loop("catch-up", self.catchup.run)
        if self.socket is not None:
            self._loops.append(asyncio.create_task(self.socket.connect(), name="slack socket"))

    def _loop(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._loops.append(asyncio.create_task(self._kept(name, run), name=name))

    async def _kept(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except (StepError, StoreError) as error:
                _log.warning("loop_failed", loop=name, kind=type(error).__name__, detail=str(error))
            except Exception:  # a bug must not end a loop for good; it is reported with its traceback
                _log.exception("loop_broke", loop=name)
            await self._clock.sleep(RESTART_SECONDS)

    async def stop(self) -> None:
        """Take no more events, let answers end, stop the loops."""
        if self.socket is not None:
            await self.socket.close()
        await self.afterwards.drain()
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)


@asynccontextmanager
async def open_room(
    settings: Settings,
    store: JobStore,
    clock: Clock,
    http: Http,
    ring: Callable[[str], None],
    on_broken: Callable[[Misconfigured], None] = lambda error: None,
    points: Failpoints | None = None,
    offers: Callable[[], Mapping[str, Traits]] = dict,
) -> AsyncGenerator[SlackRoom, None]:
    """A room with its own HTTP session; `start` and `stop` it inside."""
    async with open_client(settings, clock) as client:
        if points is not None:
            client = points.wrap("slack", client)
        yield SlackRoom(settings, store, clock, http, client, ring, on_broken, offers)
