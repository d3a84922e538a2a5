-- What was said, and its purge. `@ids` is a list of job ids in JSON, as a subquery; `@held` says whether a job is under
-- a legal hold.

-- name: put_transcript_sqlite
-- What was said, if the job still wants it; replaces what was stored before.
INSERT INTO transcript (job_id, body, stored_at)
SELECT id, :body, :now FROM job
WHERE id = :job_id AND deleted_at IS NULL AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
    AND (:lease = '' OR lease_token = :lease)
ON CONFLICT (job_id) DO UPDATE SET body = excluded.body, stored_at = excluded.stored_at
RETURNING job_id;

-- name: put_transcript_postgres
-- The same with its words for search, which come as PostgreSQL writes a tsvector; the place is one of them: no word has
-- capitals. The job's row is locked, so that it neither ends nor is deleted before this is committed.
WITH wanted AS (
    SELECT id, team_id || 'x' || CASE WHEN channel_id LIKE 'D%' THEN user_id ELSE channel_id END AS place FROM job
    WHERE id = :job_id AND deleted_at IS NULL AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
        AND (CAST(:lease AS TEXT) = '' OR lease_token = :lease)
    FOR NO KEY UPDATE
), own AS (
    INSERT INTO transcript_index (job_id, source, place, sealed, words)
    SELECT id, id, place, CAST(:sealed AS INTEGER),
        CAST(CAST(:vector AS TEXT) AS TSVECTOR) || array_to_tsvector(ARRAY[place])
    FROM wanted
    ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
), shares AS (
    UPDATE transcript_index SET sealed = CAST(:sealed AS INTEGER),
        words = CAST(CAST(:vector AS TEXT) AS TSVECTOR) || array_to_tsvector(ARRAY[transcript_index.place])
    FROM wanted WHERE source = wanted.id AND job_id <> wanted.id
)
INSERT INTO transcript (job_id, body, stored_at)
SELECT id, CAST(:body AS BYTEA), CAST(:now AS DOUBLE PRECISION) FROM wanted
ON CONFLICT (job_id) DO UPDATE SET body = excluded.body, stored_at = excluded.stored_at
RETURNING job_id;

-- name: transcript
-- A job's own transcript, the job whose transcript it shares, whether its content was purged; and the names of the
-- speakers in the job that was asked for.
SELECT job.reuses, job.purged_at, job.deleted_at, transcript.body, speaker_names.body AS names
FROM job LEFT JOIN transcript ON transcript.job_id = job.id
    LEFT JOIN speaker_names ON speaker_names.job_id = :asked
WHERE job.id = :job_id;

-- name: find_reusable
-- A job that has a transcript of this file, made the same way; the newest. The jobs of the file come first: PostgreSQL
-- would read every transcript while it knows little of the tables.
WITH same AS MATERIALIZED (
    SELECT id FROM job
    WHERE team_id = :team_id AND file_id = :file_id AND provider = :provider
        AND COALESCE(language, '') = :language AND COALESCE(recording_type, '') = :recording_type
        AND COALESCE(speakers, '') = :speakers AND COALESCE(vocabulary, '') = :vocabulary
        AND purged_at IS NULL AND deleted_at IS NULL
)
SELECT id FROM (
    SELECT same.id, (SELECT stored_at FROM transcript WHERE transcript.job_id = same.id) AS stored_at FROM same
) AS found
WHERE stored_at IS NOT NULL ORDER BY stored_at DESC LIMIT 1;

-- name: put_block_sqlite
-- One finished stretch of a local transcription, if the job still wants it.
INSERT INTO block (job_id, number, body)
SELECT id, :number, :body FROM job
WHERE id = :job_id AND deleted_at IS NULL AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
ON CONFLICT (job_id, number) DO UPDATE SET body = excluded.body
RETURNING number;

-- name: put_block_postgres
-- The same; the job's row is locked, so that it neither ends nor is deleted before this is committed.
INSERT INTO block (job_id, number, body)
SELECT id, CAST(:number AS INTEGER), CAST(:body AS BYTEA) FROM job
WHERE id = :job_id AND deleted_at IS NULL AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
FOR NO KEY UPDATE
ON CONFLICT (job_id, number) DO UPDATE SET body = excluded.body
RETURNING number;

-- name: blocks
-- The stored stretches in order.
SELECT number, body FROM block WHERE job_id = :job_id ORDER BY number;

-- name: drop_blocks
-- Delete them.
DELETE FROM block WHERE job_id = :job_id RETURNING number;

-- name: discard_inputs_sqlite
-- What a transcript was made of: its blocks.
DELETE FROM block WHERE job_id = :job_id RETURNING number;

-- name: discard_inputs_postgres
-- The same, the pieces and the webhooks.
WITH blocks AS (
    DELETE FROM block WHERE job_id = :job_id
), pieces AS (
    DELETE FROM piece WHERE job_id = :job_id AND CAST(:keep_pieces AS INTEGER) = 0
)
UPDATE inbox SET used = 1, payload = :nothing WHERE kind = :kind AND ref IN @ids AND used = 0 RETURNING id;

-- name: discard_pieces_sqlite
-- The pieces.
DELETE FROM piece WHERE job_id = :job_id RETURNING number;

-- name: discard_pieces_postgres
-- Done by `discard_inputs`.

-- name: discard_webhooks_sqlite
-- And the webhooks.
UPDATE inbox SET used = 1, payload = :nothing WHERE kind = :kind AND ref IN @ids AND used = 0 RETURNING id;

-- name: discard_webhooks_postgres
-- Done by `discard_inputs`.

-- name: pieces
-- The pieces of a recording in order.
SELECT number, start_seconds, seconds, digest, sends, body FROM piece WHERE job_id = :job_id ORDER BY number;

-- name: add_piece
-- A piece that is to be sent.
INSERT INTO piece (job_id, number, start_seconds, seconds, digest)
VALUES (:job_id, :number, :start_seconds, :seconds, :digest)
RETURNING number;

-- name: forget_sends
-- Pieces without an answer may be sent as often as new ones.
UPDATE piece SET sends = 0, sent_at = NULL WHERE job_id = :job_id AND body IS NULL RETURNING number;

-- name: piece_sent
-- A request for it is about to leave.
UPDATE piece SET sends = sends + 1, sent_at = :now WHERE job_id = :job_id AND number = :number RETURNING number;

-- name: piece_not_done
-- The service certainly did nothing for the last request.
UPDATE piece SET sends = sends - 1, sent_at = NULL
WHERE job_id = :job_id AND number = :number AND sends > 0 RETURNING number;

-- name: piece_answered
-- What was said in it, if the job still wants it.
UPDATE piece SET body = :body, answered_at = :now
WHERE job_id = :job_id AND number = :number AND EXISTS (
    SELECT 1 FROM job
    WHERE id = :job_id AND deleted_at IS NULL AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
)
RETURNING number;

-- name: drop_pieces
-- Delete them.
DELETE FROM piece WHERE job_id = :job_id RETURNING number;

-- name: drop_pieces_of_ended
-- Delete the pieces of jobs that are over. Those of a failed one stay until its content is purged: they were paid for,
-- and a retry uses them again.
DELETE FROM piece WHERE EXISTS (
    SELECT 1 FROM job
    WHERE job.id = piece.job_id AND (job.deleted_at IS NOT NULL OR job.state IN ('done', 'cancelled', 'deleted'))
) RETURNING number;

-- name: purge_pieces
-- Delete them.
DELETE FROM piece WHERE job_id IN @ids RETURNING number;

-- name: drop_blocks_of_ended
-- Delete the blocks of jobs that are over.
DELETE FROM block WHERE EXISTS (
    SELECT 1 FROM job
    WHERE job.id = block.job_id
        AND (job.deleted_at IS NOT NULL OR job.state IN ('done', 'failed', 'cancelled', 'deleted'))
) RETURNING number;

-- name: save_speaker_names
-- The names of a job's speakers, if nobody else changed them meanwhile (no row then).
INSERT INTO speaker_names (job_id, body, revision)
SELECT id, CAST(:body AS BLOB), CAST(:revision AS INTEGER) FROM job
WHERE id = :job_id AND deleted_at IS NULL AND purged_at IS NULL
    AND (:revision = 1 OR EXISTS (SELECT 1 FROM speaker_names WHERE job_id = :job_id))
ON CONFLICT (job_id) DO UPDATE SET body = excluded.body, revision = excluded.revision
WHERE speaker_names.revision = excluded.revision - 1
RETURNING revision;

-- name: speaker_names
-- The names of a job's speakers.
SELECT body, revision FROM speaker_names WHERE job_id = :job_id;

-- name: jobs_to_purge
-- Jobs that ended or were parked before, and may still have content; those of channels that decide for themselves, of
-- workspaces that do, and those under a hold are left out.
SELECT id, reuses FROM job
WHERE purged_at IS NULL AND due_at >= 253402300799 AND updated_at < :before
    AND NOT EXISTS (
        SELECT 1 FROM channel_settings
        WHERE channel_settings.team_id = job.team_id AND channel_settings.channel_id = job.channel_id
            AND channel_settings.retention_days IS NOT NULL
    )
    AND NOT EXISTS (
        SELECT 1 FROM workspace WHERE workspace.team_id = job.team_id AND workspace.retention_days IS NOT NULL
    )
    AND NOT @held
ORDER BY updated_at LIMIT :count;

-- name: channels_with_retention
-- Channels that decide for themselves how long content is kept.
SELECT team_id, channel_id, retention_days FROM channel_settings WHERE retention_days IS NOT NULL;

-- name: jobs_to_purge_in_channel
-- The same for one of these.
SELECT id, reuses FROM job
WHERE channel_id = :channel_id AND team_id = :team_id AND created_at < :before AND purged_at IS NULL
    AND due_at >= 253402300799 AND updated_at < :before AND NOT @held
ORDER BY created_at LIMIT :count;

-- name: deleted_jobs_to_purge
-- Deleted jobs that may have content: a hold has ended, or something was written while they ended.
SELECT id, reuses FROM job
WHERE state = 'deleted' AND purged_at IS NULL AND NOT @held
ORDER BY created_at LIMIT :count;

-- name: leftovers_to_purge
-- Purged jobs that have a transcript of this age all the same, and no other job shares it.
SELECT job.id, job.reuses FROM transcript JOIN job ON job.id = transcript.job_id
WHERE transcript.stored_at < :before AND job.purged_at IS NOT NULL AND job.due_at >= 253402300799
    AND NOT EXISTS (SELECT 1 FROM job AS share WHERE share.reuses = job.id AND share.reuses <> '')
    AND NOT @held
ORDER BY transcript.stored_at LIMIT :count;

-- name: job_to_purge
-- One job, unless it is under a hold.
SELECT id, reuses FROM job WHERE id = :job_id AND NOT @held;

-- name: purge_jobs
-- Note that the content is gone; what names the recording or quotes a provider goes with it.
UPDATE job SET purged_at = :now, file_name = :nothing, last_error = NULL, problem_params = NULL, remote_url = NULL,
    reuses = ''
WHERE id IN @ids RETURNING id;

-- name: purge_events
-- What the timeline quotes goes; when what happened stays.
UPDATE job_event SET detail = NULL WHERE job_id IN @ids AND detail IS NOT NULL RETURNING revision;

-- name: purge_transcripts
-- Delete the transcripts of purged jobs, unless another job shares them.
DELETE FROM transcript
WHERE job_id IN @ids
    AND EXISTS (SELECT 1 FROM job WHERE job.id = transcript.job_id AND job.purged_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM job WHERE job.reuses = transcript.job_id AND job.reuses <> '')
RETURNING job_id;

-- name: purge_speaker_names
-- Delete them.
DELETE FROM speaker_names WHERE job_id IN @ids RETURNING job_id;

-- name: purge_index
-- A job whose content is gone is not found.
DELETE FROM transcript_index WHERE job_id IN @ids RETURNING id;

-- name: purge_blocks
-- Delete them.
DELETE FROM block WHERE job_id IN @ids RETURNING number;

-- name: purge_inbox_of
-- Delete what waits for these jobs.
UPDATE inbox SET used = 1, payload = :nothing WHERE used = 0 AND ref IN (
    SELECT remote_ref FROM job WHERE id IN @ids AND remote_ref IS NOT NULL
    UNION ALL SELECT account || ':' || remote_ref FROM job WHERE id IN @ids AND remote_ref IS NOT NULL
    UNION ALL SELECT hook_token FROM job WHERE id IN @ids
    UNION ALL SELECT id FROM job WHERE id IN @ids
) RETURNING id;

-- name: purge_inbox
-- Delete what came before.
DELETE FROM inbox WHERE received_at < :before RETURNING id;

-- name: discard_webhooks_of_ended_sqlite
-- Delete the webhooks of jobs that are over; their references have the form "account:reference".
UPDATE inbox SET used = 1, payload = :nothing
WHERE used = 0 AND ref LIKE '%:%' AND (
    SELECT state FROM job
    WHERE account = substr(ref, 1, instr(ref, ':') - 1) AND remote_ref = substr(ref, instr(ref, ':') + 1)
    ORDER BY created_at DESC LIMIT 1
) IN ('done', 'failed', 'cancelled', 'deleted')
RETURNING id;

-- name: discard_webhooks_of_ended_postgres
-- The same.
UPDATE inbox SET used = 1, payload = :nothing
WHERE used = 0 AND ref LIKE '%:%' AND (
    SELECT state FROM job
    WHERE account = split_part(ref, ':', 1) AND remote_ref = substr(ref, strpos(ref, ':') + 1)
    ORDER BY created_at DESC LIMIT 1
) IN ('done', 'failed', 'cancelled', 'deleted')
RETURNING id;
