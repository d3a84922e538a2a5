"""A job's files in object storage, so that another machine can go on where this one ended.

<job>/audio/00000 …  the recording in pieces
     /order.json     what was asked; written after the last piece: once it is there, the recording is whole
     /blocks/N       beside the words of block N: its voices, its language

Pieces, and not the parts of one upload: parts of an upload that broke off are in no list, and would outlive a deletion.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bot.ports.audio import Progress
from bot.ports.blobs import Blobs
from bot.providers.local.job_files import BlockNote, JobFiles, Request

PIECE_BYTES = 8 * 1024 * 1024  # of the recording in one object, and in memory at a time


class JobObjects:
    """The objects of jobs, beside `files` on this machine. Raises as `Blobs` does, and `OSError` for the disk."""

    def __init__(self, blobs: Blobs, files: JobFiles) -> None:
        self._blobs = blobs
        self._files = files

    async def keep(self, job_id: str, asked: Request, progress: Progress) -> None:
        """Store the recording that lies in the job's folder. Repeating it changes nothing."""
        if await self.asked(job_id) == asked:
            return
        await self._blobs.delete(job_id)
        count = _pieces(asked)
        for number in range(count):
            piece = await asyncio.to_thread(_read, self._files.audio(job_id), number)
            await self._blobs.put(_piece(job_id, number), piece)
            await progress((number + 1) / count)
        await self._blobs.put(f"{job_id}/order.json", json.dumps(asdict(asked)).encode())

    async def keep_block(self, job_id: str, number: int, note: BlockNote, voices: bytes) -> None:
        """Store what belongs to a block besides its words. Call it before the words are stored."""
        head = json.dumps(asdict(note)).encode()
        await self._blobs.put(f"{job_id}/blocks/{number}", head + b"\n" + voices)

    async def asked(self, job_id: str) -> Request | None:
        """What the job asked for; None when its recording is not all there."""
        text = await self._blobs.get(f"{job_id}/order.json")
        return None if text is None else Request(**json.loads(text))

    async def bring(self, job_id: str) -> None:
        """Copy here what other machines stored and this one lacks. The job must be this machine's."""
        asked = await self.asked(job_id)
        if asked is None:
            return
        have = await asyncio.to_thread(self._files.asked, job_id) if self._files.holds(job_id) else None
        if have != asked and not await self._bring_audio(job_id, asked):
            return
        for name in await self._blobs.names(f"{job_id}/blocks"):
            if await asyncio.to_thread(self._files.has_block, job_id, int(name)):
                continue
            if packed := await self._blobs.get(f"{job_id}/blocks/{name}"):
                head, _, voices = packed.partition(b"\n")
                await asyncio.to_thread(self._files.put_block, job_id, int(name), BlockNote(**json.loads(head)), voices)

    async def forget(self, job_id: str) -> None:
        """Delete everything of the job."""
        await self._blobs.delete(job_id)

    async def jobs(self) -> Sequence[str]:
        """The jobs (ids) that have objects."""
        return [name for name in await self._blobs.names() if all(c.isalnum() or c in "-_" for c in name)]

    async def check(self) -> None:
        """Use the bucket as the work does."""
        await self._blobs.check()

    async def _bring_audio(self, job_id: str, asked: Request) -> bool:
        staged = await asyncio.to_thread(self._files.staging, job_id)
        for number in range(_pieces(asked)):
            piece = await self._blobs.get(_piece(job_id, number))
            if piece is None:
                return False  # it was deleted meanwhile
            await asyncio.to_thread(_append, staged, piece)
        if staged.stat().st_size != asked.size:
            return False
        await asyncio.to_thread(self._files.put, job_id, asked)
        return True


def _pieces(asked: Request) -> int:
    return max(1, -(-asked.size // PIECE_BYTES))


def _piece(job_id: str, number: int) -> str:
    return f"{job_id}/audio/{number:05}"


def _read(path: Path, number: int) -> bytes:
    with path.open("rb") as file:
        file.seek(number * PIECE_BYTES)
        return file.read(PIECE_BYTES)


def _append(path: Path, data: bytes) -> None:
    with open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
