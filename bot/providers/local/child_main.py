"""The engine's child: `python -m bot.providers.local.child_main MODEL THREADS ROOT` hears one file after the other.

The files lie below `ROOT`. Once the model is loaded (and downloaded, where it has to be) nothing else can be read.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av

from bot.audio.reading import UnusableAudio
from bot.domain.errors import ProblemCode
from bot.providers.local.blocks import RATE, Recording, cut
from bot.providers.local.messages import ENGINE_WIRE, BlockDone, Done, ProgressReport, Transcribe, Unusable
from bot.subprocesses.channel import Channel
from bot.subprocesses.confinement import confine

if TYPE_CHECKING:
    from bot.providers.local.transcribe import Transcriber

_NICENESS = 10  # the event loop goes first, however many cores the model takes


def main() -> None:
    """Serve until the parent hangs up."""
    model, threads, root = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    channel = Channel(ENGINE_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    from bot.providers.local.transcribe import (
        Transcriber,  # after the channel: a slow import must not outlive the parent
    )

    transcriber = Transcriber(model, threads)
    confine([root, *model_places(Path(model))], memory=_memory(), devices=True)
    for request in channel.requests():
        if isinstance(request, Transcribe):
            try:
                _listen(request, transcriber, channel)
            except UnusableAudio as error:
                channel.send(Unusable(error.code.value, error.detail))
            except av.FFmpegError as error:
                channel.send(Unusable(ProblemCode.CORRUPT.value, type(error).__name__))


def model_places(model: Path) -> set[Path]:
    """Where the files of a model's directory lie; those of the hub's cache are links to elsewhere."""
    return {model, *(file.resolve().parent for file in model.iterdir())} if model.is_dir() else set()


def _memory() -> int:
    """Bytes of this machine's memory: a process that maps more than that beside its model has gone astray."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _listen(request: Transcribe, transcriber: "Transcriber", channel: Channel) -> None:
    done = frozenset(request.done)
    language = request.language
    seconds, count = 0.0, 0
    with Recording(Path(request.path)) as recording:
        for block in cut(recording.samples()):
            number, count = block.number, block.number + 1
            seconds = block.start + len(block.samples) / RATE
            if number in done:
                continue
            channel.send(ProgressReport(number, block.start, recording.total))

            def reached(at: float, number: int = number) -> None:
                channel.send(ProgressReport(number, at, recording.total))

            answer = transcriber.transcribe_block(block, language, request.word_times, reached)
            language = language or answer.language
            channel.send(BlockDone(number, answer.segments, language))
    if count:
        channel.send(Done(seconds, count))
    else:
        channel.send(Unusable(ProblemCode.CORRUPT.value, "no sound decodes"))


if __name__ == "__main__":
    main()
