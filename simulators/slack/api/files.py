"""files.*: what files there are, deleting them, and uploading in three steps."""

from __future__ import annotations

import asyncio
import math
import secrets
from dataclasses import dataclass

from simulators.slack.api.call import Call, Method, Parts
from simulators.slack.api.chat import thread_root
from simulators.slack.model.objects import file_object
from simulators.slack.records import BOT_USER, Channel, File, Message
from simulators.slack.rules.limits import message_blocks
from simulators.slack.rules.refusals import check_posting
from simulators.slack.wire import Json, SlackError, as_number, as_objects, as_text, explained

TYPES = {"all", "spaces", "snippets", "images", "gdocs", "zips", "pdfs"}


@dataclass(slots=True)
class Reservation:
    """A file the app announced: its declared length, and whether its bytes came."""

    file: File
    length: int
    received: bool = False
    completed: bool = False


class FileMethods:
    """The files methods and the uploads that were announced and not yet shared."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.reservations: dict[str, Reservation] = {}
        self._keys: dict[str, str] = {}

    def methods(self) -> tuple[Method, ...]:
        """Return the methods of this family."""
        return (
            Method("files.info", self.info, tier=4, scopes=("files:read",), json=False),
            Method("files.list", self.list_all, scopes=("files:read",), json=False),
            Method("files.delete", self.delete, scopes=("files:write",)),
            Method("files.getUploadURLExternal", self.reserve, tier=4, scopes=("files:write",), json=False),
            Method("files.completeUploadExternal", self.complete, tier=4, scopes=("files:write",)),
        )

    def reservation(self, key: str) -> Reservation | None:
        """Return the upload a URL was given for."""
        return self.reservations.get(self._keys.get(key, ""))

    def _file(self, call: Call) -> File:
        file = self.parts.workspace.files.get(call.args.text("file"))
        reserved = self.reservations.get(call.args.text("file"))
        if file is None and reserved is not None and self.parts.options.reserved_is_known:
            file = reserved.file
        if file is None or not self._listed(file):
            raise SlackError("file_not_found")
        if file.mode == "tombstone":
            raise SlackError("file_deleted")
        return file

    def _listed(self, file: File) -> bool:
        now = asyncio.get_running_loop().time()
        return self.parts.workspace.can_see(BOT_USER, file) and not file.is_unready("file_not_found", now)

    def _only_direct(self, file: File) -> bool:
        channels = self.parts.workspace.channels
        return bool(file.shares) and all(channels[share.channel].is_im for share in file.shares)

    async def info(self, call: Call) -> Json:
        """Describe a file, with where it was shared."""
        file = self._file(call)
        paging: Json = {"count": 0, "total": 0, "page": 1, "pages": 0}
        shown = file_object(call.workspace, file, shares=True)
        return {"file": shown, "comments": [], "paging": paging, "response_metadata": {"next_cursor": ""}}

    async def list_all(self, call: Call) -> Json:
        """List files the app can see, newest first, in numbered pages."""
        args = call.args
        asked = set((args.text("types") or "all").split(","))
        if not asked <= TYPES:
            raise SlackError("unknown_type")
        channel = args.text("channel")
        if channel and channel not in call.workspace.channels:
            raise SlackError("channel_not_found")
        oldest = as_number(args.values.get("ts_from"))
        latest = as_number(args.values.get("ts_to"), default=math.inf)
        found = [
            file
            for file in call.workspace.files.values()
            if self._listed(file)
            and not (self.parts.options.files_list_skips_ims and self._only_direct(file))
            and file.mode != "tombstone"
            and (file.mode != "hidden_by_limit" or args.flag("show_files_hidden_by_limit"))
            and (not channel or any(share.channel == channel for share in file.shares))
            and (not args.text("user") or file.user == args.text("user"))
            and oldest <= file.created <= latest
            and _of_types(file, asked)
        ]
        found.sort(key=lambda file: file.created, reverse=True)
        count, number = args.number("count", 100, 1000), args.number("page", 1, 100_000)
        pages = -(-len(found) // count)
        chosen = found[(number - 1) * count : number * count]
        return {
            "files": [file_object(call.workspace, file) for file in chosen],
            "paging": {"count": count, "total": len(found), "page": number, "pages": pages},
        }

    async def delete(self, call: Call) -> Json:
        """Delete one of the app's files."""
        file = self._file(call)
        if file.user != BOT_USER:
            raise SlackError("cant_delete_file")
        call.workspace.delete_file(file)
        return {}

    async def reserve(self, call: Call) -> Json:
        """Step one: announce a file and get the URL for its bytes."""
        if self.parts.options.uploads_refused:
            raise SlackError(self.parts.options.uploads_refused)
        name, length = call.args.text("filename"), call.args.text("length")
        if not name or not length:
            missing = "filename" if not name else "length"
            raise explained("invalid_arguments", f"missing required field: {missing}")
        if not length.isdecimal() or int(length) == 0:
            raise explained("invalid_arguments", "must be greater than 0 [json-pointer:/length]")
        file = self.parts.store.reserve(name, BOT_USER)
        key = secrets.token_urlsafe(24)
        self.reservations[file.id] = Reservation(file, int(length))
        self._keys[key] = file.id
        if call.args.text("snippet_type"):
            file.mode = "snippet"
        return {"upload_url": f"{call.workspace.url}/upload/v1/{key}", "file_id": file.id}

    async def complete(self, call: Call) -> Json:
        """Step three: share what was uploaded, or keep it private without a channel."""
        if self.parts.options.uploads_refused:
            raise SlackError(self.parts.options.uploads_refused)
        asked = as_objects(call.args.decoded("files"))
        if not asked:
            raise explained("invalid_arguments", "missing required field: files")
        channels = self._channels(call)
        thread_ts = call.args.text("thread_ts")
        roots = {channel.id: thread_root(call.workspace, channel, thread_ts) for channel in channels}
        for channel in channels:
            check_posting(channel, reply=roots[channel.id] is not None)
            if channel.refuses_files:
                raise SlackError(channel.refuses_files)
        message_blocks(call.args.decoded("blocks"), call.parts.options.refused_blocks)
        reservations: list[Reservation] = []
        for item in asked:
            reservation = self.reservations.get(as_text(item.get("id")))
            if reservation is None:
                raise SlackError("file_not_found")
            if not reservation.received:
                raise SlackError("file_update_failed")
            if reservation.completed and self.parts.options.completing_twice == "refused":
                raise SlackError("file_not_found")
            reservations.append(reservation)
        for item, reservation in zip(asked, reservations, strict=True):
            reservation.completed = True
            reservation.file.title = as_text(item.get("title")) or reservation.file.title
            call.workspace.files[reservation.file.id] = reservation.file
        files = [reservation.file for reservation in reservations]
        loop = asyncio.get_running_loop()
        for file in files:
            file.shares_from = loop.time() + self.parts.options.share_delay + self.parts.options.shares_delay
        shown = [file_object(call.workspace, file) for file in files]
        for channel in channels:
            message = Message(
                channel.id,
                "",
                BOT_USER,
                call.args.text("initial_comment"),
                blocks=message_blocks(call.args.decoded("blocks"), call.parts.options.refused_blocks) or [],
                files=[file.id for file in files],
                thread_ts=roots[channel.id],
                subtype="file_share",
                visible_from=0.0,
            )
            if not call.unshared:
                self.parts.delivery.background(self._share(message, files, call.visible_after))
        return {"files": shown}

    def _channels(self, call: Call) -> list[Channel]:
        names = [name for name in (call.args.text("channel_id"), *call.args.text("channels").split(",")) if name]
        found: list[Channel] = []
        for name in names:
            channel = call.workspace.channels.get(name)
            if channel is None:
                raise SlackError("channel_not_found")
            if channel.archived:
                raise SlackError("is_archived")
            if BOT_USER not in channel.members:
                raise SlackError("not_in_channel" if channel.kind == "public" else "channel_not_found")
            found.append(channel)
        return found

    async def _share(self, message: Message, files: list[File], visible_after: float) -> None:
        await asyncio.sleep(self.parts.options.share_delay)
        message.visible_from = asyncio.get_running_loop().time() + visible_after
        message.ts = self.parts.workspace.next_ts()
        for file in files:
            self.parts.workspace.share(file, message)
        self.parts.workspace.post(message)


def _of_types(file: File, asked: set[str]) -> bool:
    if "all" in asked:
        return True
    kind = {"application/zip": "zips", "application/pdf": "pdfs"}.get(file.mimetype, "")
    if file.mimetype.startswith("image/"):
        kind = "images"
    if file.mode == "snippet":
        kind = "snippets"
    return kind in asked
