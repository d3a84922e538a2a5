"""`doctor --probe CHANNEL`: asks the real workspace what no document says, and takes away what was posted.

The report has no names, ids or addresses, so that it can be pasted into an issue.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence

import typer

from bot.cli.common import fail
from bot.clock import SystemClock
from bot.domain.errors import StepError
from bot.http import Http
from bot.network import network_of
from bot.settings import Settings
from bot.slack.api.client import SlackClient, SlackRefusal, open_client
from bot.slack.api.identity import identify
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, rows, text
from bot.slack.blockkit.blocks import Block, Run, container, literal, words
from bot.slack.blockkit.charts import bars

EVENT_TYPE = "threadscribe_probe"
SHARED_SECONDS = 20.0  # how long a share may take to show
_CONTENT = b"Threadscribe asks how Slack treats files. This one is taken away again.\n"


def run_probe(settings: Settings, channel: str) -> int:
    """Ask, print a line for each answer, clean up; 1 when the channel cannot be used or something is left behind."""
    return asyncio.run(_run(settings, channel))


async def _run(settings: Settings, channel: str) -> int:
    if fault := await channel_faults(settings, channel):
        return fail(f"this channel cannot be asked in: {fault}.", 1)
    async with open_client(settings, SystemClock()) as client:
        probe = Probe(settings, client, channel)
        questions: Mapping[str, Callable[[], Awaitable[str]]] = {
            "metadata of our own messages comes back to the bot's token": probe.metadata,
            "files.info knows a reserved upload that was not completed": probe.reserved,
            "completing an upload twice shares it twice": probe.twice,
            "files.list shows direct messages": probe.direct_messages,
            "voice clips: files-tmb honours Range; size is the served length": probe.voice_clip,
            "rich text limits": probe.long_text,
            "newer blocks in a message": probe.newer_blocks,
        }
        typer.echo("Threadscribe asks Slack (paste this into an issue; it has no names):")
        worked = True
        try:
            for question, ask in questions.items():
                try:
                    answer = await ask()
                except StepError as error:
                    worked, answer = False, f"could not be asked ({error.detail})"
                typer.echo(f"- {question}: {answer}")
            typer.echo("- an ephemeral message lands in its thread: not asked, only its reader sees it")
        finally:
            left = await probe.clean_up()
        typer.echo("- everything that was posted is taken away again" if not left else f"- left behind: {left}")
        return 0 if worked and not left else 1


class Probe:
    """The questions. What is posted is remembered, and deleted by `clean_up`."""

    def __init__(self, settings: Settings, client: SlackClient, channel: str) -> None:
        self._settings = settings
        self._client = client
        self._channel = channel
        self._messages: list[str] = []
        self._files: list[str] = []

    async def metadata(self) -> str:
        """Post with metadata, read the thread with and without `include_all_metadata`."""
        mark = secrets.token_hex(8)
        ts = await self._post({"event_type": EVENT_TYPE, "event_payload": {"mark": mark}}, f"probe.{mark}")
        answer = await self._client.call(
            Method.REPLIES, channel=self._channel, ts=ts, include_all_metadata=True, limit=1
        )
        (message,) = rows(answer, "messages")[:1] or [{}]
        marked = text(child(message, "metadata", "event_payload"), "mark") == mark
        blocks = any(text(block, "block_id") == f"probe.{mark}" for block in rows(message, "blocks"))
        return f"{'yes' if marked else 'no'} (block ids come back: {'yes' if blocks else 'no'})"

    async def reserved(self) -> str:
        """Reserve an upload, send its bytes, do not complete it."""
        file_id = await self._reserve()
        try:
            answer = await self._client.call(Method.FILE_INFO, file=file_id)
        except SlackRefusal as refusal:
            return f"no ({refusal.code})"
        file = child(answer, "file")
        return f"yes (mode {text(file, 'mode') or 'unset'}, shared in {len(_places(file))} places)"

    async def twice(self) -> str:
        """Complete one upload twice into the channel, and count the messages that carry it."""
        file_id = await self._reserve()
        said = []
        for _ in range(2):
            try:
                await self._complete(file_id)
                said.append("ok")
            except SlackRefusal as refusal:
                said.append(refusal.code)
        count = await self._shares(file_id)
        return f"{'yes' if count > 1 else 'no'} ({count} messages; answers: {', '.join(said)})"

    async def direct_messages(self) -> str:
        """Whether any file that the bot can list is in a direct message."""
        answer = await self._client.call(Method.FILE_LIST, count=200)
        files = rows(answer, "files")
        direct = sum(any(place.startswith("D") for place in _places(file)) for file in files)
        return f"{'yes' if direct else 'none seen'} ({direct} of {len(files)} files)"

    async def voice_clip(self) -> str:
        """The newest voice clip of the channel, if there is one: is a range honoured, and how long is it really?"""
        answer = await self._client.call(Method.HISTORY, channel=self._channel, limit=100)
        clips = [
            file
            for message in rows(answer, "messages")
            for file in rows(message, "files")
            if text(file, "subtype") == "slack_audio"
        ]
        if not clips:
            return "no clip in this channel: record one there and ask again"
        url = text(clips[0], "url_private_download") or text(clips[0], "url_private")
        http = Http(SystemClock(), network_of(self._settings))
        headers = {"Authorization": f"Bearer {self._settings.slack_bot_token.get_secret_value()}", "Range": "bytes=0-0"}
        try:
            async with http.stream_get("slack", url, headers) as stream:
                total = stream.headers.get("content-range", "").rpartition("/")[2]
                transcode = "files-tmb" in url
                same = total.isdecimal() and int(total) == clips[0].get("size")
                return (
                    f"range {'honoured' if stream.status == 206 else f'ignored (status {stream.status})'}, "
                    f"{'a transcode' if transcode else 'the file itself'}, "
                    f"size {'fits' if same else 'differs' if total.isdecimal() else 'is not said'}"
                )
        finally:
            await http.aclose()

    async def long_text(self) -> str:
        """How much one rich_text element takes."""
        for length in (3_000, 8_000, 12_000):
            element = {"type": "rich_text_section", "elements": [{"type": "text", "text": "word " * (length // 5)}]}
            try:
                await self._post(None, "", [{"type": "rich_text", "elements": [element]}])
            except SlackRefusal as refusal:
                return f"{length} characters are refused ({refusal.code})"
        return "12000 characters are taken"

    async def newer_blocks(self) -> str:
        """Which of the blocks of June 2026 the workspace takes, and whether a container may hold rich text."""
        shown: Mapping[str, Block] = {
            "container": container("Probe", [words("Folded.")]),
            "container with rich text": container("Probe", [literal([Run("Folded.")])]),
            "data_visualization": bars("Probe", "Minutes", [("Mon 1", 1.0), ("Tue 2", 2.0)], "Minutes"),
        }
        answers = []
        for name, block in shown.items():
            try:
                await self._post(None, "", [block])
                answers.append(f"{name} taken")
            except SlackRefusal as refusal:
                answers.append(f"{name} refused ({refusal.code})")
        return ", ".join(answers)

    async def clean_up(self) -> str:
        """Delete what was posted; what could not be deleted."""
        left = [await self._deleted("a message", Method.DELETE, channel=self._channel, ts=ts) for ts in self._messages]
        left += [await self._deleted("a file", Method.DELETE_FILE, file=file_id) for file_id in self._files]
        return ", ".join(filter(None, left))

    async def _deleted(self, what: str, method: Method, **arguments: str) -> str:
        """What is left and why; nothing when it is gone."""
        try:
            await self._client.call(method, **arguments)
        except SlackRefusal as refusal:
            gone = ("message_not_found", "file_not_found", "file_deleted")
            return "" if refusal.code in gone else f"{what} ({refusal.code})"
        except StepError as error:
            return f"{what} ({error.detail})"
        return ""

    async def _post(self, metadata: object, block_id: str, blocks: Sequence[Json] | None = None) -> str:
        said = "Threadscribe asks how Slack treats messages. This one is taken away again."
        section = {"type": "section", "text": {"type": "mrkdwn", "text": said}}
        shown = blocks or [{**section, "block_id": block_id} if block_id else section]
        more = {"metadata": metadata} if metadata else {}
        answer = await self._client.call(Method.POST, channel=self._channel, text=said, blocks=shown, **more)
        self._messages.append(text(answer, "ts"))
        return text(answer, "ts")

    async def _reserve(self) -> str:
        answer = await self._client.call(Method.RESERVE_UPLOAD, filename="threadscribe-probe.txt", length=len(_CONTENT))
        await self._client.post_bytes(text(answer, "upload_url"), _CONTENT)
        file_id = text(answer, "file_id")
        self._files.append(file_id)
        return file_id

    async def _complete(self, file_id: str) -> None:
        files = [{"id": file_id, "title": "Threadscribe probe"}]
        await self._client.call(Method.COMPLETE_UPLOAD, files=files, channel_id=self._channel)

    async def _shares(self, file_id: str) -> int:
        """The messages of the channel that carry the file, once they show."""
        clock = SystemClock()
        until = clock.now() + SHARED_SECONDS
        while True:
            answer = await self._client.call(Method.HISTORY, channel=self._channel, limit=50)
            found = [
                text(message, "ts")
                for message in rows(answer, "messages")
                if any(text(file, "id") == file_id for file in rows(message, "files"))
            ]
            if found or clock.now() > until:
                self._messages += found
                return len(found)
            await clock.sleep(1.0)


async def channel_faults(settings: Settings, channel: str) -> str:
    """Why this channel cannot be asked in, or ""."""
    async with open_client(settings, SystemClock()) as client:
        try:
            await identify(client)
            answer = await client.call(Method.CHANNEL_INFO, channel=channel)
        except StepError as error:
            return error.detail
    return "" if child(answer, "channel").get("is_member") is True else "the bot is not a member: /invite it first"


def _places(file: Json) -> list[str]:
    found: list[str] = []
    for key in ("channels", "groups", "ims"):
        listed = file.get(key)
        found += [str(place) for place in listed] if isinstance(listed, list) else []
    return found
