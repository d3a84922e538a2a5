"""Watches a process from inside it: how long each turn of its event loop takes, and how much memory it has.

A turn is what runs between two waits of the loop's selector. Two lengths are kept: by the wall, and by the wall without
the time in which the kernel had the thread wait for a processor (other programs on the machine). The second is the
stall a quiet machine would show. A sampler thread writes one JSON line every
50 ms. Neither needs anything of the watched program.
"""

import asyncio
import json
import os
import selectors
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from selectors import SelectorKey

SAMPLE_SECONDS = 0.05
KIN_EVERY = 5  # samples between two looks for new child processes
PAGE = os.sysconf("SC_PAGESIZE")
NOTED_SECONDS = 0.005  # turns shorter than this are not looked at closely
FRESH_SECONDS = 0.002  # how old the kernel's figures may be at the beginning of a turn, and how wrong its length


@dataclass(slots=True)
class Turns:
    """The longest turns since the last sample, in seconds; written by the loop, taken by the sampler."""

    count: int = 0
    wall: float = 0.0
    net: float = 0.0


class WatchedSelector(selectors.DefaultSelector):
    """The loop's own selector, which notes how long the loop was away from it."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns = turns
        self._left = 0.0
        self._read_at = 0.0
        self._delay = 0
        try:  # the main thread's time on a processor, its time waiting for one, and how often it got one
            self._schedstat = os.open("/proc/self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._schedstat = -1

    def _waited(self) -> int:
        return 0 if self._schedstat < 0 else int(os.pread(self._schedstat, 64, 0).split()[1])

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """As the selector does."""
        turns = self._turns
        if self._left:
            wall = time.perf_counter() - self._left
            turns.count += 1
            if wall > NOTED_SECONDS:
                turns.wall = max(turns.wall, wall)
                turns.net = max(turns.net, wall - (self._waited() - self._delay) / 1e9)
        events = super().select(timeout)
        self._left = time.perf_counter()
        if self._left - self._read_at > FRESH_SECONDS:  # a system call: not in every turn
            self._delay, self._read_at = self._waited(), self._left
        return events


class WatchedPolicy(asyncio.DefaultEventLoopPolicy):
    """Gives loops with a watched selector."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self._turns_watched = turns

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A loop."""
        return asyncio.SelectorEventLoop(WatchedSelector(self._turns_watched))


def rss(pid: int | str = "self") -> int:
    """Resident bytes of a process; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    try:
        tasks = [task.name for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return found
    for task in tasks:
        try:
            children = Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        except OSError:
            continue
        for child in map(int, children):
            found += [child, *descendants(child)]
    return found


def watch(trace: Path) -> None:
    """Watch this process from now on; samples go to `trace`."""
    turns = Turns()
    asyncio.set_event_loop_policy(WatchedPolicy(turns))
    threading.Thread(target=_sample, args=(trace, turns), name="sampler", daemon=True).start()


def _sample(trace: Path, turns: Turns) -> None:
    me, number = os.getpid(), 0
    found: list[int] = []
    with trace.open("w", encoding="ascii", buffering=1) as out:
        while True:
            if number % KIN_EVERY == 0:  # looking for them costs more than all the rest
                found = descendants(me)
            number += 1
            children = sum(rss(child) for child in found)
            count, wall, net = turns.count, turns.wall, turns.net
            turns.count, turns.wall, turns.net = 0, 0.0, 0.0
            out.write(
                json.dumps([time.time(), rss(), children, time.process_time(), count, wall, net]) + "\n",
            )
            time.sleep(SAMPLE_SECONDS)


def main() -> None:
    """`python -m bench.processes.watching TRACE MODULE [ARGUMENTS]`: run a module as the program, watched."""
    import runpy

    trace, module, *arguments = sys.argv[1:]
    watch(Path(trace))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
