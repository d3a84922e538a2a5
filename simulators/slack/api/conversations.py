"""conversations.*: what conversations there are, who is in them and what was said."""

from __future__ import annotations

import asyncio
import re

from simulators.slack.api.call import Call, Method, page, read_cursor, write_cursor
from simulators.slack.model.objects import channel_object, message_object
from simulators.slack.records import BOT_USER, SCOPE_PREFIX, Channel, Kind, Message
from simulators.slack.wire import Json, SlackError, explained

KIND_OF_TYPE: dict[str, Kind] = {
    "public_channel": "public",
    "private_channel": "private",
    "im": "im",
    "mpim": "mpim",
}
LIMITED_ITEMS = 15
"""Messages on a page for apps that are distributed outside Slack's Marketplace, at most and by default."""
TS = re.compile(r"\d+(\.\d+)?")


def kinds_asked(call: Call) -> set[Kind]:
    """Return the kinds that `types` names; `invalid_types`, `missing_scope` for a kind without its read scope."""
    kinds: set[Kind] = set()
    for name in (call.args.text("types") or "public_channel").split(","):
        kind = KIND_OF_TYPE.get(name.strip())
        if kind is None:
            raise SlackError("invalid_types")
        call.grant.need(f"{SCOPE_PREFIX[kind]}:read")
        kinds.add(kind)
    return kinds


async def info(call: Call) -> Json:
    """Describe one conversation, with the number of its members only on request."""
    channel, counted = call.conversation(scope="read"), call.args.flag("include_num_members")
    return {"channel": channel_object(call.workspace, channel, counted=counted)}


async def list_all(call: Call) -> Json:
    """List the conversations the app can see."""
    kinds = kinds_asked(call)
    seen = [
        channel
        for channel in call.workspace.channels.values()
        if channel.kind in kinds and (channel.kind == "public" or BOT_USER in channel.members)
    ]
    return _listed(call, seen)


async def of_user(call: Call) -> Json:
    """List the conversations a person (or the app) is in, as far as the app can see them."""
    kinds, user = kinds_asked(call), call.args.text("user") or BOT_USER
    seen = [
        channel
        for channel in call.workspace.conversations_of(user)
        if channel.kind in kinds and (channel.kind == "public" or BOT_USER in channel.members)
    ]
    return _listed(call, seen)


def _listed(call: Call, channels: list[Channel]) -> Json:
    if call.args.flag("exclude_archived"):
        channels = [channel for channel in channels if not channel.archived]
    chosen, cursor = page(channels, call.args, default=100, most=999)
    return {
        "channels": [channel_object(call.workspace, channel) for channel in chosen],
        "response_metadata": {"next_cursor": cursor},
    }


async def members(call: Call) -> Json:
    """List who is in a conversation."""
    channel = call.conversation(scope="read")
    most = call.parts.options.members_page
    chosen, cursor = page(channel.members, call.args, default=min(100, most), most=most)
    return {"members": chosen, "response_metadata": {"next_cursor": cursor}}


def _readable(call: Call, messages: list[Message]) -> list[Message]:
    now = asyncio.get_running_loop().time()
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    inclusive = call.args.flag("inclusive")
    return [
        message
        for message in messages
        if message.ephemeral_to is None
        and message.visible_from <= now
        and (not oldest or message.ts > oldest or (inclusive and message.ts == oldest))
        and (not latest or message.ts < latest or (inclusive and message.ts == latest))
    ]


def _moment(call: Call, name: str) -> str:
    """Return a time argument in the shape of a ts, so that texts compare as numbers do; empty for none."""
    value = call.args.text(name)
    if not value or value == "now":
        return ""
    if not TS.fullmatch(value):
        raise SlackError(f"invalid_ts_{name}")
    seconds, _, fraction = value.partition(".")
    if int(seconds) == 0:
        return ""
    return f"{int(seconds):010d}.{fraction[:6].ljust(6, '0')}"


def _shown(call: Call, message: Message) -> Json:
    allowed = call.args.flag("include_all_metadata") and not call.parts.options.withhold_metadata
    return message_object(call.workspace, message, metadata=allowed)


async def history(call: Call) -> Json:
    """Read a conversation's messages, newest first."""
    channel = call.conversation(scope="history", member=True)
    found = list(reversed(_readable(call, call.workspace.roots(channel.id))))
    chosen, cursor = page(found, call.args, default=_most_messages(call, 100), most=_most_messages(call, 999))
    answer: Json = {
        "messages": [_shown(call, message) for message in chosen],
        "has_more": bool(cursor),
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def _most_messages(call: Call, usual: int) -> int:
    return min(usual, LIMITED_ITEMS) if call.parts.options.limited_history else usual


async def replies(call: Call) -> Json:
    """Read a thread: its root on every page, then the replies, oldest first."""
    channel = call.conversation(scope="history", member=True)
    ts = call.args.text("ts")
    if not ts:
        raise explained("invalid_arguments", "missing required field: ts")
    root = call.workspace.message(channel.id, ts)
    if root is None or root.ephemeral_to is not None:
        raise SlackError("thread_not_found")
    most = _most_messages(call, 1000)
    limit = call.args.number("limit", most, most)
    found = [] if root.is_reply else _readable(call, call.workspace.replies(channel.id, ts))
    start = read_cursor(call.args.text("cursor"))
    room = max(1, limit - 1)
    chosen = found[start : start + room]
    more = start + room < len(found)
    answer: Json = {"messages": [_shown(call, m) for m in (root, *chosen)], "has_more": more}
    if more:
        answer["response_metadata"] = {"next_cursor": write_cursor(start + room)}
    return answer


async def open_conversation(call: Call) -> Json:
    """Open (or find) the direct message with a person."""
    if call.args.text("channel"):
        channel = call.conversation()
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    users = [user for user in call.args.text("users").split(",") if user]
    if not users:
        raise SlackError("users_list_not_supplied")
    if any(user not in call.workspace.users for user in users):
        raise SlackError("user_not_found")
    call.grant.need("im:write" if len(users) == 1 else "mpim:write")
    if len(users) > 1:
        channel = call.workspace.create_channel("mpdm-local", "mpim", [*users, BOT_USER])
    else:
        channel = call.workspace.direct_message(users[0])
    if call.args.flag("return_im"):
        return {"channel": channel_object(call.workspace, channel)}
    return {"channel": {"id": channel.id}}


async def join(call: Call) -> Json:
    """Join a public channel."""
    channel = call.workspace.channels.get(call.args.text("channel"))
    if channel is None or (channel.kind != "public" and BOT_USER not in channel.members):
        raise SlackError("channel_not_found")
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    call.workspace.join(channel, BOT_USER)
    return {"channel": channel_object(call.workspace, channel)}


METHODS = (
    Method("conversations.info", info, json=False),
    Method("conversations.list", list_all, tier=2, json=False),
    Method("conversations.members", members, tier=4, json=False),
    Method("conversations.history", history),
    Method("conversations.replies", replies, json=False),
    Method("conversations.open", open_conversation),
    Method("conversations.join", join, scopes=("channels:join",)),
    Method("users.conversations", of_user, json=False),
)
