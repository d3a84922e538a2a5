-- The job rows. `@job_columns`, `@job_values` and `@job_changes` come from the lists in `storage.sql.columns`.
-- 253402300799 is FAR_FUTURE: rows at or beyond it (parked, final) are outside the partial indexes.

-- name: add_job_sqlite
-- A new job, unless its origin is known already (no row then).
INSERT INTO job (@job_columns) VALUES (@job_values)
ON CONFLICT (team_id, file_id, channel_id, thread_ts, version) DO NOTHING
RETURNING 1 AS made, *;

-- name: add_job_postgres
-- The same with its first event, or the job that is there.
WITH added AS (
    INSERT INTO job (@job_columns) VALUES (@job_values)
    ON CONFLICT (team_id, file_id, channel_id, thread_ts, version) DO NOTHING
    RETURNING *
), event AS (
    INSERT INTO job_event (job_id, revision, at, source, target, cause, detail)
    SELECT id, 1, created_at, NULL, state, 'received', NULL FROM added
)
SELECT 1 AS made, added.* FROM added, pg_notify('threadscribe', added.lane)
UNION ALL
SELECT 0 AS made, job.* FROM job
WHERE team_id = :team_id AND file_id = :file_id AND channel_id = :channel_id AND thread_ts = :thread_ts
    AND version = :version AND NOT EXISTS (SELECT 1 FROM added);

-- name: job_of_origin
-- The job of an origin.
SELECT * FROM job
WHERE team_id = :team_id AND file_id = :file_id AND channel_id = :channel_id AND thread_ts = :thread_ts
    AND version = :version;

-- name: change_job_sqlite
-- Compare-and-set on id, state and lease token. A row that was woken since it was claimed does not sleep past now
-- (a parked or final one, due in the far future, does). Who asked to cancel stays unless the change sets it. A deleted
-- job that ends, ends as deleted. A changed job may have content again, so that it is not purged any more.
@changed_job;

-- name: change_job_postgres
-- The same with its event.
WITH changed AS (
    @changed_job
), event AS (
    INSERT INTO job_event (job_id, revision, at, source, target, cause, detail)
    SELECT :id, revision, CAST(:now AS DOUBLE PRECISION), :source, state, CAST(:cause AS TEXT), CAST(:detail AS BLOB)
    FROM changed WHERE CAST(:cause AS TEXT) <> ''
)
SELECT * FROM changed;

-- name: add_event
-- One line of a job's timeline.
INSERT INTO job_event (job_id, revision, at, source, target, cause, detail)
VALUES (:job_id, :revision, :at, :source, :target, :cause, :detail)
RETURNING revision;

-- name: add_change_event_sqlite
-- The event of a change; nothing for a change without a cause.
INSERT INTO job_event (job_id, revision, at, source, target, cause, detail)
SELECT :id, :revision, :now, :source, :target, :cause, :detail WHERE :cause <> ''
RETURNING revision;

-- name: add_change_event_postgres
-- Done by `change_job` and `add_job`.

-- name: events
-- The timeline of a job.
SELECT revision, at, source, target, cause, detail FROM job_event WHERE job_id = :job_id ORDER BY revision;

-- name: job
-- One job.
SELECT * FROM job WHERE id = :id;

-- name: job_by_ref
-- The job with this remote reference; the newest, should a provider ever use one twice.
SELECT * FROM job WHERE account = :account AND remote_ref = :ref ORDER BY created_at DESC LIMIT 1;

-- name: job_by_hook_token
-- The job with this hook token.
SELECT * FROM job WHERE hook_token = :token;

-- name: jobs_of_message
-- All jobs of one message, in the order they came.
SELECT * FROM job
WHERE team_id = :team_id AND channel_id = :channel_id AND message_ts = :message_ts
ORDER BY created_at, id;

-- name: jobs_of_file
-- All jobs of one file, oldest first.
SELECT * FROM job WHERE team_id = :team_id AND file_id = :file_id ORDER BY created_at, id;

-- name: jobs_in_state
-- A page of the jobs in one state, newest first. `channels` is empty or ",C1,C2,".
SELECT * FROM job
WHERE state = :state AND created_at < :before
    AND (:team_id = '' OR team_id = :team_id)
    AND (:user_id = '' OR user_id = :user_id)
    AND (:channels = '' OR :channels LIKE '%,' || channel_id || ',%')
ORDER BY created_at DESC LIMIT :count;

-- name: jobs_of_user
-- A page of one person's jobs, newest first.
SELECT * FROM job
WHERE user_id = :user_id AND created_at < :before
    AND (:team_id = '' OR team_id = :team_id)
    AND (:channels = '' OR :channels LIKE '%,' || channel_id || ',%')
    AND (:states = '' OR :states LIKE '%,' || state || ',%')
ORDER BY created_at DESC LIMIT :count;

-- name: jobs_of_channel
-- A page of one channel's jobs, newest first.
SELECT * FROM job
WHERE channel_id = :channel_id AND created_at < :before
    AND (:team_id = '' OR team_id = :team_id)
    AND (:states = '' OR :states LIKE '%,' || state || ',%')
ORDER BY created_at DESC LIMIT :count;

-- name: jobs_of_unknown_lane
-- Unfinished jobs in one state whose account, or the account they are parked for, is not among these (",a,b,"). What a
-- workspace waits for is parked for `slack:TEAM`.
SELECT * FROM job
WHERE state = :state AND NOT :lanes LIKE '%,' || CASE WHEN state = 'parked' THEN parked_for ELSE lane END || ',%'
    AND NOT parked_for LIKE 'slack:%'
ORDER BY created_at LIMIT :count;

-- name: count_ahead
-- How many jobs of a lane that will be due some day are older, but no more than `most`.
SELECT COUNT(*) AS jobs FROM (
    SELECT 1 FROM job WHERE lane = :lane AND due_at < 253402300799 AND created_at < :created_at LIMIT :most
) AS ahead;

-- name: count_by_state
-- How many jobs are in each state: unfinished ones counted, ended ones kept count of.
SELECT state, COUNT(*) AS jobs FROM job
WHERE state IN ('received', 'submitting', 'waiting', 'finishing', 'replying', 'parked') GROUP BY state
UNION ALL
SELECT state, CAST(SUM(jobs) AS BIGINT) AS jobs FROM ended_count GROUP BY state;

-- name: oldest_in_state
-- When the oldest job of a state was made.
SELECT MIN(created_at) AS created_at FROM job WHERE state = :state;
