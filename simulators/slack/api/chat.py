"""chat.*: posting, updating, deleting, ephemeral messages and permalinks."""

from __future__ import annotations

import asyncio

from simulators.slack.api.call import Call, Method
from simulators.slack.model.objects import message_object
from simulators.slack.model.workspace import Workspace
from simulators.slack.records import BOT_USER, Channel, Message
from simulators.slack.rules.limits import message_blocks, message_metadata, post_text, update_text
from simulators.slack.rules.refusals import check_posting
from simulators.slack.wire import Json, SlackError


def _target(call: Call) -> Channel:
    channel = call.workspace.find_channel(call.args.text("channel"))
    if channel is None:
        raise SlackError("channel_not_found")
    if channel.archived:
        raise SlackError("is_archived")
    if BOT_USER not in channel.members:
        if channel.kind != "public":
            raise SlackError("channel_not_found")
        if "chat:write.public" not in call.grant.scopes:
            raise SlackError("not_in_channel")
    return channel


def thread_root(workspace: Workspace, channel: Channel, thread_ts: str) -> str | None:
    """Return the root a reply goes under; `thread_not_found`, `cannot_reply_to_message` for a reply's own ts.

    With `orphan_replies="unthreaded"` a reply under a message that is gone becomes a message of the channel.
    """
    if not thread_ts:
        return None
    root = workspace.message(channel.id, thread_ts)
    if root is None or root.ephemeral_to is not None:
        if workspace.options.orphan_replies == "unthreaded":
            return None
        raise SlackError("thread_not_found")
    if root.is_reply:
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def _content(call: Call) -> tuple[str, list[Json] | None]:
    text = post_text(call.args.text("text"))
    blocks = message_blocks(_given(call, "blocks"), call.parts.options.refused_blocks)
    if not text and not blocks and not call.args.decoded("attachments"):
        raise SlackError("no_text")
    return text, blocks


def _given(call: Call, name: str) -> object:
    value = call.args.decoded(name)
    if value is None and call.args.text(name):
        raise SlackError(f"invalid_{name}_format" if name == "blocks" else "invalid_metadata_format")
    return value


async def post_message(call: Call) -> Json:
    """Post a message as the app."""
    channel = _target(call)
    text, blocks = _content(call)
    metadata = message_metadata(_given(call, "metadata"))
    thread_ts = thread_root(call.workspace, channel, call.args.text("thread_ts"))
    check_posting(channel, reply=thread_ts is not None)
    if call.parts.options.rate_limits:
        wait = call.parts.rates.post(channel.id)
        if wait:
            raise SlackError("ratelimited", retry_after=wait)
    message = Message(
        channel.id,
        "",
        BOT_USER,
        text,
        blocks=blocks or [],
        thread_ts=thread_ts,
        metadata=metadata,
        broadcast=thread_ts is not None and call.args.flag("reply_broadcast"),
        visible_from=asyncio.get_running_loop().time() + call.visible_after,
    )
    call.workspace.post(message)
    shown = message_object(call.workspace, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _own_message(call: Call, refusal: str) -> Message:
    channel = call.conversation(member=True)
    message = call.workspace.message(channel.id, call.args.required("ts"))
    if message is None or message.ephemeral_to is not None or message.subtype == "tombstone":
        raise SlackError("message_not_found")
    if message.user != BOT_USER:
        raise SlackError(refusal)
    if channel.archived:
        raise SlackError("is_archived")
    return message


async def update(call: Call) -> Json:
    """Change one of the app's messages; a text without blocks takes the old blocks away."""
    message = _own_message(call, "cant_update_message")
    text = update_text(call.args.text("text"))
    blocks = message_blocks(_given(call, "blocks"), call.parts.options.refused_blocks)
    if not text and blocks is None:
        raise SlackError("no_text")
    if text and blocks is None:
        blocks = []
    if blocks and _has_rich_text(message.blocks) and not _has_rich_text(blocks):
        raise SlackError("block_mismatch")  # "Rich-text blocks cannot be replaced with non-rich-text blocks"
    metadata = message_metadata(_given(call, "metadata"))
    call.workspace.edit(message, text=text if "text" in call.args else None, blocks=blocks, metadata=metadata)
    shown = message_object(call.workspace, message, metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


def _has_rich_text(blocks: list[Json]) -> bool:
    return any(block.get("type") == "rich_text" for block in blocks)


async def delete(call: Call) -> Json:
    """Delete one of the app's messages."""
    message = _own_message(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


async def post_ephemeral(call: Call) -> Json:
    """Show a message to one person only."""
    channel = _target(call)
    user = call.args.text("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    text, blocks = _content(call)
    thread_ts = call.args.text("thread_ts") or None
    check_posting(channel, reply=thread_ts is not None)
    message = Message(channel.id, "", BOT_USER, text, blocks=blocks or [], thread_ts=thread_ts, ephemeral_to=user)
    call.workspace.post(message)
    return {"message_ts": message.ts}


async def get_permalink(call: Call) -> Json:
    """Give a message's address."""
    channel = call.conversation()
    ts = call.args.required("message_ts")
    message = call.workspace.message(channel.id, ts)
    if message is None or message.ephemeral_to is not None:
        raise SlackError("message_not_found")
    link = f"{call.workspace.url}/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


METHODS = (
    Method("chat.postMessage", post_message, tier=4, scopes=("chat:write",), paced=False),
    Method("chat.update", update, scopes=("chat:write",)),
    Method("chat.delete", delete, scopes=("chat:write",)),
    Method("chat.postEphemeral", post_ephemeral, tier=4, scopes=("chat:write",)),
    Method("chat.getPermalink", get_permalink, json=False, paced=False),
)
