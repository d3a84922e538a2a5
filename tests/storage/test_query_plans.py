"""Every statement that runs often finds its rows by an index, with and without statistics."""

import re
import sqlite3
from collections.abc import Iterator

import pytest

from bot.domain.machine import FAR_FUTURE
from storage.sql.migrate import REGISTER, known_migrations
from storage.sql.statements import statements

SQL = {name: statement.sql for name, statement in statements("sqlite").items()}

# Statement, the index that must appear, and nothing else that scans a table.
EXPECTED = [
    ("claim_due", "job_queue"),
    ("claim_of_person", "job_turn"),
    ("rouse_turns", "turn_resting"),
    ("next_turn", "turn_ready"),
    ("serve_turn", "turn_served"),
    ("rest_turn", "job_turn"),
    ("next_due", "job_queue"),
    ("next_due", "job_leased"),
    ("release_all", "job_leased"),
    ("parked_jobs", "job_parked"),
    ("job_by_ref", "job_remote"),
    ("job_by_hook_token", "job_hook"),
    ("job_of_origin", "job_place"),
    ("jobs_of_message", "job_message"),
    ("jobs_of_file", "job_place"),
    ("jobs_in_state", "job_state"),
    ("jobs_of_user", "job_user"),
    ("jobs_of_channel", "job_channel"),
    ("count_ahead", "job_queue"),
    ("count_by_state", "job_state"),
    ("oldest_in_state", "job_state"),
    ("find_reusable", "job_place"),
    ("jobs_to_purge", "job_kept"),
    ("purge_transcript", "job_reuses"),
    ("purge_inbox_of", "inbox_ref"),
    ("purge_inbox", "inbox_received"),
    ("outbox_to_verify", "outgoing_verify"),
    ("outbox_of_job", "outgoing_job"),
    ("naming", "sqlite_autoindex_naming_1"),
    ("forget_used_inbox", "inbox_received"),
    ("inbox_for", "inbox_ref"),
    ("use_inbox_for", "inbox_ref"),
    ("inbox_due", "inbox_due"),
    ("events", "sqlite_autoindex_job_event_1"),
    ("blocks", "sqlite_autoindex_block_1"),
    ("pieces", "sqlite_autoindex_piece_1"),
    ("piece_answered", "sqlite_autoindex_piece_1"),
    ("latency", "sqlite_autoindex_latency_1"),
    ("put_said_of_shares", "said_source"),
    ("forget_said", "sqlite_autoindex_said_1"),
    ("share_said", "sqlite_autoindex_said_1"),
    ("search_said", "sqlite_autoindex_job_1"),
    ("sealed_said", "sqlite_autoindex_transcript_1"),
    ("transcripts_after", "sqlite_autoindex_transcript_1"),
    ("use_of_user", "job_user"),
]
# Tables of one row, or as many rows as there are keys or migrations.
SMALL = {"seal_keys", "beat", "schema_number"}
# These read a whole index on purpose.
WHOLE_INDEX = {"count_by_state", "release_all"}


@pytest.fixture(params=["no statistics", "statistics"])
def db(request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(REGISTER + ";" + "".join(migration.sql for migration in known_migrations()))
    if request.param == "statistics":
        connection.execute("ANALYZE")
    yield connection
    connection.close()


def plan(db: sqlite3.Connection, name: str) -> list[str]:
    """SQLite's plan, a line for each step."""
    sql = SQL[name]
    values = dict.fromkeys(re.findall(r"(?<![:\w']):(\w+)", sql))
    return [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql, values)]


@pytest.mark.parametrize(("name", "index"), EXPECTED)
def test_a_statement_finds_its_rows_by_the_index_made_for_it(db: sqlite3.Connection, name: str, index: str) -> None:
    steps = plan(db, name)
    assert any(f"INDEX {index}" in step for step in steps), steps


@pytest.mark.parametrize("name", sorted(SQL.keys() - SMALL))
def test_no_statement_scans_a_table_or_sorts_what_may_be_many(db: sqlite3.Connection, name: str) -> None:
    steps = plan(db, name)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    scans = [step for step in steps if any(re.match(rf"SCAN {table}\b", step) for table in tables)]
    scans = [step for step in scans if "VIRTUAL TABLE INDEX" not in step]  # how a full-text index is asked
    if name in WHOLE_INDEX:
        scans = [step for step in scans if "INDEX" not in step]
    assert not scans, steps
    if name in {"claim_due", "claim_of_person", "next_turn", "next_due", "jobs_in_state", "jobs_of_user"}:
        assert not any("TEMP B-TREE" in step for step in steps), steps


def test_the_far_future_of_the_schema_is_that_of_the_domain() -> None:
    text = "".join(SQL.values()) + "".join(migration.sql for migration in known_migrations())
    assert set(re.findall(r"\b\d{9,}\b", text)) == {f"{FAR_FUTURE:.0f}"}


def test_both_databases_know_the_same_statements() -> None:
    assert SQL.keys() == statements("postgres").keys()
    assert not [name for name in SQL if name.endswith(("_sqlite", "_postgres"))]
