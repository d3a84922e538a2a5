-- Search: the index of folded words, and sealed transcripts that are opened one by one.

-- name: index_transcript_sqlite
-- Let a job be found by its own transcript; the place of a direct message is its user. Triggers keep the index.
INSERT INTO transcript_index (job_id, source, place, sealed, words)
SELECT id, id, team_id || 'x' || CASE WHEN channel_id LIKE 'D%' THEN user_id ELSE channel_id END, :sealed, :words
FROM job WHERE id = :job_id
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: index_transcript_postgres
-- Done by `put_transcript`.

-- name: index_shares_sqlite
-- Jobs that share it are found by what it says now.
UPDATE transcript_index SET sealed = :sealed, words = :words WHERE source = :job_id AND job_id <> :job_id RETURNING id;

-- name: index_shares_postgres
-- Done by `put_transcript`.

-- name: share_index_sqlite
-- Let a job be found by the transcript that it shares.
INSERT INTO transcript_index (job_id, source, place, sealed, words)
SELECT job.id, transcript_index.source,
    job.team_id || 'x' || CASE WHEN job.channel_id LIKE 'D%' THEN job.user_id ELSE job.channel_id END,
    transcript_index.sealed, transcript_index.words
FROM job JOIN transcript_index ON transcript_index.job_id = :source WHERE job.id = :job_id
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: share_index_postgres
-- The same; the other place stays among the words, so both the words and the column decide where it is found.
INSERT INTO transcript_index (job_id, source, place, sealed, words)
SELECT id, source, place, sealed, words || array_to_tsvector(ARRAY[place])
FROM (
    SELECT job.id, transcript_index.source, transcript_index.sealed, transcript_index.words,
        job.team_id || 'x' || CASE WHEN job.channel_id LIKE 'D%' THEN job.user_id ELSE job.channel_id END AS place
    FROM job JOIN transcript_index ON transcript_index.job_id = :source WHERE job.id = :job_id
) AS placed
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: search_index_sqlite
-- Answered jobs by what was said in them, newest first; the index gives them in that order.
SELECT transcript_index.id AS found_id, job.*
FROM transcript_fts
    CROSS JOIN transcript_index ON transcript_index.id = transcript_fts.rowid
    CROSS JOIN job ON job.id = transcript_index.job_id
WHERE transcript_fts MATCH :fts AND transcript_fts.rowid < :before AND job.state = 'done'
ORDER BY transcript_fts.rowid DESC LIMIT :count;

-- name: search_index_postgres
-- The same, by the index: left alone, PostgreSQL reads the table backwards for words that are rare.
WITH hit AS MATERIALIZED (
    SELECT id, job_id FROM transcript_index
    WHERE words @@ CAST(CAST(:tsquery AS TEXT) AS TSQUERY) AND place = ANY(string_to_array(:places, ','))
        AND id < :before
)
SELECT hit.id AS found_id, job.*
FROM hit JOIN job ON job.id = hit.job_id
WHERE job.state = 'done'
ORDER BY hit.id DESC LIMIT :count;

-- name: search_newest_sqlite
-- The index itself begins with the newest.
SELECT id FROM transcript_index WHERE id < 0;

-- name: search_newest_postgres
-- Among the newest, without the index, which would first find all that have a frequent word.
SELECT newest.id AS found_id, job.*
FROM (SELECT id, job_id, place, words FROM transcript_index WHERE id < :before ORDER BY id DESC LIMIT 1000) AS newest
    JOIN job ON job.id = newest.job_id
WHERE newest.words @@ CAST(CAST(:words AS TEXT) AS TSQUERY)
    AND newest.place = ANY(string_to_array(:places, ',')) AND job.state = 'done'
ORDER BY newest.id DESC LIMIT :count;

-- name: sealed_transcripts
-- Sealed transcripts of some places, newest first. `places` is ",T1xC1,T1xC2,".
SELECT transcript_index.id, transcript_index.job_id, transcript_index.source, transcript.body
FROM transcript_index JOIN transcript ON transcript.job_id = transcript_index.source
WHERE transcript_index.sealed = 1 AND transcript_index.id < :before 
    AND :places LIKE '%,' || transcript_index.place || ',%'
ORDER BY transcript_index.id DESC LIMIT :count;

-- name: merge_index_sqlite
-- Rewrite a part of the index, without the words that were deleted.
INSERT INTO transcript_fts (transcript_fts, rank) VALUES ('merge', :pages);

-- name: merge_index_postgres
-- PostgreSQL's own vacuum does it.
SELECT CAST(:pages AS INTEGER) AS pages;

-- name: changes_sqlite
-- How many rows this connection has changed so far.
SELECT total_changes() AS changes;

-- name: changes_postgres
-- Nothing to count.
SELECT 0 AS changes;

-- name: use_of_user
-- How much one user had transcribed in a stretch of time.
SELECT COUNT(*) AS recordings, COALESCE(SUM(file_seconds), 0) AS seconds FROM job
WHERE user_id = :user_id AND created_at >= :since AND created_at < :until AND team_id = :team_id
    AND state = 'done' AND outcome = 'transcript';
