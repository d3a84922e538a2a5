-- As 0002_versions.sql: PostgreSQL can change the table that is there.
ALTER TABLE job DROP CONSTRAINT job_team_id_file_id_channel_id_thread_ts_key;
ALTER TABLE job ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

CREATE UNIQUE INDEX job_place ON job (team_id, file_id, channel_id, thread_ts, version);

-- The names that people gave to the speakers of a job's transcript, and those before them; sealed when a key is set.
-- Kept apart from the transcript: a transcript may be shared by jobs of several conversations, its names are not.
CREATE TABLE naming (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    body BLOB NOT NULL,
    revision INTEGER NOT NULL
);

-- Everything that was posted for a job: a deleted or renamed transcript takes all of it along.
CREATE INDEX outgoing_job ON outgoing (job_id);
