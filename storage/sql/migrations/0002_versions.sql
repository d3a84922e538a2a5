-- A file may be transcribed again in the same thread: each version is a job of its own, with its own reply.
-- SQLite cannot drop the old constraint, so the table is built anew (foreign keys are not enforced meanwhile).
CREATE TABLE job_anew (
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
    version INTEGER NOT NULL DEFAULT 1
);

INSERT INTO job_anew SELECT *, 1 FROM job;
DROP TABLE job;
ALTER TABLE job_anew RENAME TO job;

CREATE UNIQUE INDEX job_place ON job (team_id, file_id, channel_id, thread_ts, version);
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

-- The names that people gave to the speakers of a job's transcript, and those before them; sealed when a key is set.
-- Kept apart from the transcript: a transcript may be shared by jobs of several conversations, its names are not.
CREATE TABLE naming (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    body BLOB NOT NULL,
    revision INTEGER NOT NULL
);

-- Everything that was posted for a job: a deleted or renamed transcript takes all of it along.
CREATE INDEX outgoing_job ON outgoing (job_id);
