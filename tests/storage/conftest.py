"""One suite for every database: `store` is a fresh one, `reopen` opens it again."""

import asyncio
import itertools
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.ports.store import JobStore
from storage import open_store
from tests.storage.samples import KEY, Opener
from tests.support.machine import postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """The socket folder of a PostgreSQL server that is there for these tests only."""
    with postgres.running_or_left_out() as (_, home):
        yield home


def fresh_database(server: Path, template: str = "template1") -> str:
    """The URL of a new PostgreSQL database: an empty one, or a copy of `template`, which nobody may have open."""
    name = f"test{next(_numbers)}"
    folder = postgres.binaries()
    assert folder is not None
    subprocess.run([folder / "createdb", "-h", server, "-U", "postgres", "-T", template, name], check=True)
    return _url_of(server, name)


def _url_of(server: Path, name: str) -> str:
    return f"postgresql://postgres@/{name}?host={server}"


@pytest.fixture(scope="session")
def template(server: Path) -> str:
    """The name of a database with our schema and no rows: copying it takes half of what making the tables does."""
    folder = postgres.binaries()
    assert folder is not None
    subprocess.run([folder / "createdb", "-h", server, "-U", "postgres", "ours"], check=True)

    async def make_the_tables() -> None:
        await (await open_store(_url_of(server, "ours"))).close()

    asyncio.run(make_the_tables())
    return "ours"


@pytest.fixture
def postgres_url(server: Path) -> str:
    """The URL of an empty PostgreSQL database."""
    return fresh_database(server)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a file that does not exist yet, or of a PostgreSQL database that has our tables without a row."""
    if request.param == "postgres":
        return fresh_database(request.getfixturevalue("server"), request.getfixturevalue("template"))
    return f"sqlite:///{tmp_path}/jobs.db"


@pytest.fixture
async def reopen(url: str) -> AsyncIterator[Opener]:
    """Opens the database; what was opened is closed at the end."""
    async with AsyncExitStack() as stack:

        async def opener(
            key: bytes | None = None, *, exclusive: bool = True, old_keys: Sequence[bytes] = ()
        ) -> JobStore:
            store = await open_store(url, key, exclusive=exclusive, old_keys=old_keys)
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
