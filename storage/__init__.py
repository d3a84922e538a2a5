"""Everything durable: `open_store(url)` gives the port's `JobStore` over SQLite or PostgreSQL."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from bot.domain.errors import StoreError
from bot.ports.store import JobStore
from storage.migrations import known_migrations
from storage.seal import Seal
from storage.sqlite import open_sqlite
from storage.store import Store

__all__ = ["open_store"]


async def open_store(
    url: str, key: bytes | None = None, *, exclusive: bool = True, old_keys: Sequence[bytes] = ()
) -> JobStore:
    """Open the database of a URL and bring its schema up to date.

    `sqlite:///relative.db` and `sqlite:////absolute.db` are files that one process has to itself; commands that
    look in beside it say `exclusive=False` and may read and make small writes, but not change the schema.
    `postgresql://…` is shared by design. `key` (32 bytes) seals content, and what was sealed with `old_keys` can
    still be read. Raises `StoreBusy`, `SchemaTooNew`, `StoreUnavailable`, or another `StoreError` for a wrong key.
    """
    seal = Seal([key, *old_keys] if key is not None else ())
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        store = Store(await open_sqlite(Path(unquote(rest[1:])), known_migrations(), exclusive), seal)
    elif separator and scheme in ("postgresql", "postgres"):
        from storage.postgres import open_postgres  # an extra: asyncpg need not be there for SQLite

        store = Store(await open_postgres(url, known_migrations(), exclusive), seal)
    else:
        raise StoreError("DATABASE_URL must be sqlite:///file.db, sqlite:////absolute/file.db or postgresql://….")
    try:
        await store.check_key()
        if exclusive:
            await store.index_missing()
    except BaseException:
        await store.close()
        raise
    return store
