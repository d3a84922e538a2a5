"""The audio child: `python -m bot.audio.worker` looks at files and converts them, one request after the other."""

import contextlib
import errno
import resource
import traceback
from collections.abc import Callable

import av

from bot.audio.convert import transcode
from bot.audio.inspection import look
from bot.audio.messages import AUDIO_WIRE, Facts, Failed, Need, Probe, Refused, Step, Transcode, Transcoded
from bot.domain.errors import ProblemCode
from bot.subprocesses.channel import Channel

_TRACEBACK_KEPT = 8000  # characters
_NICENESS = 5  # the event loop goes first


def main() -> None:
    """Serve until the parent hangs up."""
    channel = Channel(AUDIO_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what people said
    for request in channel.requests():
        channel.send(answer(request, lambda done: channel.send(Step(done))))


def answer(request: object, step: Callable[[float], None]) -> Facts | Need | Refused | Transcoded | Failed:
    """Do what is asked; an exception that is not about the file becomes `Failed`."""
    try:
        if isinstance(request, Probe):
            return look(request)
        if isinstance(request, Transcode):
            return transcode(request, step)
    except MemoryError as error:  # FFmpeg's or Python's, at the limit of `bot.subprocesses.confine`
        return Refused(
            ProblemCode.NOT_CONVERTIBLE.value, f"{type(error).__name__}: more memory than any recording needs"
        )
    except av.FFmpegError as error:  # what FFmpeg objects to is in the file
        return Refused(ProblemCode.NOT_CONVERTIBLE.value, type(error).__name__)
    except Exception as error:  # a bug in here must be reported as one, not as a damaged file
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Refused(ProblemCode.NO_SPACE.value, "the disk filled up while converting")
        return Failed(type(error).__name__, "".join(traceback.format_exception(error))[-_TRACEBACK_KEPT:])
    return Failed("TypeError", f"{type(request).__name__} is not a request")


if __name__ == "__main__":
    main()
