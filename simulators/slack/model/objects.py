"""Slack's JSON objects for the workspace's records: users, conversations, messages, files."""

from __future__ import annotations

import asyncio
import copy

from simulators.slack.model import clips
from simulators.slack.model.workspace import Workspace
from simulators.slack.records import BOT_ID, BOT_USER, Channel, File, Forward, Message, User
from simulators.slack.wire import Json


def user_object(workspace: Workspace, user: User) -> Json:
    """Return a user as `users.info` gives it."""
    profile: Json = {
        "real_name": user.real_name,
        "display_name": user.name,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.name,
        "team": user.team or workspace.options.team_id,
    }
    if user.is_bot:
        profile |= {"bot_id": BOT_ID, "api_app_id": workspace.options.app_id}
    whole: Json = {
        "id": user.id,
        "team_id": user.team or workspace.options.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color,
        "real_name": user.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": profile,
        "is_admin": user.is_admin,
        "is_owner": user.is_admin,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    return whole | ({"is_stranger": True} if user.team else {})


def channel_object(workspace: Workspace, channel: Channel, *, counted: bool = False) -> Json:
    """Return a conversation as `conversations.info` gives it to the app; `counted`: with its number of members."""
    common: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_org_shared": False,
        "context_team_id": workspace.options.team_id,
        "updated": channel.created * 1000,
    }
    if channel.is_im:
        return common | {"is_im": True, "user": channel.partner(), "is_user_deleted": False, "priority": 0}
    number: Json = {"num_members": len(channel.members)} if counted else {}
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": False,
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "public",
        "is_general": channel.id == "C0GENERAL",
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": BOT_USER in channel.members,
        "creator": channel.creator,
        **number,
        "topic": {"value": channel.topic, "creator": channel.creator, "last_set": channel.created},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


def file_url(workspace: Workspace, file: File, *, download: bool = False) -> str:
    """Return `url_private` of a file, or `url_private_download`."""
    middle = "download/" if download else ""
    if file.subtype == clips.SUBTYPE:
        ref = f"{workspace.options.team_id}-{file.id}-{clips.clip_hash(file)}"
        return f"{workspace.url}/files-tmb/{ref}/{middle}{clips.SERVED_NAME}"
    return f"{workspace.url}/files-pri/{workspace.options.team_id}-{file.id}/{middle}{_slug(file.name)}"


def _slug(name: str) -> str:
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.lower())
    stem, _, extension = kept.rpartition("_")
    return f"{stem}.{extension}" if stem and "." in name else kept


def file_object(workspace: Workspace, file: File, *, shares: bool = False, event: bool = False) -> Json:
    """Return a file as Slack gives it: whole, or the stub of a deleted, hidden or Slack Connect file.

    `shares` adds where it was shared (`files.info`); `event` is for event payloads, where a Slack Connect file
    shows no more than its id.
    """
    if file.mode == "tombstone":
        return {"id": file.id, "mode": "tombstone"}
    if file.mode == "hidden_by_limit":
        return {"id": file.id, "mode": "hidden_by_limit", "date_delete": 0}
    if file.recorded is not None:
        return copy.deepcopy(file.recorded) | ({"shares": _shares(workspace, file)} if shares and file.shares else {})
    if file.connect and event:
        return {
            "id": file.id,
            "mode": "file_access",
            "file_access": "check_file_info",
            "created": 0,
            "timestamp": 0,
            "user": "",
        }
    whole: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.filetype,
        "pretty_type": file.filetype.upper(),
        "user": file.user,
        "user_team": workspace.options.team_id,
        "editable": file.mode == "snippet",
        "size": file.size if file.announced is None else file.announced,
        "mode": file.mode,
        "is_external": file.is_external,
        "external_type": "gdrive" if file.is_external else "",
        "is_public": any(workspace.channels[share.channel].kind == "public" for share in file.shares),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "permalink": f"{workspace.url}/files/{file.user}/{file.id}/{_slug(file.name)}",
        "has_rich_preview": False,
        "file_access": "visible",
    }
    if file.is_external:
        whole |= {"url_private": file.external_url, "external_url": file.external_url}
    else:
        whole |= {
            "url_private": file_url(workspace, file),
            "url_private_download": file_url(workspace, file, download=True),
            "media_display_type": "audio" if file.mimetype.startswith("audio/") else "unknown",
        }
    if file.subtype:
        whole |= {"subtype": file.subtype, "duration_ms": file.duration_ms, "media_display_type": "audio"}
    if file.subtype == clips.SUBTYPE and not file.is_external:
        whole |= {"aac": file_url(workspace, file), "transcription": {"status": "none"}}
    for key, kinds in (("channels", {"public"}), ("groups", {"private", "mpim"}), ("ims", {"im"})):
        whole[key] = sorted({s.channel for s in file.shares if workspace.channels[s.channel].kind in kinds})
    if shares:
        whole |= {"shares": _shares(workspace, file), "has_more_shares": False, "comments_count": 0}
    return _as_far_as_ready(file, whole)


def _as_far_as_ready(file: File, whole: Json) -> Json:
    if not file.unready:
        return whole
    now = asyncio.get_running_loop().time()
    if file.is_unready("no_address", now):
        left = {"url_private", "url_private_download", "aac", "mp4", "hls", "permalink", "media_display_type"}
        return {key: value for key, value in whole.items() if key not in left}
    if file.is_unready("size_zero", now):
        return whole | {"size": 0}
    if file.is_unready("no_type", now):
        return whole | {"mimetype": "", "filetype": "", "pretty_type": ""}
    return whole


def _shares(workspace: Workspace, file: File) -> Json:
    if asyncio.get_running_loop().time() < file.shares_from:
        return {}
    places: dict[str, dict[str, list[Json]]] = {}
    for share in file.shares:
        channel = workspace.channels[share.channel]
        entry: Json = {
            "ts": share.ts,
            "team_id": workspace.options.team_id,
            "share_user_id": file.user,
            "channel_name": channel.name,
            "reply_users": [],
            "reply_users_count": 0,
            "reply_count": len(workspace.replies(share.channel, share.ts)),
            "source": "UNKNOWN",
        }
        if share.thread_ts is not None:
            entry["thread_ts"] = share.thread_ts
        side = "public" if channel.kind == "public" else "private"
        places.setdefault(side, {}).setdefault(share.channel, []).append(entry)
    return {side: dict(channels) for side, channels in places.items()}


def bot_profile(workspace: Workspace) -> Json:
    """Return the `bot_profile` that Slack adds to the app's messages."""
    return {
        "id": BOT_ID,
        "app_id": workspace.options.app_id,
        "user_id": BOT_USER,
        "name": workspace.users[BOT_USER].real_name,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": workspace.options.team_id,
    }


def message_object(workspace: Workspace, message: Message, *, metadata: bool = False, event: bool = False) -> Json:
    """Return a message as the read methods give it, or with `event` as an event has it."""
    whole: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    if message.client_msg_id:
        whole["client_msg_id"] = message.client_msg_id
    if message.is_bot:
        whole |= {
            "bot_id": BOT_ID,
            "app_id": workspace.options.app_id,
            "bot_profile": bot_profile(workspace),
        }
    if not message.subtype:
        whole["team"] = workspace.options.team_id
    elif event or message.subtype != "file_share":
        whole["subtype"] = message.subtype
    if message.subtype == "tombstone":
        whole["hidden"] = True
    if message.blocks:
        whole["blocks"] = message.blocks
    if message.files:
        whole["files"] = [file_object(workspace, workspace.files[f], event=event) for f in message.files]
        whole |= {"upload": False, "display_as_bot": False}
    author = workspace.users.get(message.user)
    if author is not None and author.team:
        profile = {"display_name": author.name, "real_name": author.real_name, "team": author.team}
        whole |= {"user_team": author.team, "source_team": author.team, "user_profile": profile}
        whole.pop("team", None)
    if message.forwards:
        whole["attachments"] = [
            forward_object(workspace, forward, number, event=event)
            for number, forward in enumerate(message.forwards, start=1)
        ]
    if message.thread_ts is not None:
        whole["thread_ts"] = message.thread_ts
        root = workspace.message(message.channel, message.thread_ts)
        if message.is_reply and root is not None:
            whole["parent_user_id"] = root.user
    if message.broadcast:
        whole["subtype"] = "thread_broadcast"
    if message.edited:
        whole["edited"] = {"user": message.user, "ts": message.ts.split(".")[0] + ".000000"}
    if message.reactions:
        whole["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
        ]
    if metadata and message.metadata is not None:
        whole["metadata"] = message.metadata
    if not event:
        whole |= thread_summary(workspace, message)
    return whole


def forward_object(workspace: Workspace, forward: Forward, number: int, *, event: bool = False) -> Json:
    """Return the attachment that shows another message; its files stand here, not in the message's own `files`."""
    author = workspace.users[forward.author].real_name
    place = workspace.channels[forward.channel]
    whole: Json = {
        "ts": forward.ts,
        "author_id": forward.author,
        "channel_id": forward.channel,
        "channel_team": workspace.options.team_id,
        "is_msg_unfurl": True,
        "id": number,
        "footer": f"Posted in #{place.name}" if place.name else "Direct message",
        "from_url": f"{workspace.url}/archives/{forward.channel}/p{forward.ts.replace('.', '')}",
        "fallback": f"{author}: {forward.text}",
        "text": forward.text,
        "author_name": author,
        "mrkdwn_in": ["text"],
    }
    if forward.shared:
        whole["is_share"] = True
    if forward.files:
        whole["files"] = [file_object(workspace, workspace.files[file], event=event) for file in forward.files]
    return whole


def thread_summary(workspace: Workspace, message: Message) -> Json:
    """Return reply count, latest reply and who replied for a root with replies; nothing for others."""
    replies = [
        reply
        for reply in workspace.replies(message.channel, message.ts)
        if reply.ephemeral_to is None and reply.visible_from <= asyncio.get_running_loop().time()
    ]
    if message.is_reply or not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": False,
    }
