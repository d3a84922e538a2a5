-- Everything the first version keeps. Written in SQLite's dialect; for PostgreSQL the two phrases that differ (BLOB,
-- INTEGER PRIMARY KEY AUTOINCREMENT) are translated, and what only one database has is in 0001_first.sqlite.sql and
-- 0001_first.postgres.sql. All times are Unix seconds. 253402300799 is the domain's FAR_FUTURE: parked and final jobs
-- are never due, so most indexes leave them out.

-- One file in one thread that is owed exactly one answer. What was said is in `transcript` and `block`.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    team_id TEXT NOT NULL,
    file_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    version INTEGER NOT NULL,
    enterprise_id TEXT NOT NULL,
    message_ts TEXT NOT NULL,
    user_id TEXT NOT NULL,
    person TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL,
    lane TEXT NOT NULL,
    rank INTEGER NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    file_name BLOB NOT NULL,
    file_mimetype TEXT NOT NULL,
    file_filetype TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    file_seconds DOUBLE PRECISION,
    file_subtype TEXT NOT NULL,
    language TEXT,
    recording_type TEXT,
    expected_audio INTEGER NOT NULL,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    outcome TEXT,
    problem_code TEXT,
    problem_params BLOB,
    attempts INTEGER NOT NULL,
    last_error BLOB,
    client_ref TEXT NOT NULL,
    hook_token TEXT NOT NULL,
    remote_ref TEXT,
    remote_url BLOB,
    remote_expires_at DOUBLE PRECISION,
    remote_locale TEXT,
    submitted_at DOUBLE PRECISION,
    waited_seconds DOUBLE PRECISION NOT NULL,
    progress DOUBLE PRECISION,
    parked_from TEXT,
    parked_for TEXT NOT NULL,
    cancel_by TEXT NOT NULL,
    reuses TEXT NOT NULL,
    finished_at DOUBLE PRECISION,
    deleted_at DOUBLE PRECISION,
    lease_token TEXT NOT NULL DEFAULT '',
    lease_until DOUBLE PRECISION NOT NULL DEFAULT 0,
    wake_count INTEGER NOT NULL DEFAULT 0,
    wake_count_at_claim INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    purged_at DOUBLE PRECISION
);

CREATE UNIQUE INDEX job_place ON job (team_id, file_id, channel_id, thread_ts, version);
-- What is due in a lane; also counts who is ahead.
CREATE INDEX job_queue ON job (lane, rank, due_at, created_at) WHERE due_at < 253402300799;
-- The next job of a user whose turn it is.
CREATE INDEX job_turn ON job (lane, rank, person, created_at, id, due_at) WHERE rank = 2 AND due_at < 253402300799;
-- Without `lease_until`, so that PostgreSQL can renew a lease without touching an index.
CREATE INDEX job_leased ON job (lane) WHERE lease_token <> '';
CREATE INDEX job_remote ON job (account, remote_ref) WHERE remote_ref IS NOT NULL;
CREATE UNIQUE INDEX job_hook ON job (hook_token);
CREATE INDEX job_message ON job (team_id, channel_id, message_ts, created_at);
CREATE INDEX job_state ON job (state, created_at);
CREATE INDEX job_user ON job (user_id, created_at);
CREATE INDEX job_channel ON job (channel_id, created_at);
CREATE INDEX job_parked ON job (parked_for) WHERE state = 'parked';
CREATE INDEX job_reuses ON job (reuses) WHERE reuses <> '';
-- What may have content that is old enough to go: jobs that ended or are parked.
CREATE INDEX job_kept ON job (updated_at) WHERE purged_at IS NULL AND due_at >= 253402300799;

-- The timeline of a job; append-only. `cause` has fixed words; `detail` may quote others, and is sealed and purged.
CREATE TABLE job_event (
    job_id TEXT NOT NULL REFERENCES job (id),
    revision INTEGER NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    source TEXT,
    target TEXT NOT NULL,
    cause TEXT NOT NULL,
    detail BLOB,
    PRIMARY KEY (job_id, revision)
);

-- How many jobs have ended in each state. In parts, so that several processes seldom meet in one row.
CREATE TABLE ended_count (
    state TEXT NOT NULL,
    part INTEGER NOT NULL,
    jobs BIGINT NOT NULL,
    PRIMARY KEY (state, part)
);

-- Whose turn it is in a lane, for jobs not begun yet (rank 2). `due_at` and `ready` are hints that may be early
-- but never late: the job rows decide. `served` counts up with each claim of the lane; 0 is never.
CREATE TABLE fair_turn (
    lane TEXT NOT NULL,
    person TEXT NOT NULL,
    served BIGINT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    ready INTEGER NOT NULL,
    PRIMARY KEY (lane, person)
);

CREATE INDEX fair_turn_served ON fair_turn (lane, served);
CREATE INDEX fair_turn_ready ON fair_turn (lane, served, since) WHERE ready = 1;
CREATE INDEX fair_turn_resting ON fair_turn (lane, due_at) WHERE ready = 0;

-- Named leases: work that one process at a time does.
CREATE TABLE task_lease (
    name TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL
);

-- What was said; sealed when a key is set.
CREATE TABLE transcript (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    body BLOB NOT NULL,
    stored_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX transcript_stored ON transcript (stored_at);

-- Finished stretches of a local transcription under way.
CREATE TABLE block (
    job_id TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (job_id, number)
);

-- The pieces of a recording that is sent to a service piece by piece. The text of an answered one is in `body`, sealed
-- when a key is set. `sends` counts the requests of which nobody knows whether the service worked, and billed, for them.
CREATE TABLE piece (
    job_id TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    start_seconds DOUBLE PRECISION NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    digest TEXT NOT NULL,
    sends INTEGER NOT NULL DEFAULT 0,
    sent_at DOUBLE PRECISION,
    answered_at DOUBLE PRECISION,
    body BLOB,
    PRIMARY KEY (job_id, number)
);

-- The names that people gave to the speakers of a job's transcript, and those before them; sealed when a key is set.
-- Kept apart from the transcript: a transcript may be shared by jobs of several conversations, its names are not.
CREATE TABLE speaker_names (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    body BLOB NOT NULL,
    revision INTEGER NOT NULL
);

-- Our own messages in Slack, each of which must exist exactly once.
CREATE TABLE outbox (
    key TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    phase TEXT NOT NULL,
    intent_at DOUBLE PRECISION NOT NULL,
    ts TEXT NOT NULL,
    file_id TEXT NOT NULL,
    verify_at DOUBLE PRECISION,
    owner TEXT NOT NULL,
    claimed_until DOUBLE PRECISION NOT NULL,
    revision INTEGER NOT NULL
);

CREATE INDEX outbox_verify ON outbox (verify_at) WHERE verify_at IS NOT NULL;
CREATE INDEX outbox_job ON outbox (job_id);
CREATE INDEX outbox_claimed ON outbox (claimed_until) WHERE owner <> '';

-- Webhooks and deferred work. A used item keeps its key for a day and loses its payload.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    ref TEXT NOT NULL,
    payload BLOB NOT NULL,
    received_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    claim TEXT NOT NULL DEFAULT '',
    claimed_until DOUBLE PRECISION NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
);

CREATE INDEX inbox_ref ON inbox (ref, kind, id) WHERE used = 0;
CREATE INDEX inbox_due ON inbox (kind, due_at) WHERE used = 0;
CREATE INDEX inbox_claimed ON inbox (claimed_until) WHERE used = 0 AND claimed_until > 0;
CREATE INDEX inbox_received ON inbox (received_at);

-- A paced budget per account: the theoretical arrival time of GCRA, and when a Retry-After ends.
CREATE TABLE budget (
    account TEXT PRIMARY KEY,
    arrival_at DOUBLE PRECISION NOT NULL,
    held_until DOUBLE PRECISION NOT NULL,
    asked_at DOUBLE PRECISION
);

-- How long recent jobs of an account took.
CREATE TABLE latency (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    audio_seconds DOUBLE PRECISION NOT NULL,
    took_seconds DOUBLE PRECISION NOT NULL
);

CREATE INDEX latency_account ON latency (account, id);

-- How a channel wants its audio treated: JSON, but for what statements need.
CREATE TABLE channel_settings (
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    settings TEXT NOT NULL,
    retention_days INTEGER,
    PRIMARY KEY (team_id, channel_id)
);

CREATE INDEX channel_retention ON channel_settings (channel_id) WHERE retention_days IS NOT NULL;

-- How far something was read, by name.
CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The audit log: who did what; no content. Each hash covers its entry and the hash before it.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at DOUBLE PRECISION NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    origin TEXT NOT NULL,
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    details TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);

CREATE INDEX audit_channel ON audit (channel_id, number) WHERE channel_id <> '';

-- Content under a hold is neither purged nor erased.
CREATE TABLE legal_hold (
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (kind, ref)
);

-- Which keys have sealed something here, so that a wrong key is refused at the start.
CREATE TABLE seal_key (
    key_id TEXT PRIMARY KEY,
    first_used_at DOUBLE PRECISION NOT NULL
);

-- One row that `ping` writes and reads.
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY,
    beats BIGINT NOT NULL
);

INSERT INTO heartbeat (id, beats) VALUES (1, 0);
