"""A command's own look into the database, beside a running bot."""

import asyncio
from collections.abc import Awaitable, Callable

import typer

from bot.clock import SystemClock
from bot.domain.errors import StoreError
from bot.ports.store import JobStore
from bot.settings import Settings
from storage import open_store


def with_store(settings: Settings, act: Callable[[JobStore], Awaitable[int]]) -> int:
    """Open the store, act, close it; 1 with a sentence when the database cannot be used."""

    async def run() -> int:
        store = await open_store(
            settings.database_url, settings.sealing_key, exclusive=False, old_keys=settings.old_keys
        )
        try:
            return await act(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StoreError as error:
        typer.echo(f"threadscribe: {error}", err=True)
        return 1


async def database_time(store: JobStore) -> float:
    """Unix seconds by the clock that all processes of this database share. Raises `StoreError`."""
    now = SystemClock().now()
    return now + await store.clock_offset(now)
