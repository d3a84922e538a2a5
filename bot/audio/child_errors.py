"""What an exception in a child that decodes audio means: an unusable file, a full disk, or a fault of ours."""

import errno
import traceback

import av

from bot.audio.decoding.reading import UnusableAudio
from bot.audio.messages import Failed, Refused
from bot.domain.errors import ProblemCode

_TRACEBACK_KEPT = 8000  # characters


def answer_to(error: Exception, unreadable: ProblemCode) -> Refused | Failed:
    """The child's answer; `unreadable` is the problem where FFmpeg objects to the file without saying more.

    What is not known to be the file's fault is ours: it is never told to a person as a damaged file.
    """
    match error:
        case UnusableAudio():
            return Refused(error.code.value, error.detail)
        case MemoryError():  # FFmpeg's or Python's, at the limit of `confine`
            detail = f"{type(error).__name__}: more memory than any recording needs"
            return Refused(ProblemCode.NOT_CONVERTIBLE.value, detail)
        case FileNotFoundError() | PermissionError():  # a path of ours, or `confine`
            return _ours(error)
        case av.FFmpegError():  # what FFmpeg objects to is in the file
            return Refused(unreadable.value, type(error).__name__)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Refused(ProblemCode.NO_SPACE.value, "the disk filled up")
        case _:
            return _ours(error)


def _ours(error: Exception) -> Failed:
    return Failed(type(error).__name__, "".join(traceback.format_exception(error))[-_TRACEBACK_KEPT:])
