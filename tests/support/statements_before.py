"""Writes the PostgreSQL statements of this version, for the tests of the next one: run it at each release."""

import json
from pathlib import Path

from storage.sql.migrate import newest_known
from storage.sql.statements import Statement, statements

FILE = Path(__file__).parents[1] / "storage" / "engines" / "statements-before.json"


def before() -> tuple[int, dict[str, Statement]]:
    """The schema that the version before knew, and its statements by name."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    found = {name: Statement(sql, tuple(parameters)) for name, (sql, parameters) in kept["statements"].items()}
    return int(kept["schema"]), found


def write() -> None:
    """Keep those of this version."""
    kept = {"schema": newest_known(), "statements": dict(sorted(statements("postgres").items()))}
    FILE.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
