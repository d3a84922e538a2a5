"""The audio child: `python -m bot.audio.worker [FOLDER]` looks at files and converts them, one after the other.

It sees nothing of the disk but `FOLDER`, where the files to convert lie, and without one it can only look.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import av

from bot.audio.child_errors import answer_to
from bot.audio.convert import MOST_BYTES_PER_SECOND, transcode
from bot.audio.inspection import look
from bot.audio.messages import AUDIO_WIRE, Facts, Failed, Need, Probe, Refused, Step, Transcode, Transcoded
from bot.domain.errors import ProblemCode
from bot.subprocesses.channel import Channel
from bot.subprocesses.confinement import confine, limit_work

_NICENESS = 5  # the event loop goes first
_MEMORY = 768 * 1024 * 1024  # bytes, beside the libraries: the index of a film of many hours takes a tenth of it
_PROBE_SECONDS = 30.0  # of processor, for one look
_SPARE = 1024 * 1024  # bytes of output
_SECONDS = 120.0  # of processor, for any conversion
_SLOWEST = 5.0  # seconds of sound that the slowest machine converts in one; usual ones do hundreds


def main() -> None:
    """Serve until the parent hangs up."""
    confine(writable=[Path(folder) for folder in sys.argv[1:]], memory=_MEMORY)
    channel = Channel(AUDIO_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    for request in channel.requests():
        channel.send(answer(request, lambda done: channel.send(Step(done))))


def answer(request: object, step: Callable[[float], None]) -> Facts | Need | Refused | Transcoded | Failed:
    """Do what is asked; an exception that is not about the file becomes `Failed`."""
    try:
        if isinstance(request, Probe):
            limit_work(_PROBE_SECONDS)
            return look(request)
        if isinstance(request, Transcode):
            limit_work(_SECONDS + request.longest / _SLOWEST, int(request.longest * MOST_BYTES_PER_SECOND) + _SPARE)
            return transcode(request, step)
    except Exception as error:  # each has its answer, so that a bug is reported as one and not as a damaged file
        return answer_to(error, ProblemCode.NOT_CONVERTIBLE)
    return Failed("TypeError", f"{type(request).__name__} is not a request")


if __name__ == "__main__":
    main()
