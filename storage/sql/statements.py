"""The named statements of `queries/*.sql`, as one database's driver wants them.

A statement begins with the line `-- name: NAME`. One text serves both databases; where they must differ, two
statements end in `_sqlite` and `_postgres`. A parameter is `:name`, a text filled in here `@name`. Every statement
gives rows: a change says what it changed by RETURNING.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from storage.sql.columns import JOB_CHANGED, JOB_COLUMNS

Dialect = Literal["sqlite", "postgres"]

_FOLDER = Path(__file__).with_name("queries")
_OTHER: dict[Dialect, str] = {"sqlite": "_postgres", "postgres": "_sqlite"}
_PARAMETER = re.compile(r"(?<![\w:]):(\w+)")
_HELD = """EXISTS (
        SELECT 1 FROM legal_hold WHERE (kind = 'job' AND ref = job.id) OR (kind = 'user' AND ref = job.user_id)
            OR (kind = 'channel' AND ref = job.channel_id)
    )"""
# The compare-and-set of `change_job`, the same in both databases.
_CHANGED_JOB = f"""UPDATE job SET
    {", ".join(f"{column} = :{column}" for column in JOB_CHANGED)},
    state = CASE WHEN deleted_at IS NOT NULL AND CAST(:is_final AS INTEGER) = 1 THEN 'deleted' ELSE :state END,
    due_at = CASE
        WHEN CAST(:due_at AS DOUBLE PRECISION) < 253402300799 AND :due_at > CAST(:now AS DOUBLE PRECISION)
            AND (wake_count <> :wake_count OR (lease_token <> '' AND wake_count <> wake_count_at_claim)) THEN :now
        ELSE :due_at
    END,
    cancel_by = CASE WHEN :sets_cancel_by = 1 THEN :cancel_by ELSE cancel_by END,
    lease_token = CASE WHEN :keep_lease = 1 THEN lease_token ELSE '' END,
    lease_until = CASE WHEN :keep_lease = 1 THEN lease_until ELSE 0 END,
    purged_at = NULL,
    revision = revision + 1
WHERE id = :id AND state = :source AND lease_token = :token
RETURNING state, due_at, cancel_by, deleted_at, wake_count, lease_token, revision"""  # noqa: S608 - of our own column names
_TEXTS = {
    "job_columns": ", ".join(JOB_COLUMNS),
    "job_values": ", ".join(f":{column}" for column in JOB_COLUMNS),
    "changed_job": _CHANGED_JOB,
    "held": _HELD,
}
_OWN_TEXTS: dict[Dialect, dict[str, str]] = {
    "sqlite": {
        "ids": "(SELECT value FROM json_each(:ids))",
        "now": "((julianday('now') - 2440587.5) * 86400.0)",
        "bytewise": "",
    },
    "postgres": {
        "ids": "(SELECT jsonb_array_elements_text(CAST(CAST(:ids AS TEXT) AS JSONB)))",
        "now": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)",
        "bytewise": 'COLLATE "C"',  # a database has the order of a language otherwise, in which ";" comes before ":"
    },
}


class Statement(NamedTuple):
    """A statement; for PostgreSQL also the names of its numbered parameters, in their order."""

    sql: str
    parameters: tuple[str, ...]


def statement(sql: str, dialect: Dialect) -> Statement:
    """A text with named parameters, for this database's driver."""
    if dialect == "sqlite":
        return Statement(sql, ())
    names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
    numbered = _PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", sql)
    return Statement(numbered.replace(" AS BLOB)", " AS BYTEA)"), names)


@cache
def statements(dialect: Dialect) -> Mapping[str, Statement]:
    """Statements by name; one that is there for this database only goes by its name without the ending."""
    texts = _TEXTS | _OWN_TEXTS[dialect]
    found: dict[str, Statement] = {}
    for path in sorted(_FOLDER.glob("*.sql")):
        _, *parts = re.split(r"(?m)^-- name: ", path.read_text(encoding="utf-8"))
        for part in parts:
            name, *lines = part.splitlines()
            if name.endswith(_OTHER[dialect]):
                continue
            sql = "\n".join(line for line in lines if line and not line.startswith("--")).rstrip(";")
            sql = re.sub(r"@(\w+)", lambda match: texts[match[1]], sql)
            found[name.removesuffix(f"_{dialect}")] = statement(sql, dialect)
    return found
