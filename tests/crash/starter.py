"""Starts the bot many times a minute: a process that has imported everything, and forks at each start.

What runs in the child is `bot.failpoints.__main__.main()`, from its first line; only the imports (two seconds of
processor time) are shared. Orders come as JSON lines on standard input, what happens goes out as JSON lines.
"""

import asyncio
import contextlib
import importlib
import json
import os
import select
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
ENTRY = "bot.failpoints.__main__"


def _serve() -> None:
    """The forking process's own loop."""
    running: dict[int, int] = {}
    waiting = ""
    for name in (ENTRY, "tests.crash.broken_bots", "bot.app", "bot.cli.serve"):
        importlib.import_module(name)
    _tell({"ready": True})
    while True:
        readable, _, _ = select.select([0], [], [], 0.02)
        if readable:
            got = os.read(0, 1 << 20).decode()
            if not got:
                break
            waiting += got
            *lines, waiting = waiting.split("\n")
            for line in lines:
                order = json.loads(line)
                pid = _fork(order)
                running[pid] = order["number"]
                _tell({"number": order["number"], "pid": pid})
        while running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            _tell({"number": running.pop(pid), "code": os.waitstatus_to_exitcode(status)})
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def _tell(fact: Mapping[str, object]) -> None:
    os.write(1, (json.dumps(fact) + "\n").encode())


def _fork(order: Mapping[str, object]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open(os.devnull, os.O_RDWR)
        for old, new in ((null, 0), (null, 1), (log, 2)):
            os.dup2(old, new)
        os.chdir(str(order["directory"]))
        environment = order["environment"]
        assert isinstance(environment, dict)
        os.environ.clear()
        os.environ.update(environment)
        os.setsid()
        code = importlib.import_module(str(order["entry"])).main()
    finally:
        os._exit(code)


@dataclass(eq=False)
class Started:
    """A bot that runs, or has run."""

    log: Path
    pid: int = 0
    code: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal, unless it has ended."""
        if self.code is None and self.pid:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and we are about to be told
                os.kill(self.pid, number)

    def written(self) -> str:
        """All that it has written to standard error."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class Starter:
    """The forking process, as its user sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._bots: dict[int, Started] = {}
        self._reader = asyncio.create_task(self._read())
        self._ready = asyncio.Event()

    @classmethod
    async def open(cls) -> Self:
        """Start it; it takes its orders once it has imported everything."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.crash.starter",
            cwd=ROOT,
            env={**kept, "PYTHONPATH": str(ROOT)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return cls(process)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            fact = json.loads(line)
            if "ready" in fact:
                self._ready.set()
                continue
            bot = self._bots[fact["number"]]
            if "pid" in fact:
                bot.pid = fact["pid"]
                bot.begun.set()
            else:
                bot.code = fact["code"]
                bot.ended.set()

    async def start(self, directory: Path, environment: Mapping[str, str], log: Path, entry: str = ENTRY) -> Started:
        """Fork a bot. `log` gets its standard error."""
        await asyncio.wait_for(self._ready.wait(), 120)
        bot = Started(log)
        number = len(self._bots)
        self._bots[number] = bot
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        order = {
            "number": number,
            "directory": str(directory),
            "environment": {**kept, "PYTHONPATH": str(ROOT), **environment},
            "log": str(log),
            "entry": entry,
        }
        assert self._process.stdin is not None
        self._process.stdin.write((json.dumps(order) + "\n").encode())
        await bot.begun.wait()
        return bot

    async def close(self) -> None:
        """End it and every bot of its."""
        for bot in self._bots.values():
            bot.kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        await self._reader


if __name__ == "__main__":
    _serve()
