"""Processes seen from outside, through /proc, and ports for those that tests start."""

import asyncio
import itertools
import os
import socket
from collections.abc import Callable
from pathlib import Path

# Below the range that the kernel gives to outgoing connections, which would take one; a part for each worker of a run,
# as a bot that a test has killed for a moment must not find another test's bot at its port.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
_COUNT = 2_000
_FIRST = 16_000 + _WORKER * _COUNT
_numbers = itertools.count(os.getpid() * 211)  # runs that are under way beside each other begin apart


def children(pid: int | None = None) -> list[int]:
    """Living children of a process (ours by default), zombies left out."""
    found: list[int] = []
    for task in Path(f"/proc/{pid or os.getpid()}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return [child for child in found if alive(child)]


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until the condition holds; the limit is a failure."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is outside this process
            await asyncio.sleep(0.01)


async def environment(pid: int) -> bytes:
    """The environment that a process was started with.

    It is empty until the kernel has set up the new program's stack, which is a moment after exec has closed the pipe
    that a parent waits for: so an empty one is read again.
    """
    path = Path(f"/proc/{pid}/environ")
    await until(path.read_bytes)
    return await asyncio.to_thread(path.read_bytes)


def commands(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def free_port() -> int:
    """A port that nobody listens on, and that is given to nobody else in this process."""
    for number in itertools.islice(_numbers, _COUNT):
        with socket.socket() as probe:
            try:
                probe.bind(("", _FIRST + number % _COUNT))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")
