"""The cutting child: `python -m bot.providers.openai.child_main SOURCES PIECES` cuts a recording.

It can read the folder `SOURCES`, and write the folder `PIECES`.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from bot.audio.child_errors import answer_to
from bot.audio.decoding import cutting
from bot.audio.decoding.lengths import longest
from bot.audio.decoding.reading import AudioReader
from bot.audio.messages import Failed, Refused
from bot.domain.errors import ProblemCode
from bot.providers.openai.messages import CUTTER_WIRE, AllCut, CutFile, CutProgress, CutSamples, PieceMade, Samples
from bot.subprocesses.channel import Channel
from bot.subprocesses.confinement import confine, limit_work

_NICENESS = 5  # the event loop goes first
_MEMORY = 2 * 1024**3  # bytes, beside the libraries: a piece can have an hour and is held several times over
_SECONDS = 120.0  # of processor, for any recording
_SLOWEST = 5.0  # seconds of sound that the slowest machine cuts in one
_PROGRESS_SECONDS = 30.0  # of the recording between two reports


def main() -> None:
    """Serve until the parent hangs up."""
    sources, pieces = map(Path, sys.argv[1:3])
    confine([sources], [pieces], memory=_MEMORY)
    channel = Channel(CUTTER_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    for request in channel.requests():
        channel.send(answer(request, channel.send))


def answer(request: object, send: Callable[[object], None]) -> AllCut | Samples | Refused | Failed:
    """Do what is asked; an exception that is not about the file becomes `Failed`."""
    try:
        if isinstance(request, CutFile):
            return _cut(request, send)
        if isinstance(request, CutSamples):
            return _samples(request)
    except Exception as error:  # each has its answer, so that a bug is reported as one and not as a damaged file
        return answer_to(error, ProblemCode.CORRUPT)
    return Failed("TypeError", f"{type(request).__name__} is not a request")


def piece_name(number: int, extension: str) -> str:
    """The file name of a piece."""
    return f"{number:05}.{extension}"


def _cut(request: CutFile, send: Callable[[object], None]) -> AllCut | Refused:
    folder, source, count = Path(request.folder), Path(request.source), 0
    most = longest(source.stat().st_size, request.seconds)
    limit_work(_SECONDS + most / _SLOWEST)
    with AudioReader(source, cutting.RATE, most) as reader:
        total = request.seconds or reader.announced

        def samples() -> Iterator[cutting.Samples]:
            reported = 0.0
            for part in reader.pieces():
                if total and reader.seconds - reported >= _PROGRESS_SECONDS:
                    reported = reader.seconds
                    send(CutProgress(min(1.0, reported / total)))
                yield part

        for piece in cutting.cut(samples(), request.longest, request.shortest):
            path = folder / piece_name(piece.number, request.extension)
            cutting.write_piece(path, piece.samples)
            content = path.read_bytes()
            seconds = len(piece.samples) / cutting.RATE
            digest = hashlib.sha256(content).hexdigest()
            send(PieceMade(piece.number, piece.start, seconds, len(content), digest))
            count += 1
    if reader.overlong:
        return Refused(ProblemCode.TOO_LONG.value, f"more than {most:.0f} s")
    if not count:
        return Refused(ProblemCode.CORRUPT.value, f"{reader.skipped} bad packets, no sound")
    return AllCut(count)


def _samples(request: CutSamples) -> Samples:
    with AudioReader(Path(request.source), cutting.RATE) as reader:
        whole = np.concatenate(list(reader.pieces()))
    files: list[bytes] = []
    with tempfile.TemporaryDirectory(dir=Path(request.source).parent) as folder:
        for start, end in request.spans:
            path = Path(folder) / "sample.wav"
            cutting.write_piece(path, whole[int(start * cutting.RATE) : int(end * cutting.RATE)])
            files.append(path.read_bytes())
    return Samples([len(file) for file in files], b"".join(files))


if __name__ == "__main__":
    main()
