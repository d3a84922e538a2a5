"""reactions.*: adding, removing and reading reactions."""

from __future__ import annotations

import re

from simulators.slack.api.call import Call, Method
from simulators.slack.model.objects import message_object
from simulators.slack.records import BOT_USER, Message
from simulators.slack.wire import Json, SlackError

NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def _message(call: Call) -> Message:
    channel = call.conversation(member=True)
    if not call.args.text("timestamp"):
        raise SlackError("no_item_specified")
    message = call.workspace.message(channel.id, call.args.text("timestamp"))
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    return message


def _name(call: Call) -> str:
    name = call.args.text("name").strip(":")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


async def add(call: Call) -> Json:
    """Add the app's reaction to a message."""
    message = _message(call)
    if call.workspace.channels[message.channel].archived:
        raise SlackError("is_archived")
    if not call.workspace.react(message, BOT_USER, _name(call)):
        raise SlackError("already_reacted")
    return {}


async def remove(call: Call) -> Json:
    """Take the app's reaction back."""
    if not call.workspace.react(_message(call), BOT_USER, _name(call), remove=True):
        raise SlackError("no_reaction")
    return {}


async def get(call: Call) -> Json:
    """Read a message's reactions."""
    message = _message(call)
    return {
        "type": "message",
        "channel": message.channel,
        "message": message_object(call.workspace, message),
    }


METHODS = (
    Method("reactions.add", add, scopes=("reactions:write",)),
    Method("reactions.remove", remove, tier=2, scopes=("reactions:write",)),
    Method("reactions.get", get, scopes=("reactions:read",), json=False),
)
