-- Everything the first version keeps. Written in SQLite's dialect; for PostgreSQL the runner translates
-- the two phrases that differ (BLOB, INTEGER PRIMARY KEY AUTOINCREMENT). All times are Unix seconds.
-- 253402300799 is the domain's FAR_FUTURE: parked and final jobs are never due, so most indexes leave them out.

-- One file in one thread that is owed exactly one answer. No content: that is in `transcript` and `block`.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    team_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    message_ts TEXT NOT NULL,
    file_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    state TEXT NOT NULL,
    lane TEXT NOT NULL,
    rank INTEGER NOT NULL,
    person TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    file_name TEXT NOT NULL,
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
    last_error TEXT NOT NULL,
    client_ref TEXT NOT NULL,
    hook_token TEXT NOT NULL,
    remote_ref TEXT,
    remote_url BLOB,
    remote_expires_at DOUBLE PRECISION,
    submitted_at DOUBLE PRECISION,
    progress DOUBLE PRECISION,
    parked_from TEXT,
    parked_for TEXT NOT NULL,
    cancel_by TEXT NOT NULL,
    reuses TEXT NOT NULL,
    finished_at DOUBLE PRECISION,
    lease_token TEXT NOT NULL DEFAULT '',
    lease_until DOUBLE PRECISION NOT NULL DEFAULT 0,
    wake_count INTEGER NOT NULL DEFAULT 0,
    wake_count_at_claim INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    purged_at DOUBLE PRECISION,
    UNIQUE (team_id, file_id, channel_id, thread_ts)
);

-- What is due in a lane; also counts who is ahead.
CREATE INDEX job_queue ON job (lane, rank, due_at, created_at) WHERE due_at < 253402300799;
-- The next job of a person whose turn it is.
CREATE INDEX job_turn ON job (lane, rank, person, created_at, id, due_at) WHERE rank = 2 AND due_at < 253402300799;
CREATE INDEX job_leased ON job (lane, lease_until) WHERE lease_token <> '';
CREATE INDEX job_remote ON job (account, remote_ref) WHERE remote_ref IS NOT NULL;
CREATE UNIQUE INDEX job_hook ON job (hook_token);
CREATE INDEX job_message ON job (team_id, channel_id, message_ts, created_at);
CREATE INDEX job_state ON job (state, created_at);
CREATE INDEX job_user ON job (user_id, created_at);
CREATE INDEX job_channel ON job (channel_id, created_at);
CREATE INDEX job_parked ON job (parked_for) WHERE state = 'parked';
CREATE INDEX job_reuses ON job (reuses) WHERE reuses <> '';
CREATE INDEX job_kept ON job (finished_at) WHERE purged_at IS NULL AND finished_at IS NOT NULL;

-- The timeline of a job; append-only.
CREATE TABLE job_event (
    job_id TEXT NOT NULL REFERENCES job (id),
    revision INTEGER NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    source TEXT,
    target TEXT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (job_id, revision)
);

-- Whose turn it is in a lane, for jobs not begun yet (rank 2). `due_at` and `ready` are hints that may be early
-- but never late: the job rows decide. `served` counts up with each claim of the lane; 0 is never.
CREATE TABLE turn (
    lane TEXT NOT NULL,
    person TEXT NOT NULL,
    served BIGINT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    ready INTEGER NOT NULL,
    PRIMARY KEY (lane, person)
);

CREATE INDEX turn_served ON turn (lane, served);
CREATE INDEX turn_ready ON turn (lane, served, since) WHERE ready = 1;
CREATE INDEX turn_resting ON turn (lane, due_at) WHERE ready = 0;

-- What was said; sealed when a key is set.
CREATE TABLE transcript (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    body BLOB NOT NULL,
    stored_at DOUBLE PRECISION NOT NULL
);

-- Finished stretches of a local transcription under way.
CREATE TABLE block (
    job_id TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (job_id, number)
);

-- Our own messages in Slack, each of which must exist exactly once.
CREATE TABLE outgoing (
    key TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    phase TEXT NOT NULL,
    intent_at DOUBLE PRECISION NOT NULL,
    ts TEXT NOT NULL,
    file_id TEXT NOT NULL,
    verify_at DOUBLE PRECISION
);

CREATE INDEX outgoing_verify ON outgoing (verify_at) WHERE verify_at IS NOT NULL;

-- Pushes that wait to be used. A used one keeps its key for a day and loses its payload.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    ref TEXT NOT NULL,
    payload BLOB NOT NULL,
    received_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
);

CREATE INDEX inbox_ref ON inbox (ref, kind, id) WHERE used = 0;
CREATE INDEX inbox_due ON inbox (kind, due_at) WHERE used = 0;
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
    account TEXT NOT NULL,
    number BIGINT NOT NULL,
    audio_seconds DOUBLE PRECISION NOT NULL,
    took_seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (account, number)
);

CREATE TABLE channel (
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    language TEXT NOT NULL,
    recording_type TEXT NOT NULL,
    automatic INTEGER NOT NULL,
    speakers INTEGER NOT NULL,
    timestamps INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (team_id, channel_id)
);

-- High-water marks by name.
CREATE TABLE high_water (
    name TEXT PRIMARY KEY,
    mark TEXT NOT NULL
);

-- Which keys have sealed something here, so that a wrong key is refused at the start.
CREATE TABLE seal_key (
    key_id TEXT PRIMARY KEY,
    first_used_at DOUBLE PRECISION NOT NULL
);

-- One row that `ping` writes and reads.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY,
    beats BIGINT NOT NULL
);

INSERT INTO pulse (id, beats) VALUES (1, 0);
