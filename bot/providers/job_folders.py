"""What a provider keeps of its jobs on this machine: a private folder for each, gone when the job is."""

import asyncio
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.domain.errors import WebhookRefused
from bot.domain.transcript import Transcript
from bot.ports.provider import WebhookEvent, WebhookRequest


class JobFolders:
    """One folder per job below `root`. Every method is quick but does wait for the disk: call it in a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def forget(self, job_id: str) -> None:
        """Delete everything of the job."""
        shutil.rmtree(self._folder(job_id), ignore_errors=True)

    def kept(self) -> list[str]:
        """The jobs that have a folder."""
        return [folder.name for folder in self._all() if not folder.name.startswith(".")]

    def sweep(self, unfinished: Collection[str]) -> int:
        """Delete the folders of jobs that are not in `unfinished`, and half-made ones; returns how many."""
        known = set(unfinished)
        gone = [folder for folder in self._all() if folder.name not in known]
        for folder in gone:
            shutil.rmtree(folder, ignore_errors=True)
        return len(gone)

    def _all(self) -> list[Path]:
        return [path for path in self._root.iterdir() if path.is_dir()] if self._root.is_dir() else []

    def _folder(self, job_id: str) -> Path:
        if not job_id or not all(c.isalnum() or c in "-_" for c in job_id):
            raise ValueError("not a job id")  # it becomes part of a path
        return self._root / job_id


class WorksHere:
    """What providers share that do the work on this machine: folders of jobs, and no webhooks."""

    _folders: JobFolders

    def verify_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """Nobody may push."""
        raise WebhookRefused(400, "this provider takes no webhooks")

    def parse_pushed(self, result: bytes) -> Transcript | None:
        """Never a result."""
        return None

    async def kept(self) -> Sequence[str]:
        """The jobs (ids) that something is kept for."""
        return await asyncio.to_thread(self._folders.kept)

    async def shared(self) -> Sequence[str]:
        """Nothing is kept where other machines reach it."""
        return ()

    async def sweep(self, unfinished: Collection[str]) -> int:
        """Delete what is kept for jobs that are not in `unfinished` (ids); returns of how many. Call it at start."""
        return await asyncio.to_thread(self._folders.sweep, unfinished)


def write(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one or the new one, whole and on the disk."""
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    os.replace(draft, path)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
