"""Everything of Slack, wired: what the composition root builds, starts and stops."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bot.domain.errors import Misconfigured
from bot.domain.job import SLACK_LANE
from bot.http import Http
from bot.ports.clock import Clock, WakeEvent
from bot.ports.provider import Capabilities
from bot.ports.store import JobStore
from bot.settings import Settings
from bot.slack.api.client import SlackClient
from bot.slack.api.files import SlackFiles
from bot.slack.api.identity import BotIdentity, Identity, identify
from bot.slack.api.payloads import Json, action_id, child, text
from bot.slack.api.socket_mode import Socket
from bot.slack.background import BackgroundTasks
from bot.slack.blockkit.support import BlockSupport
from bot.slack.buttons.common import Interactions
from bot.slack.buttons.delete import Deletion
from bot.slack.buttons.download import Downloads
from bot.slack.buttons.menu import DELETE_VIEW, DOWNLOAD_VIEW, ReplyMenu
from bot.slack.buttons.rename_speakers import RENAME_VIEW, UNDO_ACTION, RenameSpeakers
from bot.slack.buttons.reply_updates import ERASE, REWRITE, ReplyUpdates
from bot.slack.buttons.retry_cancel import PRESS, Actions
from bot.slack.buttons.transcribe_again import AGAIN_VIEW, SERVICE_ACTION, TranscribeAgain
from bot.slack.command.audit_log import AUDIT_NEWEST, AUDIT_OLDER, AuditPages
from bot.slack.command.command import Commands
from bot.slack.command.lists import LIST_NEWEST, LIST_OLDER, Lists
from bot.slack.command.search import SEARCH_OLDER, Searches
from bot.slack.command.words import WordsCommand
from bot.slack.context import SlackContext
from bot.slack.home.tab import OPEN_SETTINGS, REFRESH_HOME, Home
from bot.slack.incoming.catchup import TASK, CatchUp
from bot.slack.incoming.deferred import ON_REQUEST_ACTION, DeferredTasks
from bot.slack.incoming.intake import WITHDRAW, Intake
from bot.slack.listeners import TRANSCRIBE_SHORTCUT, EventHandler, HttpEntrance, Listeners, ReadBody, build_app
from bot.slack.people.direct import DirectMessages
from bot.slack.people.membership import Access
from bot.slack.people.users import Users
from bot.slack.people.visibility import Visibility
from bot.slack.settings.form import LANGUAGE, SERVICE, SETTINGS_VIEW
from bot.slack.settings.modal import SettingsModal
from bot.slack.settings.permissions import SettingsPermissions
from bot.slack.settings.retention import Retention
from bot.slack.settings.services import Services
from bot.slack.settings.vocabulary import Vocabularies
from bot.slack.thread.chat import VERIFY_EVERY_SECONDS, SlackChat
from bot.slack.thread.posts import Posts
from bot.slack.thread.reactions import Reactions
from bot.slack.thread.render import (
    AGAIN_ACTION,
    CANCEL_ACTION,
    CANCEL_ONE_ACTION,
    CANCEL_SURELY_ACTION,
    DELETE_ACTION,
    DOWNLOAD_ACTION,
    LET_GO_ON_ACTION,
    MENU_ACTION,
    RENAME_ACTION,
    RETRY_ACTION,
)
from bot.slack.thread.replies import Replies
from bot.slack.thread.status import StatusLines
from bot.slack.thread.uploads import Uploads
from bot.supervisor import Supervisor

_COMMITTED_FIRST = (RETRY_ACTION, CANCEL_ACTION, CANCEL_SURELY_ACTION, CANCEL_ONE_ACTION, ON_REQUEST_ACTION)
BLINK_SECONDS = 3.0  # a shorter gap between two connections costs no catch-up

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reports:
    """What Slack's side tells the rest of the bot."""

    notify: Callable[[str], None]  # a lane has new work
    on_broken: Callable[[Misconfigured], None] = lambda error: None  # the token was revoked
    on_token: Callable[[], None] = lambda: None  # a workspace was installed: its token works (again)
    on_connected: Callable[[], object] = lambda: None  # again, after the connection was lost
    on_reply: Callable[[str], None] = lambda how: None  # posted, adopted, healed
    on_refused: Callable[[str], None] = lambda reason: None  # a request that Slack did not send


@dataclass(frozen=True, slots=True)
class SlackServices:
    """What Slack's side is built on. `offers` says what each provider that is set up can do, by name."""

    settings: Settings
    store: JobStore
    clock: Clock
    http: Http
    client: SlackClient
    supervisor: Supervisor
    reports: Reports
    read_body: ReadBody
    offers: Mapping[str, Capabilities]


class SlackAdapter:
    """One workspace of Slack as a whole.

    `who` is given where there are several workspaces (`bot.slack.workspaces`): then this one keeps to what is of its
    own, `deferred` and `chat.verify` are run for all together, and events come through `dispatch`.
    """

    def __init__(
        self, services: SlackServices, who: BotIdentity | None = None, wake_deferred: WakeEvent | None = None
    ) -> None:
        settings, store, clock, client = services.settings, services.store, services.clock, services.client
        reports, offers, notify = services.reports, services.offers, services.reports.notify
        self._supervisor = services.supervisor
        self._reports = reports
        self.client = client
        self.who = who or BotIdentity(client)
        self.team_id = self.who.team_id
        self.services = Services(settings.provider, offers, settings.allows)
        self.files = SlackFiles(settings, client, services.http, clock)
        self.persons = Users(client, self.who, clock, settings.reply_language, self.services.titles)
        slack = SlackContext(store, client, self.who, self.persons, clock)
        self.posts = Posts(slack, settings.reply_settle_seconds, reports.on_reply)
        uploads = Uploads(slack, self.posts)
        support = BlockSupport(clock)
        self.replies = Replies(slack, self.posts, uploads, support)
        self.status = StatusLines(slack, self.posts, Reactions(slack), settings.status_after_seconds)
        self.chat = SlackChat(slack, self.files, self.replies, self.status)
        wake_deferred = wake_deferred or WakeEvent(clock)
        self.direct = DirectMessages(store, client)
        self.intake = Intake(store, self.direct, clock, notify, wake_deferred.notify)
        task = f"{TASK}:{self.team_id}" if self.team_id else TASK
        self.catchup = CatchUp(slack, self.files, self.intake, settings.catchup_minutes * 60, task)
        access = Access(client, self.persons, clock, store, self.who)
        self.background = BackgroundTasks()
        self.visibility = visibility = Visibility(access)
        rights = SettingsPermissions(client, self.who, self.persons, visibility, self.direct, clock)
        retention = Retention(settings.retention_days, settings.retention_max_days)
        lists = Lists(store)
        self._home = Home(slack, visibility, self.services, support, lists)
        vocabularies = Vocabularies(slack)
        self._settings_modal = SettingsModal(
            slack, rights, self.services, vocabularies, self.background, self._home.publish, retention
        )
        self.commands = Commands(
            slack,
            access,
            visibility,
            self._settings_modal,
            AuditPages(slack, rights),
            WordsCommand(store, rights, vocabularies, self.services),
            notify,
            lists,
            Searches(store),
        )
        self._interactions = interactions = Interactions(slack, access)
        self._actions = Actions(
            slack, self.intake, self.posts, self.replies, interactions, self.direct, self.background, notify
        )
        self._downloads = Downloads(slack, uploads, interactions)
        self._renaming = RenameSpeakers(slack, interactions, self.intake, self.background)
        self._versions = TranscribeAgain(slack, interactions, self.services, rights, notify)
        self._deletion = Deletion(interactions, access, self.intake, slack)
        self._menu = ReplyMenu(
            store,
            interactions,
            self.background,
            rename=self._renaming.pressed,
            again=self._versions.pressed,
            download=self._downloads.pressed,
            delete=self._deletion.pressed,
        )
        reply_updates = ReplyUpdates(slack, self.replies, self._downloads)
        self.deferred = DeferredTasks(
            slack,
            self.files,
            self.intake,
            self.posts,
            wake_deferred,
            {
                PRESS: self._actions.act,
                REWRITE: reply_updates.rewrite,
                ERASE: reply_updates.delete_reply,
                WITHDRAW: reply_updates.withdraw,
            },
            reports.on_broken,
            retention,
            self.team_id,
        )
        self.app = build_app(settings, client, self.who, self.listeners())
        self.entrance = HttpEntrance(self.app, self.who, settings, services.read_body, reports.on_refused)
        self.socket: Socket | None = None
        if settings.socket_mode and settings.is_web:
            token = settings.slack_app_token.get_secret_value()
            self.socket = Socket(client, self.entrance.dispatch, token, clock, self._connected)
        self._loops: list[asyncio.Task[None]] = []

    def listeners(self) -> Listeners:
        """What is listened to."""
        acts: dict[str, EventHandler] = {
            LET_GO_ON_ACTION: self._actions.kept,
            DOWNLOAD_ACTION: self._downloads.pressed,
            RENAME_ACTION: self._renaming.pressed,
            MENU_ACTION: self._menu.pressed,
            UNDO_ACTION: self._renaming.undo,
            AGAIN_ACTION: self._versions.pressed,
            SERVICE_ACTION: self._versions.service_chosen,
            DELETE_ACTION: self._deletion.pressed,
            **dict.fromkeys((AUDIT_OLDER, AUDIT_NEWEST, LIST_OLDER, LIST_NEWEST, SEARCH_OLDER), self.commands.turned),
            OPEN_SETTINGS: self._settings_modal.pressed,
            SERVICE: self._settings_modal.service_chosen,
            REFRESH_HOME: self._home.refreshed,
        }
        return Listeners(
            events={
                "message": self.intake.message,
                "file_shared": self.intake.file_shared,
                "file_deleted": self.intake.file_deleted,
                "app_mention": self.intake.mention,
                "member_joined_channel": self._joined,
                "app_home_opened": self._opened,
                "tokens_revoked": self._revoked,
                "app_uninstalled": self._revoked,
            },
            command=self._command,
            shortcuts={TRANSCRIBE_SHORTCUT: self._actions.shortcut},
            actions={
                **dict.fromkeys(_COMMITTED_FIRST, self._actions.pressed),
                **{name: self._afterwards(act) for name, act in acts.items()},
            },
            other_action=self._afterwards(self._interactions.outdated),
            submissions={
                RENAME_VIEW: self._renaming.submit,
                AGAIN_VIEW: self._versions.submit,
                DOWNLOAD_VIEW: self._menu.format_chosen,
                DELETE_VIEW: self._menu.confirmed,
                SETTINGS_VIEW: self._settings_modal.submit,
            },
            options={LANGUAGE: self._settings_modal.languages},
        )

    def _command(self, body: Json) -> None:
        self.background.spawn("command", self._interactions.answering(body, self.commands.handle(body)))

    def _afterwards(self, act: EventHandler) -> EventHandler:
        """A handler that runs when Slack is acknowledged, and whose failure is answered."""

        async def take(me: Identity, body: Json) -> None:
            self.background.spawn(action_id(body), self._interactions.answering(body, act(me, body)))

        return take

    async def _joined(self, me: Identity, event: Json) -> None:
        await self.catchup.joined(me, event)
        await self.intake.joined(me, event)

    async def _opened(self, me: Identity, event: Json) -> None:
        if (channel := text(event, "channel")).startswith("D"):
            await self.direct.heard(me, channel, text(event, "user"), text(event, "event_ts"))
        self.background.spawn("home", self._home.opened(me, event))

    async def _revoked(self, _me: Identity, event: Json) -> None:
        if text(event, "type") == "tokens_revoked" and not child(event, "tokens").get("bot"):
            return  # tokens of people, which the bot does not use
        self._reports.on_broken(Misconfigured(SLACK_LANE, f"Slack says: {text(event, 'type')}"))

    def _connected(self, gap: float | None) -> None:
        if gap is None or gap > BLINK_SECONDS:  # what Slack sent in between went nowhere
            self.catchup.notify()
        if gap is not None:
            self._reports.on_connected()

    async def faults(self) -> Sequence[str]:
        """A sentence when Slack cannot reach us."""
        fault = "" if self.socket is None else self.socket.fault
        return (fault,) if fault else ()

    async def start(self) -> None:
        """Start the loops; in Socket Mode also connect, in the background when Slack is away."""
        self.background.spawn("identity", self._know_ourselves())
        run, of_team = self._supervisor.run, f" of {self.team_id}" if self.team_id else ""
        self._loops = [
            run(f"status lines{of_team}", self.chat.keep_shown),
            run(f"catch-up{of_team}", self.catchup.run),
        ]
        if not self.team_id:  # else they are run for all workspaces together
            verification = self._supervisor.every("verification", VERIFY_EVERY_SECONDS, self.chat.verify_due)
            self._loops += [run("deferred work", self.deferred.run), verification]
        if self.socket is not None:
            self._loops.append(run("Slack's socket", self.socket.run))
        else:
            self.catchup.notify()

    async def _know_ourselves(self) -> None:
        """Ask Slack who we are before anybody presses anything."""
        await self.who.me()

    async def stop(self) -> None:
        """Take no more events, let answers end, stop the loops."""
        if self.socket is not None:
            await self.socket.close()
        await self.background.drain()
        self.deferred.stop()
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)


async def signed_in(client: SlackClient) -> bool:
    """Whether Slack takes the token. Raises `StepError`s while Slack is away."""
    return bool((await identify(client)).team_id)
