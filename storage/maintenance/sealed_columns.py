"""The tables as upkeep sees them: what is copied row for row, and which of their values are sealed.

A test holds this list to the schema of both databases, so that a new table or column cannot be left behind.
"""

from dataclasses import dataclass

COPYING = "migrate-store"  # a high-water mark that only an unfinished copy has
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


_JOB = """
team_id enterprise_id channel_id thread_ts message_ts file_id user_id state lane rank person created_at updated_at
due_at file_name file_mimetype file_filetype file_size file_seconds file_subtype language recording_type expected_audio
provider account outcome problem_code problem_params attempts last_error client_ref hook_token remote_ref remote_url
remote_expires_at submitted_at progress parked_from parked_for cancel_by reuses finished_at lease_token lease_until
wake_count wake_count_at_claim revision purged_at version
"""

# Those that others refer to come first. Not here: `migration`, which each database keeps of itself, and the words of
# `said`, which each keeps in a form of its own.
SAID = Table("said", ("id",), ("job_id", "source", "place", "sealed"), 20, "id")
TABLES = (
    Table("job", ("id",), tuple(_JOB.split())),
    Table("job_event", ("job_id", "revision"), ("at", "source", "target", "cause")),
    Table("turn", ("lane", "person"), ("served", "since", "due_at", "ready")),
    Table("transcript", ("job_id",), ("body", "stored_at"), 20),
    SAID,
    Table("block", ("job_id", "number"), ("body",), 20),
    Table(
        "piece",
        ("job_id", "number"),
        ("start_seconds", "seconds", "digest", "sends", "sent_at", "answered_at", "body"),
        20,
    ),
    Table("naming", ("job_id",), ("body", "revision")),
    Table(
        "outgoing",
        ("key",),
        ("job_id", "channel_id", "thread_ts", "phase", "intent_at", "ts", "file_id", "verify_at"),
    ),
    Table("inbox", ("id",), ("kind", "key", "ref", "payload", "received_at", "due_at", "used"), 20, "id"),
    Table("budget", ("account",), ("arrival_at", "held_until", "asked_at")),
    Table("latency", ("account", "number"), ("audio_seconds", "took_seconds")),
    Table(
        "channel",
        ("team_id", "channel_id"),
        (
            *("provider", "language", "recording_type", "automatic", "speakers", "timestamps"),
            *("changed_by", "changed_at"),
        ),
    ),
    Table("high_water", ("name",), ("mark",)),
    Table("seal_key", ("key_id",), ("first_used_at",)),
    Table("pulse", ("id",), ("beats",)),
)

TRANSCRIPTS = SealedColumn("transcript", "body", ("job_id",), "transcript:{job_id}", ("job_id",))
CELLS = (
    TRANSCRIPTS,
    SealedColumn("block", "body", ("job_id", "number"), "block:{job_id}:{number}", ("job_id", "number")),
    SealedColumn("piece", "body", ("job_id", "number"), "piece:{job_id}:{number}", ("job_id", "number")),
    SealedColumn("naming", "body", ("job_id",), "naming:{job_id}", ("job_id",)),
    SealedColumn("job", "problem_params", ("id",), "job.problem:{id}", ("id",)),
    SealedColumn("job", "remote_url", ("id",), "job.remote:{id}", ("id",)),
    SealedColumn("inbox", "payload", ("id",), "inbox:{kind}:{key}", ("kind", "key")),
)
