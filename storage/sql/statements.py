"""The named statements of `queries.sql`, as one database's driver wants them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import aiosql

Dialect = Literal["sqlite", "postgres"]

_QUERIES = Path(__file__).with_name("queries.sql")
_DRIVER = {"sqlite": "sqlite3", "postgres": "asyncpg"}
_OTHER: dict[Dialect, str] = {"sqlite": "_postgres", "postgres": "_sqlite"}


class Statement(NamedTuple):
    """A statement; for PostgreSQL also the names of its numbered parameters, in their order."""

    sql: str
    parameters: tuple[str, ...]


@cache
def statements(dialect: Dialect) -> Mapping[str, Statement]:
    """Statements by name; one that is there for this database only goes by its name without the ending."""
    queries = aiosql.from_path(_QUERIES, _DRIVER[dialect])
    numbered: Mapping[str, list[str]] = getattr(queries.driver_adapter, "var_sorted", {})
    found: dict[str, Statement] = {}
    for name in queries.available_queries:
        if not name.endswith(("_cursor", _OTHER[dialect])):  # aiosql gives each query a second, cursor form
            sql = str(getattr(queries, name).sql)
            found[name.removesuffix(f"_{dialect}")] = Statement(sql, tuple(numbered.get(name, ())))
    return found
