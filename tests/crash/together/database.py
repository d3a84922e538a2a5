"""What can happen to a PostgreSQL server while the bot uses it: stopped, paused, its connections cut."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import asyncpg

from tests.support.machine import postgres
from tests.support.machine.processes import children

ACTS = ("fast", "immediate", "pause", "cut")


class Database:
    """A server of `postgres.running`, and one database of it."""

    def __init__(self, folder: Path, home: Path, name: str) -> None:
        self._folder = folder
        self._home = home
        self.url = f"postgresql://postgres@/{name}?host={home}"

    async def suffer(self, act: str, seconds: float) -> None:
        """Let one of `ACTS` happen; a stop or a pause lasts this long. The server works when this returns."""
        if act == "cut":
            await self.cut()
        elif act == "pause":
            await self.pause(seconds)
        else:
            await self.restart(act, seconds)

    async def restart(self, mode: str, seconds: float) -> None:
        """Stop the server, `fast` or `immediate`, and start it again after this many seconds."""
        await asyncio.to_thread(postgres.stop, self._folder, self._home, mode)
        try:
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(postgres.start, self._folder, self._home)

    async def pause(self, seconds: float) -> None:
        """Let every process of the server stand still, as a host does that is suspended."""
        main = int((self._home / "data" / "postmaster.pid").read_text().split()[0])
        pids = [main, *children(main)]
        self._signal(pids, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._signal(pids, signal.SIGCONT)

    def _signal(self, pids: list[int], number: signal.Signals) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # a session that has ended meanwhile
                os.kill(pid, number)

    async def cut(self) -> None:
        """End every other connection to this database."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
