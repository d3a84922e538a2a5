"""What a DATABASE_URL means."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from bot.domain.errors import StoreError
from storage.engines.sqlite import SQLite, open_sqlite
from storage.sql.migrate import known_migrations
from storage.sql.statements import Statement

if TYPE_CHECKING:
    from storage.engines.postgres import Postgres

PROGRAM = "threadscribe"  # the name of our connections to PostgreSQL


def sqlite_file(url: str) -> Path | None:
    """The file of a URL, or None for PostgreSQL. Raises `StoreError` for a URL of another kind."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and (name := unquote(rest[1:])) and "\0" not in name:
        return Path(name)
    if separator and scheme in ("postgresql", "postgres"):
        return None
    raise StoreError("DATABASE_URL must be sqlite:///file.db, sqlite:////absolute/file.db or postgresql://….")


async def open_database(
    url: str, exclusive: bool, more: Mapping[str, Statement] | None = None, program: str = PROGRAM
) -> "SQLite | Postgres":
    """Open the database of a URL. With `more` statements it is for maintenance, and without bounds of time.

    Raises `StoreError`.
    """
    file = sqlite_file(url)
    if file is not None:
        return await open_sqlite(file, known_migrations(), exclusive, more)
    from storage.engines.postgres import open_postgres  # an extra: asyncpg need not be there for SQLite

    return await open_postgres(url, known_migrations(), exclusive, more, program, bounded=more is None)


def without_password(url: str) -> str:
    """A URL that opens a database, as it may be shown."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if ":" in user:
        user = f"{user.partition(':')[0]}:***"
    query = "&".join(_masked(pair) for pair in parts.query.split("&"))
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}", query=query)) if at or parts.query else url


def _masked(pair: str) -> str:
    """A parameter of a query; `password`, `sslpassword` and what else is one, without its value."""
    name, _, _ = pair.partition("=")
    return f"{name}=***" if "password" in unquote(name).lower() else pair
