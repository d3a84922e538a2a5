"""One suite for every database: `store` is a fresh one, `place` opens it again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.ports.store import JobStore
from storage import open_store
from tests.storage.samples import KEY, Opener


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that does not exist yet."""
    return f"sqlite:///{tmp_path}/jobs.db"


@pytest.fixture
async def reopen(url: str) -> AsyncIterator[Opener]:
    """Opens the database; what was opened is closed at the end."""
    async with AsyncExitStack() as stack:

        async def opener(key: bytes | None = None, **how: bool) -> JobStore:
            store = await open_store(url, key, **how)
            stack.push_async_callback(store.close)
            return store

        yield opener


@pytest.fixture
async def store(reopen: Opener) -> JobStore:
    """An empty store, unsealed."""
    return await reopen()


@pytest.fixture
async def sealed(reopen: Opener) -> JobStore:
    """An empty store with a key."""
    return await reopen(KEY)
