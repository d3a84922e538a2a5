"""The bytes of files: kept in a directory on disk, streamed in and out, never whole in memory."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from simulators.slack.model import clips
from simulators.slack.model.workspace import Workspace
from simulators.slack.options import Unready
from simulators.slack.records import File, FileMode

CHUNK = 256 * 1024
"""Bytes that are read or written at a time."""

MIMETYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "amr": "audio/amr",
    "webm": "video/webm",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "txt": "text/plain",
    "md": "text/markdown",
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "json": "application/json",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
FILETYPES = {"txt": "text", "md": "markdown", "json": "javascript"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be uploaded: its bytes, a path to them, or `sample` repeated up to `size`.

    `mode`, `subtype` and `connect` make the special kinds: external, snippet, tombstone, hidden_by_limit, voice clip
    (`slack_audio`) and Slack Connect (events show the id only). With `unready` the file is incomplete in that way for
    `unready_seconds`. `announced` is the size that the file object gives where `content` has another; a voice clip
    without it is transcoded, as Slack does. `age` is how many seconds ago it was uploaded: an old file that is shared
    again.
    """

    name: str
    content: bytes | Path = b""
    size: int | None = None
    title: str = ""
    mimetype: str | None = None
    mode: FileMode = "hosted"
    subtype: str = ""
    connect: bool = False
    announced: int | None = None
    external_url: str = "https://drive.example.com/file"
    unready: Unready | None = None
    unready_seconds: float = 1.0
    age: float = 0.0


class FileStore:
    """Creates files of the workspace and gives their bytes."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._own = workspace.options.directory is None
        self.directory = workspace.options.directory or Path(tempfile.mkdtemp(prefix="slack-files-"))
        self.directory.mkdir(parents=True, exist_ok=True)
        self._draws = random.Random(workspace.options.unready_seed)  # noqa: S311 - repeatable faults, not secrets

    def close(self) -> None:
        """Remove the directory when it was made for this run."""
        if self._own:
            shutil.rmtree(self.directory, ignore_errors=True)

    def reserve(self, name: str, user: str, *, title: str = "", mimetype: str | None = None) -> File:
        """Return a new file without bytes, its type taken from its name."""
        extension = name.rpartition(".")[2].lower() if "." in name else ""
        known = MIMETYPES.get(extension, "application/octet-stream")
        return File(
            self.workspace.new_id("F"),
            name,
            title or name,
            known if mimetype is None else mimetype,
            FILETYPES.get(extension, extension or "binary"),
            0,
            user,
            int(time.time()),
        )

    async def add(self, upload: Upload, user: str) -> File:
        """Return the file of an upload, its bytes stored; it is not shared anywhere yet."""
        file = self.reserve(upload.name, user, title=upload.title, mimetype=upload.mimetype)
        file.subtype, file.connect, file.mode = upload.subtype, upload.connect, upload.mode
        file.announced = upload.announced
        file.created -= int(upload.age)
        if upload.mode == "external":
            file.external_url = upload.external_url
        elif upload.size is not None:
            file.sample = upload.content if isinstance(upload.content, bytes) else upload.content.read_bytes()
            file.sample, file.size = file.sample or b"\0", upload.size
        elif isinstance(upload.content, Path):
            file.path = self.directory / file.id
            await asyncio.to_thread(shutil.copyfile, upload.content, file.path)
            file.size = file.path.stat().st_size
        else:
            await self.receive(file, _once(upload.content))
        if file.subtype == clips.SUBTYPE and file.announced is None:
            await clips.transcode(file)
        if file.mode in {"tombstone", "hidden_by_limit"} and file.path is not None:
            file.path.unlink(missing_ok=True)
            file.path = None
        self.workspace.files[file.id] = file
        self.draw_unready(file, upload)
        return file

    def draw_unready(self, file: File, upload: Upload | None = None) -> None:
        """Make a file that was just uploaded incomplete for a while, if the options or its upload ask for it."""
        options, now = self.workspace.options, asyncio.get_running_loop().time()
        if upload is not None and upload.unready is not None:
            file.unready, file.ready_at = upload.unready, now + upload.unready_seconds
        elif options.unready_seconds > 0 and options.unready_forms:
            file.unready = self._draws.choice(options.unready_forms)
            file.ready_at = now + self._draws.uniform(0.3, 1.0) * options.unready_seconds

    async def receive(self, file: File, chunks: AsyncIterator[bytes]) -> int:
        """Write a stream of bytes to the file's place on disk; returns how many came."""
        path = self.directory / file.id
        size = 0
        with path.open("wb") as target:
            async for chunk in chunks:
                size += len(chunk)
                if len(chunk) >= CHUNK:
                    await asyncio.to_thread(target.write, chunk)
                else:
                    target.write(chunk)
        file.path, file.size = path, size
        return size

    async def chunks(self, file: File, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to `stop` of a stored or synthetic file."""
        if file.path is None:
            async for chunk in _repeated(file.sample or b"\0", start, stop):
                yield chunk
            return
        with file.path.open("rb") as source:
            source.seek(start)
            while start < stop:
                chunk = await asyncio.to_thread(source.read, min(CHUNK, stop - start))
                if not chunk:
                    return
                start += len(chunk)
                yield chunk

    def preview(self, file: File) -> str | None:
        """Return the first 2,000 characters of a text file, None for others."""
        is_text = file.mimetype.startswith("text/") or file.filetype in {"javascript", "srt"}
        if not is_text or file.path is None or not file.path.exists():
            return None
        with file.path.open("rb") as source:
            return source.read(8000).decode("utf-8", errors="replace")[:2000]


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _repeated(sample: bytes, start: int, stop: int) -> AsyncIterator[bytes]:
    period = len(sample)
    block = sample * max(1, CHUNK // period + 1)
    usable = len(block) - len(block) % period
    while start < stop:
        offset = start % period
        count = min(usable - offset, stop - start)
        yield block[offset : offset + count]
        start += count
        await asyncio.sleep(0)
