"""The audio child: `python -m bot.audio.worker` looks at files and converts them, one request after the other."""

import contextlib
import errno
import resource

import av

from bot.audio.channel import Channel
from bot.audio.messages import AUDIO_WIRE, Probe, Refused, Step, Transcode
from bot.audio.probing import look
from bot.audio.transcoding import transcode
from bot.domain.errors import ProblemCode

_NICENESS = 5  # the event loop goes first


def main() -> None:
    """Serve until the parent hangs up."""
    channel = Channel(AUDIO_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what people said
    for request in channel.requests():
        match request:
            case Probe():
                channel.send(look(request))
            case Transcode():
                try:
                    channel.send(transcode(request, lambda done: channel.send(Step(done))))
                except OSError as error:
                    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                        raise
                    channel.send(Refused(ProblemCode.NO_SPACE.value, "the disk filled up while converting"))


if __name__ == "__main__":
    main()
