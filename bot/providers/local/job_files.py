"""The private directory of the local engine: the audio of jobs that wait, and how each of them ended.

<root> 0700 / <job> 0700 / audio        the recording, there only once it is whole and on the disk
                         / order.json   what was asked; written before the audio
                         / blocks/N.*   beside the words of block N, which the store has: its voices, its language
                         / outcome.json how it ended; written after the last block is stored
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.domain.errors import Problem, ProblemCode
from bot.providers.job_folders import JobFolders, sync, write


@dataclass(frozen=True, slots=True)
class Request:
    """What a job asked for; `language` is Whisper's code, None to detect it."""

    size: int
    language: str | None
    seconds: float | None
    vocabulary: list[str] = field(default_factory=list)
    speakers: str = "detect"  # detect, none, or how many people speak


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: `blocks` are stored, or there is a problem (its code and parameters)."""

    blocks: int = 0
    seconds: float | None = None
    language: str | None = None
    code: str = ""
    params: dict[str, str] = field(default_factory=dict)
    detail: str = ""

    confidence: float | None = None  # how sure the language is, None where it was given

    @property
    def problem(self) -> Problem | None:
        """Why there is no transcript, or None."""
        return Problem(ProblemCode(self.code), self.params) if self.code else None


@dataclass(frozen=True, slots=True)
class BlockNote:
    """What is kept of a block beside its words: how sure its language is, weighed by its seconds of speech.

    `separate`: each of two channels was a speaker.
    """

    confidence: float | None = None
    speech: float = 0.0
    separate: bool = False


class JobFiles(JobFolders):
    """The files of a job: its recording, what was asked, how it ended. Call every method in a thread."""

    def audio(self, job_id: str) -> Path:
        """Where the recording lies, if it does."""
        return self._folder(job_id) / "audio"

    def holds(self, job_id: str) -> bool:
        """Whether the whole recording is here."""
        return self.audio(job_id).is_file()

    def put(self, job_id: str, asked: Request) -> None:
        """Take the file at `staging` as the job's audio: it is safe on the disk when this returns."""
        folder = self._folder(job_id)
        staged = folder / "arriving"
        (folder / "outcome.json").unlink(missing_ok=True)
        shutil.rmtree(folder / "blocks", ignore_errors=True)
        write(folder / "order.json", json.dumps(asdict(asked)))
        sync(staged)
        os.replace(staged, folder / "audio")
        sync(folder)
        sync(self._root)

    def staging(self, job_id: str) -> Path:
        """A fresh path beside the audio to write or link it to before `put`."""
        folder = self._folder(job_id)
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / "arriving"
        path.unlink(missing_ok=True)
        return path

    def asked(self, job_id: str) -> Request | None:
        """What the job asked for."""
        fields = _read(self._folder(job_id) / "order.json")
        return Request(**fields) if fields is not None else None

    def ended(self, job_id: str) -> Outcome | None:
        """How it ended, None while it has not."""
        fields = _read(self._folder(job_id) / "outcome.json")
        return Outcome(**fields) if fields is not None else None

    def end(self, job_id: str, ended: Outcome) -> None:
        """Note how it ended; does nothing when the job was forgotten meanwhile."""
        folder = self._folder(job_id)
        if folder.is_dir():
            write(folder / "outcome.json", json.dumps(asdict(ended)))
            sync(folder)

    def reopen(self, job_id: str) -> None:
        """Forget how it ended."""
        (self._folder(job_id) / "outcome.json").unlink(missing_ok=True)

    def put_block(self, job_id: str, number: int, note: BlockNote, voices: bytes) -> None:
        """Keep what belongs to a block besides its words. Call it before the words are stored."""
        folder = self._folder(job_id) / "blocks"
        if not folder.parent.is_dir():
            return  # the job was forgotten meanwhile
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / f"{number}.voices").write_bytes(voices)
        write(folder / f"{number}.json", json.dumps(asdict(note)))

    def has_block(self, job_id: str, number: int) -> bool:
        """Whether `put_block` kept something for it."""
        return (self._folder(job_id) / "blocks" / f"{number}.json").is_file()

    def block(self, job_id: str, number: int) -> tuple[BlockNote, bytes]:
        """What `put_block` kept; an empty note where there is nothing."""
        folder = self._folder(job_id) / "blocks"
        fields = _read(folder / f"{number}.json")
        if fields is None:
            return BlockNote(), b""
        return BlockNote(**fields), (folder / f"{number}.voices").read_bytes()

    def drop_audio(self, job_id: str) -> None:
        """Delete the recording and the voices in it, keep how it ended."""
        self.audio(job_id).unlink(missing_ok=True)
        shutil.rmtree(self._folder(job_id) / "blocks", ignore_errors=True)


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the file `source`: a second name where both lie on one disk, else a copy. Blocking."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        os.chmod(target, 0o600)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
