"""Everything durable: `open_store(url)` gives the port's `JobStore` over SQLite or PostgreSQL."""

from collections.abc import Sequence

from bot.ports.store import JobStore
from storage.engines.address import open_database
from storage.seal import Seal
from storage.store import Store

__all__ = ["open_store"]


async def open_store(
    url: str, key: bytes | None = None, *, exclusive: bool = True, old_keys: Sequence[bytes] = ()
) -> JobStore:
    """Open the database of a URL and bring its schema up to date.

    `sqlite:///relative.db` and `sqlite:////absolute.db` are files that one process has to itself; commands that
    run beside it say `exclusive=False` and may read and make small writes, but not change the schema.
    `postgresql://…` is shared by design. `key` (32 bytes) seals content, and what was sealed with `old_keys` can
    still be read. Raises `StoreBusy`, `SchemaTooNew`, `StoreUnavailable`, or another `StoreError` for a wrong key.
    """
    seal = Seal([key, *old_keys] if key is not None else ())
    store = Store(await open_database(url, exclusive), seal)
    try:
        await store.check_whole()
        await store.check_key()
    except BaseException:  # raised again: nobody else can close the store
        await store.close()
        raise
    return store
