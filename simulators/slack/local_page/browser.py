"""The page's private interface (BROWSER_API.md): state, history, what a person does, and a live stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from aiohttp import BodyPartReader, web

from simulators.slack.acts.interactions import Interactions, NotAnswered
from simulators.slack.acts.people import People
from simulators.slack.api.call import Parts
from simulators.slack.file_store import CHUNK, Upload
from simulators.slack.local_page.browser_objects import BrowserObjects
from simulators.slack.local_page.live import Live
from simulators.slack.local_page.page_guard import PAGE_HEADERS
from simulators.slack.local_page.samples import Samples
from simulators.slack.model import clips
from simulators.slack.records import File
from simulators.slack.wire import (
    Arguments,
    Json,
    SlackError,
    as_object,
    parse_object,
)

Answer = Callable[[Arguments], Awaitable[Json]]


class BrowserRoutes:
    """Serves the page and takes what people do on it."""

    def __init__(
        self, parts: Parts, people: People, interactions: Interactions, objects: BrowserObjects, live: Live
    ) -> None:
        self.parts, self.people, self.interactions = parts, people, interactions
        self.objects, self.live = objects, live
        self.samples = Samples(parts.options.samples)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the routes of BROWSER_API.md."""
        router.add_get("/", self.index)
        router.add_get("/page/{name:.+}", self.page_file)
        router.add_get("/local/live", self.live.handle)
        router.add_post("/local/upload", self.upload)
        for path, answer in (("state", self.state), ("history", self.history), ("thread", self.thread)):
            router.add_get(f"/local/{path}", _from_query(answer))
        for path, answer in (
            ("message", self.message),
            ("sample", self.sample),
            ("command", self.command),
            ("shortcut", self.shortcut),
            ("action", self.action),
            ("view_submit", self.view_submit),
            ("view_close", self.view_close),
            ("home_opened", self.home_opened),
            ("options", self.options),
            ("delete", self.delete),
            ("delete_file", self.delete_file),
            ("react", self.react),
        ):
            router.add_post(f"/local/{path}", _from_body(answer))

    async def index(self, _request: web.Request) -> web.StreamResponse:
        """Give the page."""
        return _static(self.parts.options.page, "index.html", PAGE_HEADERS)

    async def page_file(self, request: web.Request) -> web.StreamResponse:
        """Give one of the page's files."""
        return _static(self.parts.options.page, request.match_info["name"], {"Cache-Control": "no-cache"})

    async def state(self, args: Arguments) -> Json:
        """Everything the page shows around a conversation."""
        return self.objects.state(args.required("user"), self.samples.listing())

    async def history(self, args: Arguments) -> Json:
        """The root messages of a conversation."""
        user, channel = self._reader(args)
        return {"messages": self.objects.history(user, channel)}

    async def thread(self, args: Arguments) -> Json:
        """A thread, its root first."""
        user, channel = self._reader(args)
        return {"messages": self.objects.thread(user, channel, args.required("ts"))}

    def _reader(self, args: Arguments) -> tuple[str, str]:
        user, channel = args.required("user"), self.people.channel(args.required("channel"))
        if user not in channel.members:
            raise SlackError("channel_not_found")
        return user, channel.id

    async def message(self, args: Arguments) -> Json:
        """Say something."""
        message = self.people.say(
            args.required("user"),
            args.required("channel"),
            args.required("text"),
            args.text("thread_ts") or None,
        )
        return {"message": self.objects.message(message)}

    async def upload(self, request: web.Request) -> web.Response:
        """Take files dropped or recorded on the page; the bytes go to disk as they come."""
        fields: dict[str, str] = {}
        files: list[File] = []
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                continue
            if part.filename is None:
                fields[part.name or ""] = await part.text()
            else:
                mimetype = part.headers.get("Content-Type", "").partition(";")[0]
                files.append(await self._receive(part, part.filename, mimetype))
        return await _answered(self._share(fields, files))

    async def _receive(self, part: BodyPartReader, name: str, mimetype: str) -> File:
        store = self.parts.store
        file = store.reserve(name, "", mimetype=None)
        if file.mimetype == "application/octet-stream" and mimetype:
            file.mimetype = mimetype

        async def chunks() -> AsyncIterator[bytes]:
            while chunk := await part.read_chunk(CHUNK):
                yield chunk

        await store.receive(file, chunks())
        return file

    async def _share(self, fields: dict[str, str], files: list[File]) -> Json:
        user, channel = fields.get("user", ""), fields.get("channel", "")
        self.people.channel(channel)
        if not files:
            raise SlackError("no_file_data")
        for file in files:
            file.user = user
            if fields.get("kind") == "slack_audio":
                as_voice_clip(file)
                await clips.transcode(file)
            self.parts.workspace.files[file.id] = file
            self.parts.store.draw_unready(file)
        message = self.people.share(user, channel, files, fields.get("text", ""), fields.get("thread_ts") or None)
        return {"message": self.objects.message(message)}

    async def sample(self, args: Arguments) -> Json:
        """Post a bundled sample."""
        path = self.samples.path(args.required("name"))
        if path is None:
            raise SlackError("sample_not_found")
        message = await self.people.upload(
            args.required("user"),
            args.required("channel"),
            [Upload(path.name, path, title=self.samples.title(path.name))],
            thread_ts=args.text("thread_ts") or None,
        )
        return {"message": self.objects.message(message)}

    async def command(self, args: Arguments) -> Json:
        """Run a slash command; `/invite` is the workspace's own and brings the app into the conversation."""
        user, channel, name = args.required("user"), args.required("channel"), args.required("command")
        if name == "/invite":
            self.people.invite_bot(user, channel)
            return {}
        if name not in {command.command for command in self.parts.options.commands}:
            raise SlackError("unknown_command")
        await self.interactions.command(user, channel, name, args.text("text"))
        return {}

    async def shortcut(self, args: Arguments) -> Json:
        """Use a message shortcut."""
        outcome = await self.interactions.shortcut(
            args.required("user"), args.required("channel"), args.required("ts"), args.required("callback_id")
        )
        return _acknowledged(outcome.failure)

    async def action(self, args: Arguments) -> Json:
        """Use a button or another element of a message or view."""
        user = args.required("user")
        if args.text("view_id"):
            outcome = await self.interactions.view_action(user, args.text("view_id"), args.values)
        else:
            channel, ts = args.required("channel"), args.required("ts")
            outcome = await self.interactions.message_action(user, channel, ts, args.values)
        return _acknowledged(outcome.failure)

    async def view_submit(self, args: Arguments) -> Json:
        """Submit a modal."""
        values = as_object(args.decoded("values"))
        try:
            errors = await self.interactions.submit(args.required("user"), args.required("view_id"), values)
        except NotAnswered as late:
            return _acknowledged(late.reason)
        return {"errors": dict(errors)} if errors else {}

    async def view_close(self, args: Arguments) -> Json:
        """Close a modal."""
        await self.interactions.close(args.required("user"), args.required("view_id"))
        return {}

    async def home_opened(self, args: Arguments) -> Json:
        """Open the app's Home tab."""
        self.people.open_home(args.required("user"))
        return {}

    async def options(self, args: Arguments) -> Json:
        """Ask the app for the options of an external select."""
        try:
            options = await self.interactions.options(
                args.required("user"),
                args.required("action_id"),
                args.text("block_id"),
                args.text("value"),
                args.text("view_id"),
            )
        except NotAnswered as late:
            return {"options": [], **_acknowledged(late.reason)}
        return {"options": list(options)}

    async def delete(self, args: Arguments) -> Json:
        """Delete a message."""
        self.people.delete(args.required("user"), args.required("channel"), args.required("ts"))
        return {}

    async def delete_file(self, args: Arguments) -> Json:
        """Delete a file."""
        self.people.delete_file(args.required("user"), args.required("file"))
        return {}

    async def react(self, args: Arguments) -> Json:
        """Add a reaction or take it back."""
        self.people.react(
            args.required("user"),
            args.required("channel"),
            args.required("ts"),
            args.required("name"),
            remove=args.flag("remove"),
        )
        return {}


def as_voice_clip(file: File) -> None:
    """Make a file what Slack makes of a recorded clip: subtype `slack_audio`, named audio_message."""
    extension = file.name.rpartition(".")[2] or "webm"
    file.subtype, file.name, file.title = "slack_audio", f"audio_message.{extension}", "Audio clip"
    if extension in {"webm", "m4a", "mp4"}:
        file.mimetype = {"webm": "audio/webm"}.get(extension, "audio/mp4")


def _acknowledged(failure: str) -> Json:
    if failure:
        return {"error": "We had some trouble connecting. Try again?", "reason": failure}
    return {}


def _from_query(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        return await _answered(answer(Arguments(dict(request.query))))

    return handle


def _from_body(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = parse_object(await request.read())
        except ValueError:
            return web.json_response({"error": "invalid_json"}, status=400)
        return await _answered(answer(Arguments(body)))

    return handle


async def _answered(answer: Awaitable[Json]) -> web.Response:
    try:
        return web.json_response(await answer)
    except SlackError as error:
        return web.json_response({"error": error.code, **error.fields}, status=400)


def _static(directory: Path, name: str, headers: dict[str, str]) -> web.StreamResponse:
    path = (directory / name).resolve()
    if not path.is_relative_to(directory.resolve()) or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers=headers)
