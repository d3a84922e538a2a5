"""The named statements of `queries.sql`, as one database's driver wants them."""

from pathlib import Path
from typing import Literal

import aiosql

Dialect = Literal["sqlite", "postgres"]

_QUERIES = Path(__file__).with_name("queries.sql")
_DRIVER = {"sqlite": "sqlite3", "postgres": "asyncpg"}
_OTHER: dict[Dialect, str] = {"sqlite": "_postgres", "postgres": "_sqlite"}


def statements(dialect: Dialect) -> dict[str, str]:
    """SQL by name; a statement that is there for this database only goes by its name without the ending."""
    queries = aiosql.from_path(_QUERIES, _DRIVER[dialect])
    found: dict[str, str] = {}
    for name in queries.available_queries:
        sql = getattr(queries, name).sql
        if not name.endswith(("_cursor", _OTHER[dialect])):  # aiosql gives each query a second, cursor form
            found[name.removesuffix(f"_{dialect}")] = str(sql)
    return found
