"""The tables as maintenance sees them: what is copied row for row, and which of their values are sealed.

A test holds this list to the schema of both databases, so that a new table or column cannot be left behind.
"""

from dataclasses import dataclass

from storage.sql.columns import JOB_COLUMNS, JOB_STORE

COPYING = "migrate-store"  # a cursor that only an unfinished copy has
UNFINISHED = (
    "The database of DATABASE_URL is an unfinished copy: finish it with `threadscribe migrate-store --again`, "
    "or go on with the database it was copied from."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is copied. `key` orders its rows; `counted` is a column that the database numbers by itself."""

    name: str
    key: tuple[str, ...]
    others: tuple[str, ...]
    at_once: int = 200  # rows that are read in one go
    counted: str = ""
    derived: bool = False  # triggers have filled it while other tables were copied

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, those of the key first."""
        return self.key + self.others


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values; `place` is what each is sealed for, filled with `names` of the row."""

    table: str
    column: str
    key: tuple[str, ...]
    place: str
    names: tuple[str, ...]


# Those that others refer to come first. Not here: `migration`, which each database keeps of itself, and the words of
# `transcript_index`, which each keeps in a form of its own.
INDEX = Table("transcript_index", ("id",), ("job_id", "source", "place", "sealed"), 20, "id")
TABLES = (
    Table("job", ("id",), tuple(column for column in JOB_COLUMNS + JOB_STORE if column != "id")),
    Table("job_event", ("job_id", "revision"), ("at", "source", "target", "cause", "detail")),
    Table("ended_count", ("state", "part"), ("jobs",), derived=True),
    Table("fair_turn", ("lane", "person"), ("served", "since", "due_at", "ready"), derived=True),
    Table("task_lease", ("name",), ("owner", "until")),
    Table("process", ("id",), ("host", "role", "version", "spool", "started_at", "seen_at", "facts")),
    Table("pace", ("key",), ("free_at",)),
    Table("transcript", ("job_id",), ("body", "stored_at"), 20),
    INDEX,
    Table("block", ("job_id", "number"), ("body",), 20),
    Table(
        "piece",
        ("job_id", "number"),
        ("start_seconds", "seconds", "digest", "sends", "sent_at", "answered_at", "body"),
        20,
    ),
    Table("speaker_names", ("job_id",), ("body", "revision")),
    Table(
        "outbox",
        ("key",),
        (
            *("job_id", "channel_id", "thread_ts", "phase", "intent_at", "ts", "file_id", "verify_at"),
            *("owner", "claimed_until", "revision", "team_id"),
        ),
    ),
    Table(
        "inbox",
        ("id",),
        (
            *("kind", "key", "ref", "payload", "received_at", "due_at", "used"),
            *("attempts", "claim", "claimed_until", "team_id"),
        ),
        20,
        "id",
    ),
    Table("budget", ("account",), ("arrival_at", "held_until", "asked_at")),
    Table("latency", ("id",), ("account", "audio_seconds", "took_seconds"), counted="id"),
    Table("channel_settings", ("team_id", "channel_id"), ("settings", "retention_days")),
    Table("vocabulary", ("team_id", "channel_id"), ("body", "revision", "changed_by", "changed_at")),
    Table("cursor", ("name",), ("value",)),
    Table(
        "audit",
        ("number",),
        (
            *("at", "actor", "action", "origin", "team_id", "channel_id", "job_id", "details"),
            *("previous_hash", "hash"),
        ),
    ),
    Table("legal_hold", ("kind", "ref"), ("placed_by", "placed_at")),
    Table("seal_key", ("key_id",), ("first_used_at",)),
    Table("heartbeat", ("id",), ("beats",)),
    Table(
        "installation",
        ("id",),
        (
            *("team_id", "enterprise_id", "name", "app_id", "bot_user_id", "bot_id", "scopes", "installed_by"),
            *("tokens", "expires_at", "installed_at", "removed_at", "removed_for", "purged_at", "revision"),
        ),
    ),
    Table("workspace", ("team_id",), ("enterprise_id", "name", "since", "settings", "retention_days")),
    Table("oauth_state", ("digest",), ("expires_at",)),
)

TRANSCRIPTS = SealedColumn("transcript", "body", ("job_id",), "transcript:{job_id}", ("job_id",))
SEALED_COLUMNS = (
    TRANSCRIPTS,
    SealedColumn("block", "body", ("job_id", "number"), "block:{job_id}:{number}", ("job_id", "number")),
    SealedColumn("piece", "body", ("job_id", "number"), "piece:{job_id}:{number}", ("job_id", "number")),
    SealedColumn("speaker_names", "body", ("job_id",), "speaker_names:{job_id}", ("job_id",)),
    SealedColumn(
        "vocabulary", "body", ("team_id", "channel_id"), "vocabulary:{team_id}:{channel_id}", ("team_id", "channel_id")
    ),
    SealedColumn("job", "file_name", ("id",), "job.name:{id}", ("id",)),
    SealedColumn("job", "last_error", ("id",), "job.error:{id}", ("id",)),
    SealedColumn("job", "problem_params", ("id",), "job.problem:{id}", ("id",)),
    SealedColumn("job", "remote_url", ("id",), "job.remote:{id}", ("id",)),
    SealedColumn("job_event", "detail", ("job_id", "revision"), "event:{job_id}", ("job_id",)),
    SealedColumn("installation", "tokens", ("id",), "installation:{id}", ("id",)),
    SealedColumn("workspace", "settings", ("team_id",), "workspace:{team_id}", ("team_id",)),
    SealedColumn("inbox", "payload", ("id",), "inbox:{kind}:{key}", ("kind", "key")),
)
