"""The private directory of one account: the audio of pieces that are not answered yet.

<root> 0700 / <job> 0700 / 00000.flac       a piece; there only once all of them are whole and on the disk
                         / references.json  recordings of the speakers of the first piece, as data URLs
                         / vocabulary.json  names and jargon that are sent with each piece
             / .<job>-… 0700                pieces being made
"""

import asyncio
import base64
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.audio.messages import Refused
from bot.audio.prober import ONE_THREAD, fault_of, verdict
from bot.domain.errors import Problem, ProblemCode, Rejected
from bot.ports.audio import Progress
from bot.ports.pieces import Piece
from bot.providers.job_folders import JobFolders, sync, write
from bot.providers.openai.messages import CUTTER_WIRE, AllCut, CutFile, CutProgress, CutSamples, PieceMade, Samples
from bot.subprocesses.child import Child, ChildDiedError, ChildStalledError

CUTTER = "bot.providers.openai.child_main"
_STALL_SECONDS = 120.0  # a child that says nothing for this long hangs
_REFERENCES = "references.json"
_VOCABULARY = "vocabulary.json"


@dataclass(frozen=True, slots=True)
class CutLimits:
    """How a recording is cut: file type of the pieces, their longest and shortest length in seconds."""

    extension: str
    longest: float
    shortest: float


class PieceFiles(JobFolders):
    """The pieces of a recording. What is not awaited is quick but waits for the disk: call it in a thread."""

    def __init__(self, root: Path, extension: str) -> None:
        super().__init__(root)
        self._extension = extension

    async def cut(
        self,
        job_id: str,
        source: Path,
        limits: CutLimits,
        seconds: float | None,
        progress: Progress,
        vocabulary: Sequence[str] = (),
    ) -> Sequence[Piece]:
        """Cut the recording into the job's folder, all or nothing, in place of what was there; keep the vocabulary.

        Raises `Rejected` for what cannot be decoded, `OSError` when the disk is full.
        """
        staging = await asyncio.to_thread(self._staging, job_id)
        try:
            order = CutFile(str(source), str(staging), limits.extension, limits.longest, limits.shortest, seconds)
            try:
                pieces = await _cut(order, progress)
            except (ChildDiedError, ChildStalledError):  # a second child decides whether the file is to blame
                try:
                    pieces = await _cut(order, progress)
                except (ChildDiedError, ChildStalledError) as error:
                    raise verdict(error, ProblemCode.NOT_CONVERTIBLE) from error
            await asyncio.to_thread(self._complete, job_id, staging, vocabulary)
            staging.rename(self._folder(job_id))  # not in a thread: a cancellation comes before it or after it
            await asyncio.to_thread(sync, self._root)
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)
        return pieces

    def vocabulary(self, job_id: str) -> tuple[str, ...]:
        """The names and jargon that were kept with the pieces."""
        try:
            found: list[str] = json.loads((self._folder(job_id) / _VOCABULARY).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        return tuple(found)

    def path(self, job_id: str, number: int) -> Path:
        """Where a piece lies, if it does."""
        return self._folder(job_id) / f"{number:05}.{self._extension}"

    def read(self, job_id: str, number: int) -> bytes | None:
        """The bytes of a piece, None when it is not here."""
        try:
            return self.path(job_id, number).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, job_id: str, number: int) -> None:
        """Delete a piece that is answered."""
        self.path(job_id, number).unlink(missing_ok=True)

    async def make_references(self, job_id: str, spans: Mapping[str, tuple[float, float]]) -> Mapping[str, str]:
        """Take recordings of speakers (name -> start and end in the first piece) and keep them as data URLs.

        Empty when the first piece is not here any more, or cannot be cut.
        """
        source = self.path(job_id, 0)
        found: dict[str, str] = {}
        if source.is_file() and spans:
            files = await _samples(CutSamples(str(source), [list(span) for span in spans.values()]))
            found = {
                name: f"data:audio/wav;base64,{base64.b64encode(file).decode()}"
                for name, file in zip(spans, files, strict=False)
            }
        await asyncio.to_thread(self._keep_references, job_id, found)
        return found

    def _keep_references(self, job_id: str, found: Mapping[str, str]) -> None:
        if self._folder(job_id).is_dir():
            write(self._folder(job_id) / _REFERENCES, json.dumps(found))

    def references(self, job_id: str) -> Mapping[str, str] | None:
        """The recordings that were kept, None when none were made yet."""
        try:
            found: dict[str, str] = json.loads((self._folder(job_id) / _REFERENCES).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def _staging(self, job_id: str) -> Path:
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{self._folder(job_id).name}-", dir=self._root))

    def _complete(self, job_id: str, staging: Path, vocabulary: Sequence[str]) -> None:
        (staging / _VOCABULARY).write_text(json.dumps(list(vocabulary)), encoding="utf-8")
        for file in staging.iterdir():
            sync(file)
        sync(staging)
        self.forget(job_id)


async def _cut(order: CutFile, progress: Progress) -> Sequence[Piece]:
    folders = (str(Path(order.source).parent), order.folder)
    child = await Child.start(CUTTER, CUTTER_WIRE, folders, ONE_THREAD)
    pieces: list[Piece] = []
    try:
        await child.send(order)
        while True:
            match await child.receive(_STALL_SECONDS):
                case PieceMade(number, start, seconds, _, digest):
                    pieces.append(Piece(number, start, seconds, digest))
                case CutProgress(done):
                    await progress(done)
                case AllCut(count) if count == len(pieces):
                    return pieces
                case Refused() as refused:
                    raise Rejected(Problem(ProblemCode(refused.code)), refused.detail)
                case answer:
                    raise fault_of(answer)
    finally:
        await child.kill()


async def _samples(order: CutSamples) -> Sequence[bytes]:
    try:
        folder = str(Path(order.source).parent)
        child = await Child.start(CUTTER, CUTTER_WIRE, (folder, folder), ONE_THREAD)
        try:
            await child.send(order)
            answer = await child.receive(_STALL_SECONDS)
        finally:
            await child.kill()
    except (ChildDiedError, ChildStalledError):
        return []  # speakers are then named by piece
    if not isinstance(answer, Samples):
        return []
    files: list[bytes] = []
    at = 0
    for size in answer.sizes:
        files.append(answer.blob[at : at + size])
        at += size
    return files
