"""What people do with the app's commands, shortcuts, buttons and modals, and how the app's answers take effect."""

from __future__ import annotations

import time

from simulators.slack.acts.response_urls import ResponseUrls
from simulators.slack.acts.typed_text import command_text
from simulators.slack.model.inputs import entered, with_action
from simulators.slack.model.objects import message_object
from simulators.slack.model.views import Views, view_object
from simulators.slack.model.workspace import Workspace
from simulators.slack.outgoing.delivery import Delivery, Outcome
from simulators.slack.records import SLACKBOT, Channel, Message, User, View
from simulators.slack.rules.block_kit import menu_faults
from simulators.slack.wire import Json, SlackError, as_object, as_objects, as_text, explained

VALUE_KEYS = (
    "value",
    "selected_option",
    "selected_options",
    "selected_conversation",
    "selected_conversations",
    "selected_channel",
    "selected_channels",
    "selected_user",
    "selected_users",
    "selected_date",
    "selected_time",
    "selected_date_time",
)


class NotAnswered(Exception):
    """The app did not acknowledge an interaction in time; `reason` is the delivery's."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the app did not answer ({reason})")
        self.reason = reason


class Interactions:
    """Sends interactions to the app and applies what it answers."""

    def __init__(self, workspace: Workspace, delivery: Delivery, views: Views, urls: ResponseUrls) -> None:
        self.workspace, self.delivery, self.views, self.urls = workspace, delivery, views, urls

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Outcome:
        """Run a slash command with `text` as it was typed; Slackbot tells the person when the app fails or is late.

        It has no thread: Slack refuses apps' commands there (docs.slack.dev, "Implementing slash commands").
        """
        place, person = self._place(channel), self._person(user)
        response_url = self.urls.create(user, channel, family="commands")
        options, workspace = self.workspace.options, self.workspace
        escape = any(each.should_escape for each in options.commands if each.command == command)
        payload: Json = {
            "token": "local-verification-token",
            "team_id": options.team_id,
            "team_domain": options.team_domain,
            "channel_id": place.id,
            "channel_name": _shown_name(place),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": command_text(
                text, escape=escape, users=workspace.users.values(), channels=workspace.channels.values()
            ),
            "api_app_id": options.app_id,
            "is_enterprise_install": str(options.org_installed).lower(),
            **({"enterprise_id": options.enterprise_id} if options.enterprise_id else {}),
            "response_url": response_url,
            "trigger_id": self.views.trigger(user),
        }
        outcome = await self.delivery.once("slash_commands", payload)
        if not outcome.acknowledged:
            error = "operation_timeout" if outcome.failure.endswith("timeout") else "dispatch_failed"
            self._slackbot(user, channel, f"{command} failed with the error \u201c{error}\u201d")
        elif outcome.payload:
            try:
                self.urls.answer(response_url, outcome.payload)
            except SlackError as refused:
                self._slackbot(user, channel, f"{command} failed with the error \u201c{refused.code}\u201d")
        return outcome

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Outcome:
        """Use a message shortcut; it has no `container`, and what is sent to its response URL shows in the channel."""
        place, message = self._place(channel), self._message(channel, ts)
        payload = self._base("message_action", user, trigger=True) | {
            "callback_id": callback_id,
            "message_ts": ts,
            "channel": {"id": place.id, "name": _shown_name(place)},
            "message": message_object(self.workspace, message, metadata=True),
            "response_url": self.urls.create(user, channel, family="app", message_ts=ts),
            "action_ts": self.workspace.next_ts(),
        }
        return await self.delivery.once("interactive", payload)

    async def message_action(self, user: str, channel: str, ts: str, action: Json) -> Outcome:
        """Use an element of a message; `action` has action_id, block_id, type and its value."""
        place, message = self._place(channel), self._message(channel, ts)
        private = message.ephemeral_to is not None
        container: Json = {
            "type": "message",
            "message_ts": ts,
            "channel_id": channel,
            "is_ephemeral": private,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        _remember(message.state, action)
        message.state |= as_object(action.get("values"))
        payload = self._base("block_actions", user, trigger=True) | {
            "container": container,
            "channel": {"id": place.id, "name": _shown_name(place)},
            "state": {"values": entered(message.blocks, message.state)},
            "response_url": self.urls.create(user, channel, family="actions", message_ts=ts),
            "actions": [self._action(action, message.blocks)],
        }
        if not private:
            payload["message"] = message_object(self.workspace, message, metadata=True)
        return await self.delivery.once("interactive", payload)

    async def view_action(self, user: str, view_id: str, action: Json) -> Outcome:
        """Use an element of a modal or of the Home tab."""
        view = self._view(view_id)
        _remember(view.values, action)
        view.values |= as_object(action.get("values"))
        payload = self._base("block_actions", user, trigger=True) | {
            "container": {"type": "view", "view_id": view_id},
            "view": view_object(self.workspace.options, view),
            "actions": [self._action(action, as_objects(view.body.get("blocks")))],
        }
        return await self.delivery.once("interactive", payload)

    async def submit(self, user: str, view_id: str, values: Json) -> dict[str, str]:
        """Submit a modal; returns the app's errors by block id, empty when it was taken.

        `values` (by block id and action id) is what the person entered; other fields hold what they held before.

        NotAnswered when the app does not acknowledge, SlackError `invalid_response` for an answer that Slack does not
        take: the modal then stays open, and the person reads that Slack had trouble.
        """
        view = self._view(view_id)
        view.values |= values
        payload = self._base("view_submission", user, trigger=True) | {
            "view": view_object(self.workspace.options, view),
            "response_urls": [],
        }
        outcome = await self.delivery.once("interactive", payload)
        if not outcome.acknowledged:
            raise NotAnswered(outcome.failure)
        action = as_text(outcome.payload.get("response_action"))
        if outcome.payload and action not in {"errors", "update", "push", "clear"}:
            raise SlackError("invalid_response", response_action=action)
        if action == "errors":
            errors = {k: as_text(v) for k, v in as_object(outcome.payload.get("errors")).items()}
            inputs = {as_text(b.get("block_id")) for b in as_objects(view.body.get("blocks")) if b["type"] == "input"}
            if not errors or not errors.keys() <= inputs or not all(errors.values()):
                raise SlackError("invalid_response", errors=errors)
            return errors
        if action == "update":
            self.views.update(view_id, "", outcome.payload.get("view"))
        elif action == "push":
            self.views.push_for(user, outcome.payload.get("view"))
        else:
            self.views.close(view, everything=action == "clear")
        return {}

    async def close(self, user: str, view_id: str) -> None:
        """Close a modal; the app gets `view_closed` when the view has `notify_on_close`."""
        view = self._view(view_id)
        self.views.close(view)
        if view.body.get("notify_on_close") is True:
            payload = self._base("view_closed", user) | {
                "view": view_object(self.workspace.options, view),
                "is_cleared": False,
            }
            await self.delivery.once("interactive", payload)

    async def options(self, user: str, action_id: str, block_id: str, value: str, view_id: str = "") -> list[Json]:
        """Ask the app for the options of an external select; SlackError `invalid_options` for wrong ones."""
        payload = self._base("block_suggestion", user) | {
            "action_id": action_id,
            "block_id": block_id,
            "value": value,
        }
        view = self.views.find(view_id)
        if view is not None:
            payload |= {
                "container": {"type": "view", "view_id": view_id},
                "view": view_object(self.workspace.options, view),
            }
        outcome = await self.delivery.once("interactive", payload)
        if not outcome.acknowledged:
            raise NotAnswered(outcome.failure)
        if wrong := menu_faults(outcome.payload):
            raise explained("invalid_options", *wrong)
        return as_objects(outcome.payload.get("options")) or as_objects(outcome.payload.get("option_groups"))

    def _base(self, kind: str, user: str, *, trigger: bool = False) -> Json:
        person, options = self._person(user), self.workspace.options
        payload: Json = {
            "type": kind,
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": person.team or options.team_id,
            },
            "api_app_id": options.app_id,
            "token": "local-verification-token",
            "team": None if options.org_installed else {"id": options.team_id, "domain": options.team_domain},
            "enterprise": {"id": options.enterprise_id, "name": "Organisation"} if options.enterprise_id else None,
            "is_enterprise_install": options.org_installed,
        }
        if trigger:
            payload["trigger_id"] = self.views.trigger(user)
        return payload

    def _action(self, action: Json, blocks: list[Json]) -> Json:
        sent = {key: action[key] for key in ("action_id", "block_id", "type", *VALUE_KEYS) if key in action}
        for block, element in with_action(blocks, as_text(action.get("action_id"))):
            if block.get("block_id") == action.get("block_id") and "text" in element:
                sent["text"] = element["text"]
        return sent | {"action_ts": f"{time.time():.6f}"}

    def _slackbot(self, user: str, channel: str, text: str) -> None:
        self.workspace.post(Message(channel, "", SLACKBOT, text, ephemeral_to=user))

    def _place(self, channel: str) -> Channel:
        found = self.workspace.channels.get(channel)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def _person(self, user: str) -> User:
        found = self.workspace.users.get(user)
        if found is None:
            raise SlackError("user_not_found")
        return found

    def _message(self, channel: str, ts: str) -> Message:
        found = self.workspace.message(channel, ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def _view(self, view_id: str) -> View:
        found = self.views.find(view_id)
        if found is None:
            raise SlackError("not_found")
        return found


def _shown_name(channel: Channel) -> str:
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.kind == "private" else channel.name


def _remember(state: Json, action: Json) -> None:
    kept = {key: action[key] for key in ("type", *VALUE_KEYS) if key in action}
    if action.get("type") in {"button", "overflow"}:
        return
    block_id, action_id = as_text(action.get("block_id")), as_text(action.get("action_id"))
    state[block_id] = as_object(state.get(block_id)) | {action_id: kept}
