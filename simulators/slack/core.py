"""The simulated workspace without its routes: its parts, what people do in it, and the faults that tests set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from simulators.slack.acts.interactions import Interactions
from simulators.slack.acts.people import People
from simulators.slack.acts.recorded import Recorded
from simulators.slack.acts.response_urls import ResponseUrls
from simulators.slack.api.call import Parts
from simulators.slack.faults import Fault, FaultBook
from simulators.slack.file_store import FileStore, Upload
from simulators.slack.ledger import Ledger
from simulators.slack.model.changes import Change, FileOrder
from simulators.slack.model.inputs import with_action
from simulators.slack.model.views import Views
from simulators.slack.model.workspace import Workspace
from simulators.slack.options import Options
from simulators.slack.outgoing.delivery import Delivery, Outcome
from simulators.slack.outgoing.event_feed import EventFeed
from simulators.slack.outgoing.events_api import EventsApi
from simulators.slack.outgoing.socket_mode import SocketMode
from simulators.slack.records import Message, View
from simulators.slack.rules.rates import Rates
from simulators.slack.rules.tokens import Tokens
from simulators.slack.wire import Json, SlackError, as_list, as_objects


class SlackCore:
    """Everything of a workspace but its ports: state, people's acts, faults. The control interface steers it."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = replace(options) if options is not None else Options()
        self.workspace = Workspace(self.options)
        self.tokens = Tokens(self.options)
        self.delivery = Delivery(self.options)
        self.sockets = SocketMode(self.options, self.workspace.bot_seen)
        self.events_api = EventsApi(self.options)
        self.views = Views(self.workspace)
        self.store = FileStore(self.workspace)
        self.ledger, self.faults = Ledger(), FaultBook()
        self.parts = Parts(
            self.options,
            self.workspace,
            self.tokens,
            self.store,
            self.delivery,
            self.sockets,
            self.views,
            self.ledger,
            self.faults,
            Rates(),
        )
        self.urls = ResponseUrls(self.workspace)
        self.people = People(self.workspace, self.store, self.views)
        self.recorded = Recorded(self.workspace, self.store, self.delivery, self.views, self.urls)
        self.interactions = Interactions(self.workspace, self.delivery, self.views, self.urls)
        self.feed = EventFeed(self.workspace, self.tokens, self.delivery)
        self._changed = asyncio.Event()
        self.workspace.watch(self._notice)
        self.ledger.watch(self._changed.set)
        self.delivery.watch(self._changed.set)
        self.elsewhere_url = ""

    @property
    def url(self) -> str:
        """The address of the workspace and its page."""
        return self.workspace.url

    @property
    def page_url(self) -> str:
        """The address of the page with the token that opens it; `&as=U0BOB#C0CALLS` after it names person and place."""
        return f"{self.workspace.url}/?token={self.options.page_token}"

    @property
    def api_url(self) -> str:
        """The base URL for a Slack client."""
        return f"{self.workspace.url}/api/"

    @property
    def bot_token(self) -> str:
        """The app's bot token."""
        return self.options.bot_token

    @property
    def app_token(self) -> str:
        """The app's app-level token, for Socket Mode."""
        return self.options.app_token

    @property
    def signing_secret(self) -> str:
        """The secret that signs requests in HTTP mode."""
        return self.options.signing_secret

    async def use_http(self, request_url: str, *, options_load_url: str = "", verify: bool = True) -> None:
        """Send events, commands and interactions to a request URL from now on, after its verification.

        What fills a menu goes to `options_load_url` only, which an app has to name.
        """
        self.options.request_url, self.options.interactivity_url = request_url, ""
        self.options.options_load_url = options_load_url
        if verify:
            await self.events_api.verify()
        self.delivery.transport = self.events_api
        self.workspace.bot_seen(True)

    # --- what people do -----------------------------------------------------------------------------------------

    def say_as(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Post a text as a person."""
        return self.people.say(user, channel, text, thread_ts)

    async def upload_as(
        self,
        user: str,
        channel: str,
        *uploads: Upload,
        text: str = "",
        thread_ts: str | None = None,
        order: FileOrder | None = None,
        repeats: int | None = None,
    ) -> Message:
        """Share files as a person; see People.upload."""
        return await self.people.upload(user, channel, uploads, text, thread_ts, order=order, repeats=repeats)

    def forward_as(
        self,
        user: str,
        channel: str,
        message: Message,
        text: str = "",
        thread_ts: str | None = None,
        *,
        link: bool = False,
    ) -> Message:
        """Forward a message to a conversation as a person, or with `link` paste its address; see People.forward."""
        return self.people.forward(user, channel, (message.channel, message.ts), text, thread_ts, link=link)

    async def command_as(self, user: str, channel: str, command: str, text: str = "") -> Outcome:
        """Run a slash command as a person and wait for the app's acknowledgement."""
        return await self.interactions.command(user, channel, command, text)

    async def shortcut_as(self, user: str, channel: str, ts: str, callback_id: str) -> Outcome:
        """Use a message shortcut as a person."""
        return await self.interactions.shortcut(user, channel, ts, callback_id)

    async def act_as(self, user: str, message: Message | View, action_id: str, **value: object) -> Outcome:
        """Use the element with this action id in a message or view; `value` is e.g. `selected_option={…}`."""
        blocks = message.blocks if isinstance(message, Message) else message.body.get("blocks")
        action = find_action(as_list(blocks), action_id) | value
        if isinstance(message, View):
            return await self.interactions.view_action(user, message.id, action)
        return await self.interactions.message_action(user, message.channel, message.ts, action)

    async def submit_as(self, user: str, values: Mapping[str, object], view_id: str = "") -> dict[str, str]:
        """Submit the modal a person has open; returns the app's errors by block id."""
        top = self.views.top(user)
        if not view_id and top is None:
            raise SlackError("not_found")
        return await self.interactions.submit(user, view_id or (top.id if top else ""), dict(values))

    # --- what is there ------------------------------------------------------------------------------------------

    def messages(self, channel: str) -> list[Message]:
        """Return the root messages of a conversation, oldest first, ephemeral ones included."""
        return self.workspace.roots(channel)

    def replies(self, channel: str, ts: str) -> list[Message]:
        """Return the replies below a message, oldest first."""
        return self.workspace.replies(channel, ts)

    def calls(self, method: str) -> int:
        """Return how often a method was called."""
        return self.ledger.counts[method]

    async def until(self, condition: Callable[[], bool], timeout: float = 60.0) -> None:
        """Wait until a condition on the workspace or the ledger holds; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _notice(self, _change: Change) -> None:
        self._changed.set()

    # --- what goes wrong ----------------------------------------------------------------------------------------

    def fault(self, fault: Fault) -> Fault:
        """Set a fault."""
        return self.faults.add(fault)

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """Send `disconnect` with a reason over every socket; `cut` breaks their connections."""
        return await self.sockets.disconnect(reason)

    def revoke(self) -> None:
        """Revoke the app's bot token and send the event."""
        self.workspace.access_lost(uninstalled=False)
        self.tokens.take("token_revoked")

    def uninstall(self) -> None:
        """Uninstall the app and send the events."""
        self.workspace.access_lost(uninstalled=True)
        self.tokens.take("account_inactive")

    def reinstall(self, scopes: Iterable[str] | None = None) -> None:
        """Make the tokens valid again, with other scopes if given."""
        self.tokens.take("")
        if scopes is not None:
            self.tokens.rescope(scopes)


def find_action(blocks: list[object], action_id: str) -> Json:
    """Return `{action_id, block_id, type, value?}` of the element with this id; SlackError `no_such_action`."""
    for block, element in with_action(as_objects(blocks), action_id):
        action: Json = {"action_id": action_id, "block_id": block.get("block_id"), "type": element["type"]}
        return action | ({"value": element["value"]} if "value" in element else {})
    raise SlackError("no_such_action")
