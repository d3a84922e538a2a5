"""Every statement that runs often finds its rows by an index, with and without statistics."""

import re
import sqlite3
from collections.abc import Iterator

import pytest

from bot.domain.job import State
from bot.domain.machine import FAR_FUTURE
from storage.sql.migrate import REGISTER, known_migrations
from storage.sql.statements import statements

SQL = {name: statement.sql for name, statement in statements("sqlite").items()}

# Statement, the index that must appear, and nothing else that scans a table.
EXPECTED = [
    ("claim_job", "job_queue"),
    ("claim_job", "job_turn"),
    ("claim_job", "fair_turn_ready"),
    ("ready_turns", "fair_turn_resting"),
    ("rest_turns", "fair_turn_ready"),
    ("rest_turns", "job_turn"),
    ("next_due", "job_queue"),
    ("release_all", "job_queue"),
    ("release_outbox", "outbox_claimed"),
    ("release_inbox", "inbox_claimed"),
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
    ("purge_transcripts", "job_reuses"),
    ("leftovers_to_purge", "transcript_stored"),
    ("jobs_to_purge_in_channel", "job_channel"),
    ("deleted_jobs_to_purge", "job_state"),
    ("claim_inbox", "inbox_due"),
    ("jobs_of_unknown_lane", "job_state"),
    ("audit", "sqlite_autoindex_audit_1"),
    ("newest_audit", "audit_channel"),
    ("purge_inbox_of", "inbox_ref"),
    ("purge_inbox", "inbox_received"),
    ("outbox_to_verify", "outbox_verify"),
    ("outbox_of_job", "outbox_job"),
    ("speaker_names", "sqlite_autoindex_speaker_names_1"),
    ("inbox_for", "inbox_ref"),
    ("inbox_due", "inbox_due"),
    ("events", "sqlite_autoindex_job_event_1"),
    ("blocks", "sqlite_autoindex_block_1"),
    ("pieces", "sqlite_autoindex_piece_1"),
    ("piece_answered", "sqlite_autoindex_piece_1"),
    ("latency", "latency_account"),
    ("trim_latency", "latency_account"),
    ("index_shares", "transcript_index_source"),
    ("purge_index", "sqlite_autoindex_transcript_index_1"),
    ("share_index", "sqlite_autoindex_transcript_index_1"),
    ("search_index", "sqlite_autoindex_job_1"),
    ("sealed_transcripts", "sqlite_autoindex_transcript_1"),
    ("use_of_user", "job_user"),
    ("purge_acts", "sqlite_autoindex_cursor_1"),
    ("teams_of_enterprise", "workspace_enterprise"),
    ("jobs_to_purge_in_workspace", "job_"),
]
# Tables of a few rows: keys, migrations, holds, channels that decide for themselves, work under way, workspaces.
SMALL = {
    *("processes", "purge_processes", "purge_pace", "budgets", "works_with"),
    *("release_tasks", "seal_keys", "beat", "schema_number", "channels_with_retention", "holds", "purge_tasks"),
    *("installations", "removed_installations", "workspaces", "workspaces_with_retention", "purge_oauth_states"),
}
# These read a whole index on purpose, or all that is under way.
WHOLE_INDEX = {"count_by_state", "release_all", "last_audit", "audit"}
UNDER_WAY = {"backlog", "drop_blocks_of_ended", "drop_pieces_of_ended", "discard_webhooks_of_ended"}
# What is deleted once, of a workspace that the app was removed from.
REMOVED = {"job_with_content", "all_jobs_to_purge_in_workspace", "purge_inbox_of_workspace"}
# An operator waits for these.
BY_HAND = {"jobs_to_erase"}
ROWS = 4_000


@pytest.fixture(scope="module", params=["empty", "filled", "filled, with statistics"])
def db(request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(REGISTER + ";" + "".join(m.sql + m.only_sqlite for m in known_migrations()))
    if request.param != "empty":
        fill(connection)
    if request.param == "filled, with statistics":
        connection.execute("ANALYZE")
    yield connection
    connection.close()


def fill(db: sqlite3.Connection) -> None:
    """Thousands of rows in each table: jobs that ended, of many users, and some of every other kind."""
    states = [state.value for state in State]
    for number in range(ROWS):
        state = states[number % len(states)] if number % 10 == 0 else "done"
        open_ = state not in ("done", "failed", "cancelled", "deleted", "parked")
        due_at = number if open_ else FAR_FUTURE
        place = (f"j{number}", "T1", f"F{number}", f"C{number % 50}", f"{number}.0", 1, "", f"{number}.0")
        person = (f"U{number % 90}", f"T1:U{number % 90}")
        work = (number, state, "xosum" if open_ else "slack", number % 3, number, due_at, b"\0x", "", "m4a", 1, "")
        rest = (1, "xosum", "xosum", 0, f"c{number}", f"h{number}", f"r{number}", 0.0, "", "")
        columns = (
            "id, team_id, file_id, channel_id, thread_ts, version, enterprise_id, message_ts, user_id, person, "
            "created_at, state, lane, rank, updated_at, due_at, file_name, file_mimetype, file_filetype, file_size, "
            "file_subtype, expected_audio, provider, account, attempts, client_ref, hook_token, remote_ref, "
            "waited_seconds, parked_for, cancel_by, reuses"
        )
        values = (*place, *person, *work, *rest, f"j{number - 1}" if number % 7 == 0 else "")
        db.execute(f"INSERT INTO job ({columns}) VALUES ({', '.join('?' * len(values))})", values)
        db.execute("INSERT INTO job_event VALUES (?, 1, 0, NULL, 'received', 'received', NULL)", (f"j{number}",))
        db.execute("INSERT INTO transcript VALUES (?, x'00', ?)", (f"j{number}", number))
        index = "INSERT INTO transcript_index (job_id, source, place, sealed, words) VALUES (?, ?, ?, ?, 'a b')"
        db.execute(index, (f"j{number}", f"j{number}", f"T1xC{number % 50}", number % 2))
        db.execute("INSERT INTO block VALUES (?, 1, x'00')", (f"j{number}",))
        db.execute("INSERT INTO speaker_names VALUES (?, x'00', 1)", (f"j{number}",))
        outbox = (f"k{number}", f"j{number}", number if number % 40 == 0 else None)
        db.execute("INSERT INTO outbox VALUES (?, ?, 'C', '1', 'posted', 0, '1', '', ?, '', 0, 1, '')", outbox)
        inbox = "INSERT INTO inbox (kind, key, ref, payload, received_at, due_at, used) VALUES (?, ?, ?, x'', ?, ?, ?)"
        db.execute(inbox, ("hook", f"k{number}", f"x:r{number}", number, number, int(number % 20 > 0)))
        db.execute("INSERT INTO latency (account, audio_seconds, took_seconds) VALUES (?, 1, 1)", (f"a{number % 9}",))
        db.execute(
            "INSERT INTO audit VALUES (?, ?, 'U', 'viewed', '', 'T1', ?, '', '{}', '', '')",
            (number, number, f"C{number % 50}"),
        )
        db.execute("INSERT OR IGNORE INTO fair_turn VALUES (?, ?, 0, 0, ?, ?)", (*_lane(number), number, number % 2))
    db.execute("UPDATE job SET lease_token = 't' WHERE state = 'waiting' AND created_at < 500")


def _lane(number: int) -> tuple[str, str]:
    return ("slack" if number % 2 else "xosum"), f"T1:U{number % 700}"


def plan(db: sqlite3.Connection, name: str) -> list[str]:
    """SQLite's plan, a line for each step."""
    sql = SQL[name]
    values = dict.fromkeys(re.findall(r"(?<![:\w']):(\w+)", sql))
    return [row[3] for row in db.execute("EXPLAIN QUERY PLAN " + sql, values)]


@pytest.mark.parametrize(("name", "index"), EXPECTED)
def test_a_statement_finds_its_rows_by_the_index_made_for_it(db: sqlite3.Connection, name: str, index: str) -> None:
    steps = plan(db, name)
    assert any(f"INDEX {index}" in step for step in steps), steps


@pytest.mark.parametrize("name", sorted(SQL.keys() - SMALL - UNDER_WAY - BY_HAND - REMOVED))
def test_no_statement_scans_a_table_or_sorts_what_may_be_many(db: sqlite3.Connection, name: str) -> None:
    steps = plan(db, name)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    scans = [step for step in steps if any(re.match(rf"SCAN {table}\b", step) for table in tables)]
    scans = [step for step in scans if "VIRTUAL TABLE INDEX" not in step]  # how a full-text index is asked
    if name in WHOLE_INDEX:
        scans = [step for step in scans if "INDEX" not in step]
    assert not scans, steps
    if name in {"claim_job", "next_due", "jobs_in_state", "jobs_of_user"}:
        assert not any("TEMP B-TREE" in step for step in steps), steps


def test_the_far_future_of_the_schema_is_that_of_the_domain() -> None:
    text = "".join(SQL.values()) + "".join(migration.sql for migration in known_migrations())
    assert set(re.findall(r"\b\d{9,}\b", text)) == {f"{FAR_FUTURE:.0f}"}


def test_both_databases_know_the_same_statements() -> None:
    assert SQL.keys() == statements("postgres").keys()
    assert not [name for name in SQL if name.endswith(("_sqlite", "_postgres"))]
