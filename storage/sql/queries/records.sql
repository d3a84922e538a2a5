-- The audit log, holds, erasure. `@ids` is a list of job ids in JSON, as a subquery.

-- name: last_audit
-- The end of the chain.
SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1;

-- name: add_audit
-- Append an entry.
INSERT INTO audit (
    number, at, actor, action, origin, team_id, channel_id, job_id, details, previous_hash, hash
) VALUES (
    :number, :at, :actor, :action, :origin, :team_id, :channel_id, :job_id, :details, :previous_hash, :hash
)
RETURNING number;

-- name: audit
-- Entries in their order. Empty parameters do not filter.
SELECT * FROM audit
WHERE number > :after AND at >= :since
    AND (:team_id = '' OR team_id = :team_id)
    AND (:channel_id = '' OR channel_id = :channel_id)
    AND (:actor = '' OR actor = :actor)
    AND (:job_id = '' OR job_id = :job_id)
ORDER BY number LIMIT :count;

-- name: newest_audit
-- Entries about one channel, newest first.
SELECT * FROM audit
WHERE channel_id = :channel_id AND channel_id <> '' AND team_id = :team_id AND number < :before
ORDER BY number DESC LIMIT :count;

-- name: purge_audit
-- Delete the old ones.
DELETE FROM audit WHERE number < COALESCE(
    (SELECT MIN(number) FROM audit WHERE at >= :before), (SELECT MAX(number) FROM audit)
) RETURNING number;

-- name: place_hold
-- Keep content from purge and erasure.
INSERT INTO legal_hold (kind, ref, placed_by, placed_at) VALUES (:kind, :ref, :placed_by, :placed_at)
ON CONFLICT (kind, ref) DO NOTHING
RETURNING ref;

-- name: end_hold
-- Keep it no longer.
DELETE FROM legal_hold WHERE kind = :kind AND ref = :ref RETURNING ref;

-- name: holds
-- All holds, oldest first.
SELECT * FROM legal_hold ORDER BY placed_at, kind, ref;

-- name: jobs_to_erase
-- Jobs that match, unless they are under a hold. Empty parameters do not filter.
SELECT * FROM job
WHERE (:team_id = '' OR team_id = :team_id)
    AND (:user_id = '' OR user_id = :user_id)
    AND (:channel_id = '' OR channel_id = :channel_id)
    AND (:job_id = '' OR id = :job_id)
    AND created_at < :before AND NOT @held
ORDER BY created_at LIMIT :count;

-- name: jobs_to_forget
-- Jobs that ended in this state before then and have lost their content, unless they are under a hold; oldest first.
SELECT * FROM job
WHERE state = :state AND created_at < :before AND purged_at IS NOT NULL AND updated_at < :before AND NOT @held
ORDER BY created_at LIMIT :count;

-- name: heirs
-- The jobs that share the transcript of a job, oldest first.
SELECT id FROM job WHERE reuses = :job_id AND reuses <> '' ORDER BY created_at, id;

-- name: own_transcript
-- The transcript that is stored for a job itself.
SELECT body, stored_at FROM transcript WHERE job_id = :job_id;

-- name: give_transcript
-- A transcript, for the job that has it from now on.
INSERT INTO transcript (job_id, body, stored_at) VALUES (:job_id, :body, :stored_at)
ON CONFLICT (job_id) DO NOTHING
RETURNING job_id;

-- name: take_over
-- The other jobs share the heir's transcript, and the heir shares nobody's.
UPDATE job SET reuses = CASE WHEN id = :heir THEN '' ELSE :heir END
WHERE reuses = :job_id AND reuses <> '' RETURNING id;

-- name: take_over_index
-- Search finds them by the heir's transcript.
UPDATE transcript_index SET source = :heir WHERE source = :job_id AND job_id <> :job_id RETURNING id;

-- name: erase_transcripts
-- Delete rows.
DELETE FROM transcript WHERE job_id IN @ids RETURNING job_id;

-- name: erase_events
-- Delete rows.
DELETE FROM job_event WHERE job_id IN @ids RETURNING revision;

-- name: erase_outbox
-- Delete rows.
DELETE FROM outbox WHERE job_id IN @ids RETURNING key;

-- name: erase_jobs
-- Delete rows.
DELETE FROM job WHERE id IN @ids RETURNING id;
