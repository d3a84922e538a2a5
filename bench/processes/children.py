"""Child processes: the simulators, the bot and its rivals, each apart, so that what is measured is theirs alone."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes.watching import descendants, rss

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60.0
STOP_SECONDS = 15.0


def environment(**more: str) -> dict[str, str]:
    """What every process gets, and nothing of this shell's settings beside it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TERM": "dumb", **more}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Child:
    """A running process. Standard output comes by `line`; standard error is in the file `log`."""

    process: asyncio.subprocess.Process
    log: Path
    started: float
    ready_after: float = 0.0  # seconds from its start until it said that it serves

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def rss(self) -> int:
        """Resident bytes of the process alone."""
        return rss(self.pid)

    @property
    def rss_children(self) -> int:
        """Resident bytes of all processes below it."""
        return sum(rss(child) for child in descendants(self.pid))

    @property
    def cpu(self) -> float:
        """Processor seconds of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def line(self, timeout: float = START_SECONDS) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        async with asyncio.timeout(timeout):
            line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended: {self.said()}")
        return line.decode()

    async def until_log(self, word: str, timeout: float = START_SECONDS) -> float:
        """Seconds from its start until a word stood in its log."""
        async with asyncio.timeout(timeout):
            while word not in self.log.read_text(encoding="utf-8", errors="replace"):
                if self.process.returncode is not None:
                    raise RuntimeError(f"it ended: {self.said()}")
                await asyncio.sleep(0.005)
        return time.time() - self.started

    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> None:
        """End it as an operator would."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            await self.kill()


async def start(name: str, directory: Path, env: Mapping[str, str], *command: str) -> Child:
    """Start a program; its log is `directory/NAME.log`."""
    log = directory / f"{name}.log"
    number = 0
    while log.exists():
        number += 1
        log = directory / f"{name}-{number}.log"
    with log.open("wb") as errors:
        started = time.time()
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=directory,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=1 << 26,
        )
    return Child(process, log, started)


async def start_python(name: str, directory: Path, env: Mapping[str, str], module: str, *arguments: str) -> Child:
    """Start `python -m MODULE ARGUMENTS`."""
    return await start(name, directory, env, sys.executable, "-m", module, *arguments)


@asynccontextmanager
async def running(child: Child) -> AsyncGenerator[Child, None]:
    """A child that is gone at the end, whatever happens."""
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            await child.stop()


async def output(child: Child, timeout: float, fine: Sequence[int] = (0,)) -> str:
    """All that a program prints, once it has ended by itself with a status that is `fine`.

    Raises `RuntimeError` with its log if it failed, `TimeoutError` after `timeout` seconds.
    """
    assert child.process.stdout is not None
    async with running(child):
        async with asyncio.timeout(timeout):
            said = await child.process.stdout.read()
            status = await child.process.wait()
        if status not in fine:
            raise RuntimeError(f"it ended with {status}: {child.said()}")
        return said.decode()


async def result(name: str, directory: Path, module: str, *arguments: str, timeout: float = 900.0) -> dict[str, float]:
    """Run `python -m MODULE ARGUMENTS` to its end; the JSON object of its last line. Its log tells why it failed."""
    child = await start_python(name, directory, environment(), module, *arguments)
    found = json.loads((await output(child, timeout)).splitlines()[-1])
    assert isinstance(found, dict)
    return found


async def until(condition: Callable[[], bool], timeout: float, what: str, pause: float = 0.02) -> None:
    """Wait for something in a file or another process."""
    try:
        async with asyncio.timeout(timeout):
            while not condition():  # noqa: ASYNC110 - it is another process that changes it
                await asyncio.sleep(pause)
    except TimeoutError:
        raise TimeoutError(f"{what}: not after {timeout:.0f} s") from None
