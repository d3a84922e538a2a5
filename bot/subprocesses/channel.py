"""The child's end of the pipes: requests come in, answers go out, and the child dies with its parent."""

import ctypes
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator

from bot.subprocesses.wire import HEAD, Wire, WireError, measure

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Channel:
    """Standard input and output as a conversation; anything a library prints goes to standard error instead.

    Make one at the very start of a child's `main`. When the parent closes its end (or is killed) the process
    ends at once, whatever it is computing.
    """

    def __init__(self, wire: Wire, niceness: int = 0) -> None:
        self._wire = wire
        self._in = os.fdopen(os.dup(0), "rb")
        self._out = os.fdopen(os.dup(1), "wb")
        with open(os.devnull, "rb") as null:
            os.dup2(null.fileno(), 0)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._requests: queue.SimpleQueue[object] = queue.SimpleQueue()
        _die_with_parent()
        if niceness and hasattr(os, "nice"):
            os.nice(niceness)
        threading.Thread(target=self._listen, name="requests", daemon=True).start()

    def requests(self) -> Iterator[object]:
        """Each request in the order of arrival, forever: the process ends when the parent closes the pipe."""
        while True:
            yield self._requests.get()

    def send(self, message: object) -> None:
        """Answer; safe from any thread. Ends the process when nobody listens any more."""
        frame = self._wire.encode(message)
        try:
            with self._lock:
                self._out.write(frame)
                self._out.flush()
        except OSError:
            os._exit(0)

    def _listen(self) -> None:
        try:
            while len(head := self._in.read(HEAD.size)) == HEAD.size:
                text, blob = measure(head)
                self._requests.put(self._wire.decode(self._in.read(text), self._in.read(blob)))
        except (OSError, WireError):
            os._exit(70)
        os._exit(0)


def _die_with_parent() -> None:
    # A kill -9 of the parent closes our pipe too, but a C library that holds the GIL would keep us from noticing.
    if sys.platform == "linux":
        parent = int(os.environ.get("THREADSCRIBE_PARENT", "0"))
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent and os.getppid() != parent:
            os._exit(0)
