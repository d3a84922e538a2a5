"""The engine's child: `python -m bot.providers.local.child_main MODEL THREADS` listens to one file after the other."""

import contextlib
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av

from bot.audio.reading import UnusableAudio
from bot.domain.errors import ProblemCode
from bot.providers.local.blocks import RATE, Recording, cut
from bot.providers.local.messages import ENGINE_WIRE, BlockDone, Done, ProgressReport, Transcribe, Unusable
from bot.subprocesses.channel import Channel

if TYPE_CHECKING:
    from bot.providers.local.transcribe import Transcriber

_NICENESS = 10  # the event loop goes first, however many cores the model takes


def main() -> None:
    """Serve until the parent hangs up."""
    model, threads = sys.argv[1], int(sys.argv[2])
    channel = Channel(ENGINE_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what people said
    from bot.providers.local.transcribe import (
        Transcriber,  # after the channel: a slow import must not outlive the parent
    )

    transcriber = Transcriber(model, threads)
    for request in channel.requests():
        if isinstance(request, Transcribe):
            try:
                _listen(request, transcriber, channel)
            except UnusableAudio as error:
                channel.send(Unusable(error.code.value, error.detail))
            except av.FFmpegError as error:
                channel.send(Unusable(ProblemCode.CORRUPT.value, type(error).__name__))


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
