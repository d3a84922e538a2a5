"""The engine's child: `python -m bot.providers.local.child_main MODEL THREADS DEVICE COMPUTE_TYPE CACHE ROOT`.

The files lie below `ROOT`. Once the model is loaded (and downloaded, where it has to be) nothing else can be read.
"""

import ctypes
import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import av

from bot.audio.decoding.reading import UnusableAudio
from bot.domain.errors import ProblemCode
from bot.providers.local.messages import (
    ENGINE_WIRE,
    Done,
    ModelUnusable,
    NameSpeakers,
    ProgressReport,
    Ready,
    SelfTest,
    Transcribe,
    Unusable,
)
from bot.providers.local.recognition.blocks import Recording
from bot.subprocesses.channel import Channel
from bot.subprocesses.confinement import confine

if TYPE_CHECKING:
    from bot.providers.local.recognition.listening import Listener

_NICENESS = 10  # the event loop goes first, however many cores the model takes
_trim: Callable[[int], int] | None = (
    getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
)
_OPEN_FILES = 3  # recordings of jobs that take turns; each holds up to a block of samples


def main() -> None:
    """Serve until the parent hangs up."""
    model, threads, device, compute_type, cache, root = sys.argv[1:7]
    channel = Channel(ENGINE_WIRE, niceness=_NICENESS)
    av.logging.set_level(av.logging.PANIC)
    # After the channel: a slow import must not outlive the parent.
    from bot.providers.local.recognition.listening import Listener

    try:
        listener = Listener(model, int(threads), device, compute_type, Path(cache))
        if listener.device == "cuda":
            listener.self_test()  # loads the card's libraries, which may lie where nothing can be read later
    except Exception as error:  # whatever keeps a model from loading, the operator has to fix it
        plain = isinstance(error, (ValueError, RuntimeError, OSError)) and str(error)  # a sentence of the library's
        channel.send(ModelUnusable((plain or f"{type(error).__name__}: {error}")[:500]))
        return
    confine([Path(root), *model_places(Path(model))], memory=_memory(), devices=True)
    channel.send(Ready(listener.device))
    opened: OrderedDict[str, Recording] = OrderedDict()
    for request in channel.requests():
        match request:
            case Transcribe():
                _transcribe(request, opened, listener, channel)
            case NameSpeakers():
                channel.send(listener.name_speakers(request))
            case SelfTest():
                channel.send(listener.self_test())
        _give_back_memory()


def model_places(model: Path) -> set[Path]:
    """Where the files of a model's directory lie; those of the hub's cache are links to elsewhere."""
    return {model, *(file.resolve().parent for file in model.iterdir())} if model.is_dir() else set()


def _memory() -> int:
    """Bytes of this machine's memory: a process that maps more than that beside its model has gone astray."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _give_back_memory() -> None:
    """Have the system take back what was freed, so that the end of a long recording grows into what its blocks took.

    glibc keeps 65 of 390 MB after a block otherwise (mallopt(3) and malloc_trim(3)); other C libraries lack the call.
    """
    if _trim is not None:
        _trim(0)


def _transcribe(
    request: Transcribe, opened: "OrderedDict[str, Recording]", listener: "Listener", channel: Channel
) -> None:
    try:
        source = _opened(request, opened)
        block = source.block(request.number)
        total = source.total
        if block is None:
            opened.pop(request.path).close()
            if source.overlong:
                channel.send(Unusable(ProblemCode.TOO_LONG.value, f"more than {request.longest:.0f} s"))
            elif source.next:
                channel.send(Done(source.seconds, source.next))
            else:
                channel.send(Unusable(ProblemCode.CORRUPT.value, "no sound decodes"))
            return
        channel.send(ProgressReport(block.start, total))
        answer = listener.hear(block, source.separate, request, lambda at: channel.send(ProgressReport(at, total)))
    except (UnusableAudio, av.FFmpegError) as error:
        if broken := opened.pop(request.path, None):
            broken.close()  # another try may be with other audio in the same place
        if isinstance(error, UnusableAudio):
            channel.send(Unusable(error.code.value, error.detail))
        else:
            channel.send(Unusable(ProblemCode.CORRUPT.value, type(error).__name__))
    else:
        channel.send(answer)


def _opened(request: Transcribe, opened: "OrderedDict[str, Recording]") -> Recording:
    """The recording, positioned at or before the block that is asked for."""
    source = opened.get(request.path)
    if source is None or source.next > request.number:
        if source is not None:
            opened.pop(request.path).close()
        source = opened[request.path] = Recording(Path(request.path), request.longest)
    opened.move_to_end(request.path)
    while len(opened) > _OPEN_FILES:
        opened.popitem(last=False)[1].close()
    return source


if __name__ == "__main__":
    main()
