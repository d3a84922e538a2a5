"""The bot as its operator runs it: a process with an environment, a log and an exit code."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[3]
START_SECONDS = 120.0
STOP_SECONDS = 20.0  # what the operator is promised


def base_environment(directory: Path) -> dict[str, str]:
    """What every process gets, and nothing of ours beside it: no token or setting of this shell can leak in."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "TERM": "dumb",
        "COLUMNS": "200",
        "ADMIN_PORT": "0",
    }


@dataclass
class Bot:
    """A process that runs. `lines` is all it wrote to standard error, its log included; `out` its standard output."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    @classmethod
    async def start(cls, directory: Path, environment: Mapping[str, str], *arguments: str, module: str = "bot") -> Self:
        """Run `python -m bot ARGUMENTS` in `directory`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            cwd=directory,
            env={**base_environment(directory), **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        bot = cls(process)
        assert process.stdout is not None
        assert process.stderr is not None
        for stream, lines in ((process.stdout, bot.out), (process.stderr, bot.lines)):
            bot._readers.append(asyncio.create_task(bot._read(stream, lines)))
        return bot

    async def _read(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        while line := await stream.readline():
            lines.append(line.decode("utf-8", "replace").rstrip("\n"))
            self._changed.set()
        self._changed.set()

    @property
    def log(self) -> list[dict[str, object]]:
        """The structured lines."""
        found = []
        for line in self.lines:
            if line.startswith("{"):
                record: object = json.loads(line)
                assert isinstance(record, dict)
                found.append(record)
        return found

    def events(self, name: str, **facts: object) -> list[dict[str, object]]:
        """The log's records of this name that have these facts."""
        wanted = {"event": name, **facts}
        return [record for record in self.log if wanted.items() <= record.items()]

    def reached(self, point: str) -> int:
        """How often a failpoint was reached, where they are traced."""
        return self.lines.count(f"failpoint {point}")

    @property
    def ended(self) -> bool:
        return all(reader.done() for reader in self._readers)

    async def until(self, condition: Callable[[], object], timeout: float = 60.0) -> None:
        """Wait for something in what the process writes. Fails when it ends before."""
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    self._changed.clear()
                    assert not self.ended, f"the bot ended: {self.lines[-20:]}"
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"never came: {self.lines[-20:]}") from None

    async def ready(self) -> int:
        """Wait until it serves; its port."""
        await self.until(lambda: self.events("ready"), START_SECONDS)
        port = self.events("ready")[0]["port"]
        assert isinstance(port, int)
        return port

    @property
    def admin(self) -> str:
        """The address of the operator's routes."""
        return f"http://127.0.0.1:{self.events('ready')[-1]['admin_port']}"

    def signal(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def ends(self, timeout: float = 120.0) -> int:
        """Wait for its end and the end of what it writes; the exit code (negative: the signal that killed it)."""
        try:
            async with asyncio.timeout(timeout):
                code = await self.process.wait()
                await asyncio.gather(*self._readers)
        except TimeoutError:
            raise AssertionError(f"it does not end: {self.lines[-20:]}") from None
        return code

    async def stop(self) -> int:
        """SIGTERM, as an operator or a container does."""
        self.signal(signal.SIGTERM)
        return await self.ends(3 * STOP_SECONDS)  # on a busy machine; a test of its own is about the promise

    async def close(self) -> None:
        """Whatever its state, it is gone afterwards."""
        self.signal(signal.SIGKILL)
        await self.ends()
