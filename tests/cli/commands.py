"""The command line in this process, and what it left in the database."""

import asyncio
from pathlib import Path
from urllib.parse import quote

from typer.testing import CliRunner

from bot.cli import app
from storage import open_store


async def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of one command."""
    done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    return done.exit_code, done.output


async def count_jobs(database: Path) -> int:
    """How many jobs a SQLite file holds."""
    store = await open_store(f"sqlite:///{quote(str(database))}")
    try:
        return sum((await store.count_by_state()).values())
    finally:
        await store.close()
