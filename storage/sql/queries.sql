-- Every statement of the program, by name (aiosql). One text serves SQLite and PostgreSQL; where they must differ,
-- two statements end in _sqlite and _postgres. Each gives rows: a change says what it changed by RETURNING.
-- 253402300799 is FAR_FUTURE: rows at or beyond it (parked, final) are outside the partial indexes.

-- ------------------------------------------------------------------------------------------------ jobs

-- name: add_job(id, team_id, enterprise_id, channel_id, thread_ts, message_ts, file_id, user_id, state, lane, rank, person, created_at, updated_at, due_at, file_name, file_mimetype, file_filetype, file_size, file_seconds, file_subtype, language, recording_type, expected_audio, provider, account, outcome, problem_code, problem_params, attempts, last_error, client_ref, hook_token, remote_ref, remote_url, remote_expires_at, submitted_at, progress, parked_from, parked_for, cancel_by, reuses, finished_at, version)
-- A new job, unless its origin is known already (no row then).
INSERT INTO job (
    id, team_id, enterprise_id, channel_id, thread_ts, message_ts, file_id, user_id, state, lane, rank, person,
    created_at, updated_at, due_at, file_name, file_mimetype, file_filetype, file_size, file_seconds, file_subtype,
    language, recording_type, expected_audio, provider, account, outcome, problem_code, problem_params, attempts, last_error,
    client_ref, hook_token, remote_ref, remote_url, remote_expires_at, submitted_at, progress, parked_from,
    parked_for, cancel_by, reuses, finished_at, version
) VALUES (
    :id, :team_id, :enterprise_id, :channel_id, :thread_ts, :message_ts, :file_id, :user_id, :state, :lane, :rank,
    :person, :created_at, :updated_at, :due_at, :file_name, :file_mimetype, :file_filetype, :file_size,
    :file_seconds, :file_subtype, :language, :recording_type, :expected_audio, :provider, :account, :outcome, :problem_code,
    :problem_params, :attempts, :last_error, :client_ref, :hook_token, :remote_ref, :remote_url,
    :remote_expires_at, :submitted_at, :progress, :parked_from, :parked_for, :cancel_by, :reuses, :finished_at,
    :version
)
ON CONFLICT (team_id, file_id, channel_id, thread_ts, version) DO NOTHING
RETURNING id;

-- name: job_of_origin(team_id, file_id, channel_id, thread_ts, version)
-- The job of an origin.
SELECT * FROM job
WHERE team_id = :team_id AND file_id = :file_id AND channel_id = :channel_id AND thread_ts = :thread_ts
    AND version = :version;

-- name: change_job(id, source, token, keep_lease, now, wake_count, state, lane, rank, updated_at, due_at, file_name, file_mimetype, file_filetype, file_size, file_seconds, file_subtype, language, recording_type, expected_audio, provider, account, outcome, problem_code, problem_params, attempts, last_error, client_ref, hook_token, remote_ref, remote_url, remote_expires_at, submitted_at, progress, parked_from, parked_for, sets_cancel_by, cancel_by, reuses, finished_at)
-- Compare-and-set on id, state and lease token. A row that was woken since it was claimed does not sleep past now
-- (a parked or final one, due in the far future, does). Who asked to cancel stays unless the change sets it.
UPDATE job SET
    state = :state, lane = :lane, rank = :rank, updated_at = :updated_at,
    due_at = CASE
        WHEN CAST(:due_at AS DOUBLE PRECISION) < 253402300799 AND :due_at > CAST(:now AS DOUBLE PRECISION)
            AND (wake_count <> :wake_count OR (lease_token <> '' AND wake_count <> wake_count_at_claim)) THEN :now
        ELSE :due_at
    END,
    file_name = :file_name, file_mimetype = :file_mimetype, file_filetype = :file_filetype, file_size = :file_size,
    file_seconds = :file_seconds, file_subtype = :file_subtype, language = :language,
    recording_type = :recording_type, expected_audio = :expected_audio, provider = :provider, account = :account,
    outcome = :outcome, problem_code = :problem_code, problem_params = :problem_params, attempts = :attempts,
    last_error = :last_error, client_ref = :client_ref, hook_token = :hook_token, remote_ref = :remote_ref,
    remote_url = :remote_url, remote_expires_at = :remote_expires_at, submitted_at = :submitted_at,
    progress = :progress, parked_from = :parked_from, parked_for = :parked_for,
    cancel_by = CASE WHEN :sets_cancel_by = 1 THEN :cancel_by ELSE cancel_by END,
    reuses = :reuses, finished_at = :finished_at,
    lease_token = CASE WHEN :keep_lease = 1 THEN lease_token ELSE '' END,
    lease_until = CASE WHEN :keep_lease = 1 THEN lease_until ELSE 0 END,
    revision = revision + 1
WHERE id = :id AND state = :source AND lease_token = :token
RETURNING due_at, cancel_by, wake_count, lease_token, revision;

-- name: add_event(job_id, revision, at, source, target, cause)
-- One line of a job's timeline.
INSERT INTO job_event (job_id, revision, at, source, target, cause)
VALUES (:job_id, :revision, :at, :source, :target, :cause)
RETURNING revision;

-- name: events(job_id)
-- The timeline of a job.
SELECT at, source, target, cause FROM job_event WHERE job_id = :job_id ORDER BY revision;

-- name: job(id)
-- One job.
SELECT * FROM job WHERE id = :id;

-- name: job_by_ref(account, ref)
-- The job with this remote reference; the newest, should a provider ever use one twice.
SELECT * FROM job WHERE account = :account AND remote_ref = :ref ORDER BY created_at DESC LIMIT 1;

-- name: job_by_hook_token(token)
-- The job with this hook token.
SELECT * FROM job WHERE hook_token = :token;

-- name: jobs_of_message(team_id, channel_id, message_ts)
-- All jobs of one message, in the order they came.
SELECT * FROM job
WHERE team_id = :team_id AND channel_id = :channel_id AND message_ts = :message_ts
ORDER BY created_at, id;

-- name: jobs_of_file(team_id, file_id)
-- All jobs of one file, oldest first.
SELECT * FROM job WHERE team_id = :team_id AND file_id = :file_id ORDER BY created_at, id;

-- name: jobs_in_state(state, team_id, user_id, channels, before, count)
-- A page of the jobs in one state, newest first. `channels` is empty or ",C1,C2,".
SELECT * FROM job
WHERE state = :state AND created_at < :before
    AND (:team_id = '' OR team_id = :team_id)
    AND (:user_id = '' OR user_id = :user_id)
    AND (:channels = '' OR :channels LIKE '%,' || channel_id || ',%')
ORDER BY created_at DESC LIMIT :count;

-- name: jobs_of_user(user_id, team_id, channels, states, before, count)
-- A page of one person's jobs, newest first.
SELECT * FROM job
WHERE user_id = :user_id AND created_at < :before
    AND (:team_id = '' OR team_id = :team_id)
    AND (:channels = '' OR :channels LIKE '%,' || channel_id || ',%')
    AND (:states = '' OR :states LIKE '%,' || state || ',%')
ORDER BY created_at DESC LIMIT :count;

-- name: jobs_of_channel(channel_id, team_id, states, before, count)
-- A page of one channel's jobs, newest first.
SELECT * FROM job
WHERE channel_id = :channel_id AND created_at < :before
    AND (:team_id = '' OR team_id = :team_id)
    AND (:states = '' OR :states LIKE '%,' || state || ',%')
ORDER BY created_at DESC LIMIT :count;

-- name: count_ahead(lane, created_at)
-- How many jobs of a lane that will be due some day are older.
SELECT COUNT(*) AS jobs FROM job
WHERE lane = :lane AND due_at < 253402300799 AND created_at < :created_at;

-- name: count_by_state()
-- How many jobs are in each state.
SELECT state, COUNT(*) AS jobs FROM job GROUP BY state;

-- name: oldest_in_state(state)
-- When the oldest job of a state was made.
SELECT MIN(created_at) AS created_at FROM job WHERE state = :state;

-- ------------------------------------------------------------------------------------------------ leases

-- name: claim_due_sqlite(lane, rank, now, token, until)
-- Lease the job of one rank that has been due longest.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job
    WHERE lane = :lane AND rank = :rank AND due_at <= :now AND due_at < 253402300799 AND lease_until <= :now
    ORDER BY due_at, created_at LIMIT 1
)
RETURNING *;

-- name: claim_due_postgres(lane, rank, now, token, until)
-- The same, passing by rows that another server is leasing at this moment.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job
    WHERE lane = :lane AND rank = :rank AND due_at <= :now AND due_at < 253402300799 AND lease_until <= :now
    ORDER BY due_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: claim_of_person_sqlite(lane, person, now, token, until)
-- Lease the oldest due job of a person that is not begun. Left alone, SQLite would sort all that is due in the lane.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job INDEXED BY job_turn
    WHERE lane = :lane AND person = :person AND rank = 2 AND due_at <= :now AND due_at < 253402300799
        AND lease_until <= :now
    ORDER BY created_at, id LIMIT 1
)
RETURNING *;

-- name: claim_of_person_postgres(lane, person, now, token, until)
-- The same, passing by rows that another server is leasing at this moment.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job
    WHERE lane = :lane AND person = :person AND rank = 2 AND due_at <= :now AND due_at < 253402300799
        AND lease_until <= :now
    ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: rouse_turns_sqlite(lane, now)
-- People whose time has come stand in line.
UPDATE turn SET ready = 1 WHERE lane = :lane AND ready = 0 AND due_at <= :now RETURNING person;

-- name: rouse_turns_postgres(lane, now)
-- The same, leaving to another server what it is changing at this moment.
UPDATE turn SET ready = 1 WHERE (lane, person) IN (
    SELECT lane, person FROM turn
    WHERE lane = :lane AND ready = 0 AND due_at <= :now FOR UPDATE SKIP LOCKED
) RETURNING person;

-- name: next_turn_sqlite(lane)
-- Who was served longest ago; among those never served, whose job is oldest.
SELECT person FROM turn WHERE lane = :lane AND ready = 1 ORDER BY served, since LIMIT 1;

-- name: next_turn_postgres(lane)
-- The same, locked: what another server changes for this person is then seen before they are sent to rest.
SELECT person FROM turn WHERE lane = :lane AND ready = 1 ORDER BY served, since LIMIT 1 FOR UPDATE;

-- name: serve_turn(lane, person)
-- This person has been served last of all.
UPDATE turn SET served = 1 + (SELECT MAX(served) FROM turn WHERE lane = :lane)
WHERE lane = :lane AND person = :person
RETURNING served;

-- name: rest_turn(lane, person)
-- This person has nothing to claim: out of the line until the next of their jobs wants attention.
UPDATE turn SET ready = 0,
    due_at = COALESCE((
        SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) FROM job
        WHERE lane = :lane AND person = :person AND rank = 2 AND due_at < 253402300799
    ), 253402300799),
    since = COALESCE((
        SELECT MIN(created_at) FROM job
        WHERE lane = :lane AND person = :person AND rank = 2 AND due_at < 253402300799
    ), 253402300799)
WHERE lane = :lane AND person = :person
RETURNING due_at;

-- name: mark_turn(lane, person, due_at, since)
-- A job of this person, not begun yet, wants attention at `due_at`.
INSERT INTO turn (lane, person, served, since, due_at, ready) VALUES (:lane, :person, 0, :since, :due_at, 0)
ON CONFLICT (lane, person) DO UPDATE SET
    due_at = CASE WHEN excluded.due_at < turn.due_at THEN excluded.due_at ELSE turn.due_at END,
    since = CASE WHEN excluded.since < turn.since THEN excluded.since ELSE turn.since END
RETURNING ready;

-- name: next_due(lane)
-- When the earliest unleased job of a lane is due, or the earliest lease ends on a job that is.
SELECT MIN(at) AS at FROM (
    SELECT at FROM (
        SELECT due_at AS at FROM job
        WHERE lane = :lane AND rank = 0 AND due_at < 253402300799 AND lease_token = '' ORDER BY due_at LIMIT 1
    ) AS finishing
    UNION ALL
    SELECT at FROM (
        SELECT due_at AS at FROM job
        WHERE lane = :lane AND rank = 1 AND due_at < 253402300799 AND lease_token = '' ORDER BY due_at LIMIT 1
    ) AS waiting
    UNION ALL
    SELECT at FROM (
        SELECT due_at AS at FROM job
        WHERE lane = :lane AND rank = 2 AND due_at < 253402300799 AND lease_token = '' ORDER BY due_at LIMIT 1
    ) AS beginning
    UNION ALL
    SELECT MIN(CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END) AS at FROM job
    WHERE lane = :lane AND lease_token <> '' AND due_at < 253402300799
) AS earliest;

-- name: renew(id, token, until)
-- Prolong a lease that is still held.
UPDATE job SET lease_until = :until WHERE id = :id AND lease_token = :token AND lease_token <> '' RETURNING id;

-- name: release(id, token)
-- Give a lease back unused.
UPDATE job SET lease_token = '', lease_until = 0 WHERE id = :id AND lease_token = :token AND lease_token <> ''
RETURNING lane, rank, person, due_at, created_at;

-- name: release_all(beyond)
-- Void every lease that ends later than that.
UPDATE job SET lease_token = '', lease_until = 0 WHERE lease_token <> '' AND lease_until > :beyond
RETURNING lane, rank, person, due_at, created_at;

-- name: wake(id, now)
-- Make an unfinished job due. A parked one is only noted: it is due when it is resumed.
UPDATE job SET wake_count = wake_count + 1,
    due_at = CASE WHEN state <> 'parked' AND due_at > :now THEN :now ELSE due_at END
WHERE id = :id AND state NOT IN ('done', 'failed', 'cancelled')
RETURNING lane, rank, person, due_at, created_at;

-- name: request_cancel(id, user_id, now)
-- Note who wants a job cancelled and make it due, a parked one too.
UPDATE job SET wake_count = wake_count + 1, cancel_by = :user_id,
    due_at = CASE WHEN due_at > :now THEN :now ELSE due_at END
WHERE id = :id AND state NOT IN ('replying', 'done', 'failed', 'cancelled')
    AND NOT (state = 'parked' AND parked_from = 'replying')
RETURNING lane, rank, person, due_at, created_at;

-- name: parked_jobs(account, count)
-- Jobs that wait for an account to be mended.
SELECT * FROM job WHERE parked_for = :account AND state = 'parked' AND lease_token = '' LIMIT :count;

-- ------------------------------------------------------------------------------------------------ content

-- name: put_transcript(job_id, body, now)
-- What was said; replaces what was stored before.
INSERT INTO transcript (job_id, body, stored_at) VALUES (:job_id, :body, :now)
ON CONFLICT (job_id) DO UPDATE SET body = excluded.body, stored_at = excluded.stored_at
RETURNING job_id;

-- name: unpurge(job_id)
-- The job has content again.
UPDATE job SET purged_at = NULL WHERE id = :job_id AND purged_at IS NOT NULL RETURNING id;

-- name: transcript(job_id)
-- A job's own transcript, whose it shares, and whether its content was purged.
SELECT job.reuses, job.purged_at, transcript.body
FROM job LEFT JOIN transcript ON transcript.job_id = job.id
WHERE job.id = :job_id;

-- name: find_reusable(team_id, file_id, provider, language, recording_type)
-- A job that has a transcript of this file, made the same way; the newest.
SELECT job.id FROM job JOIN transcript ON transcript.job_id = job.id
WHERE job.team_id = :team_id AND job.file_id = :file_id AND job.provider = :provider
    AND COALESCE(job.language, '') = :language
    AND COALESCE(job.recording_type, '') = :recording_type
    AND job.purged_at IS NULL
ORDER BY transcript.stored_at DESC LIMIT 1;

-- name: put_block(job_id, number, body)
-- One finished stretch of a local transcription.
INSERT INTO block (job_id, number, body) VALUES (:job_id, :number, :body)
ON CONFLICT (job_id, number) DO UPDATE SET body = excluded.body
RETURNING number;

-- name: blocks(job_id)
-- The stored stretches in order.
SELECT number, body FROM block WHERE job_id = :job_id ORDER BY number;

-- name: drop_blocks(job_id)
-- Forget them.
DELETE FROM block WHERE job_id = :job_id RETURNING number;

-- name: pieces(job_id)
-- The pieces of a recording in order.
SELECT number, start_seconds, seconds, digest, sends, body FROM piece WHERE job_id = :job_id ORDER BY number;

-- name: add_piece(job_id, number, start_seconds, seconds, digest)
-- A piece that is to be sent.
INSERT INTO piece (job_id, number, start_seconds, seconds, digest)
VALUES (:job_id, :number, :start_seconds, :seconds, :digest)
RETURNING number;

-- name: forget_sends(job_id)
-- Pieces without an answer may be sent as often as new ones.
UPDATE piece SET sends = 0, sent_at = NULL WHERE job_id = :job_id AND body IS NULL RETURNING number;

-- name: piece_sent(job_id, number, now)
-- A request for it is about to leave.
UPDATE piece SET sends = sends + 1, sent_at = :now WHERE job_id = :job_id AND number = :number RETURNING number;

-- name: piece_not_done(job_id, number)
-- The service certainly did nothing for the last request.
UPDATE piece SET sends = sends - 1, sent_at = NULL
WHERE job_id = :job_id AND number = :number AND sends > 0 RETURNING number;

-- name: piece_answered(job_id, number, body, now)
-- What was said in it.
UPDATE piece SET body = :body, answered_at = :now WHERE job_id = :job_id AND number = :number RETURNING number;

-- name: drop_pieces(job_id)
-- Forget them.
DELETE FROM piece WHERE job_id = :job_id RETURNING number;

-- name: jobs_to_purge(older_than, count)
-- Jobs that ended before and still have content.
SELECT id, reuses FROM job
WHERE finished_at < :older_than AND finished_at IS NOT NULL AND purged_at IS NULL
ORDER BY finished_at LIMIT :count;

-- name: reuses(job_id)
-- Whose transcript a job shares.
SELECT reuses FROM job WHERE id = :job_id;

-- name: purge_job(job_id, now)
-- Note that the content is gone; what was said of a failure and the secret address go with it.
UPDATE job SET purged_at = :now, problem_params = NULL, remote_url = NULL WHERE id = :job_id RETURNING id;

-- name: purge_transcript(job_id)
-- Delete the transcript of a purged job, unless a job that is not purged shares it.
DELETE FROM transcript
WHERE job_id = :job_id
    AND EXISTS (SELECT 1 FROM job WHERE job.id = :job_id AND job.purged_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM job WHERE job.reuses = :job_id AND job.reuses <> '' AND job.purged_at IS NULL)
RETURNING job_id;

-- name: save_speaker_names(job_id, body, revision)
-- The names of a job's speakers, if nobody else changed them meanwhile (no row then).
INSERT INTO naming (job_id, body, revision) VALUES (:job_id, :body, :revision)
ON CONFLICT (job_id) DO UPDATE SET body = excluded.body, revision = excluded.revision
WHERE naming.revision = excluded.revision - 1
RETURNING revision;

-- name: naming(job_id)
-- The names of a job's speakers.
SELECT body, revision FROM naming WHERE job_id = :job_id;

-- name: purge_naming(job_id)
-- Forget them.
DELETE FROM naming WHERE job_id = :job_id RETURNING job_id;

-- name: purge_inbox_of(job_id, nothing)
-- Forget the pushes that wait for a job.
UPDATE inbox SET used = 1, payload = :nothing WHERE used = 0 AND ref IN (
    SELECT remote_ref FROM job WHERE id = :job_id AND remote_ref IS NOT NULL
    UNION ALL SELECT account || ':' || remote_ref FROM job WHERE id = :job_id AND remote_ref IS NOT NULL
    UNION ALL SELECT hook_token FROM job WHERE id = :job_id
    UNION ALL SELECT id FROM job WHERE id = :job_id
) RETURNING id;

-- name: purge_inbox(older_than)
-- Delete pushes that came before.
DELETE FROM inbox WHERE received_at < :older_than RETURNING id;

-- ------------------------------------------------------------------------------------------------ search

-- name: put_said_sqlite(job_id, sealed, words)
-- Let a job be found by its own transcript; a direct message is its person's place. Triggers keep the index.
INSERT INTO said (job_id, source, place, sealed, words)
SELECT id, id, team_id || 'x' || CASE WHEN channel_id LIKE 'D%' THEN user_id ELSE channel_id END, :sealed, :words
FROM job WHERE id = :job_id
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: put_said_postgres(job_id, sealed, vector)
-- The same; the words come as PostgreSQL writes a tsvector, and the place is one of them: no word has capitals.
INSERT INTO said (job_id, source, place, sealed, words)
SELECT id, id, place, CAST(:sealed AS INTEGER),
    CAST(CAST(:vector AS TEXT) AS TSVECTOR) || array_to_tsvector(ARRAY[place])
FROM (
    SELECT id, team_id || 'x' || CASE WHEN channel_id LIKE 'D%' THEN user_id ELSE channel_id END AS place
    FROM job WHERE id = :job_id
) AS placed
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: put_said_of_shares_sqlite(job_id, sealed, words)
-- Those that share it are found by what it says now.
UPDATE said SET sealed = :sealed, words = :words WHERE source = :job_id AND job_id <> :job_id RETURNING id;

-- name: put_said_of_shares_postgres(job_id, sealed, vector)
-- The same.
UPDATE said SET sealed = :sealed,
    words = CAST(CAST(:vector AS TEXT) AS TSVECTOR) || array_to_tsvector(ARRAY[place])
WHERE source = :job_id AND job_id <> :job_id RETURNING id;

-- name: share_said_sqlite(job_id, source)
-- Let a job be found by the transcript that it shares.
INSERT INTO said (job_id, source, place, sealed, words)
SELECT job.id, said.source,
    job.team_id || 'x' || CASE WHEN job.channel_id LIKE 'D%' THEN job.user_id ELSE job.channel_id END,
    said.sealed, said.words
FROM job JOIN said ON said.job_id = :source WHERE job.id = :job_id
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: share_said_postgres(job_id, source)
-- The same; the other place stays among the words, so both the words and the column decide where it is found.
INSERT INTO said (job_id, source, place, sealed, words)
SELECT id, source, place, sealed, words || array_to_tsvector(ARRAY[place])
FROM (
    SELECT job.id, said.source, said.sealed, said.words,
        job.team_id || 'x' || CASE WHEN job.channel_id LIKE 'D%' THEN job.user_id ELSE job.channel_id END AS place
    FROM job JOIN said ON said.job_id = :source WHERE job.id = :job_id
) AS placed
ON CONFLICT (job_id) DO UPDATE SET source = excluded.source, sealed = excluded.sealed, words = excluded.words
RETURNING id;

-- name: forget_said(job_id)
-- A job whose content is gone is not found.
DELETE FROM said WHERE job_id = :job_id RETURNING id;

-- name: search_said_sqlite(fts, before, count)
-- Answered jobs by what was said in them, newest first; the index gives them in that order.
SELECT said.id AS said_id, job.*
FROM said_index CROSS JOIN said ON said.id = said_index.rowid CROSS JOIN job ON job.id = said.job_id
WHERE said_index MATCH :fts AND said_index.rowid < :before AND job.state = 'done'
ORDER BY said_index.rowid DESC LIMIT :count;

-- name: search_said_postgres(tsquery, places, before, count)
-- The same, by the index: left alone, PostgreSQL reads the table backwards for words that are rare in truth.
WITH hit AS MATERIALIZED (
    SELECT id, job_id FROM said
    WHERE words @@ CAST(CAST(:tsquery AS TEXT) AS TSQUERY) AND place = ANY(string_to_array(:places, ','))
        AND id < :before
)
SELECT hit.id AS said_id, job.*
FROM hit JOIN job ON job.id = hit.job_id
WHERE job.state = 'done'
ORDER BY hit.id DESC LIMIT :count;

-- name: search_newest_sqlite()
-- The index itself begins with the newest.
SELECT id FROM said WHERE id < 0;

-- name: search_newest_postgres(said, places, before, count)
-- Among the newest, without the index, which would first find all that have a frequent word.
SELECT newest.id AS said_id, job.*
FROM (SELECT id, job_id, place, words FROM said WHERE id < :before ORDER BY id DESC LIMIT 1000) AS newest
    JOIN job ON job.id = newest.job_id
WHERE newest.words @@ CAST(CAST(:said AS TEXT) AS TSQUERY)
    AND newest.place = ANY(string_to_array(:places, ',')) AND job.state = 'done'
ORDER BY newest.id DESC LIMIT :count;

-- name: sealed_said(places, before, count)
-- Sealed transcripts of some places, newest first. `places` is ",T1xC1,T1xC2,".
SELECT said.id, said.job_id, said.source, transcript.body
FROM said JOIN transcript ON transcript.job_id = said.source
WHERE said.sealed = 1 AND said.id < :before AND :places LIKE '%,' || said.place || ',%'
ORDER BY said.id DESC LIMIT :count;

-- name: transcripts_after(after, count)
-- All transcripts, a page at a time.
SELECT job_id, body FROM transcript WHERE job_id > :after ORDER BY job_id LIMIT :count;

-- name: merge_said_sqlite(pages)!
-- Rewrite a part of the index, without the words that were deleted.
INSERT INTO said_index (said_index, rank) VALUES ('merge', :pages);

-- name: merge_said_postgres(pages)
-- PostgreSQL's own vacuum does it.
SELECT CAST(:pages AS INTEGER) AS pages;

-- name: changes_sqlite()
-- How many rows this connection has changed so far.
SELECT total_changes() AS changes;

-- name: changes_postgres()
-- Nothing to count.
SELECT 0 AS changes;

-- name: use_of_user(team_id, user_id, since, until)
-- How much one person had transcribed in a stretch of time.
SELECT COUNT(*) AS recordings, COALESCE(SUM(file_seconds), 0) AS seconds FROM job
WHERE user_id = :user_id AND created_at >= :since AND created_at < :until AND team_id = :team_id
    AND state = 'done' AND outcome = 'transcript';

-- ------------------------------------------------------------------------------------------------ messages

-- name: outgoing(key)
-- A message of ours.
SELECT * FROM outgoing WHERE key = :key;

-- name: outbox_of_job(job_id)
-- Everything that was posted for a job.
SELECT * FROM outgoing WHERE job_id = :job_id ORDER BY key;

-- name: save_outbox(key, job_id, channel_id, thread_ts, phase, intent_at, ts, file_id, verify_at)
-- Insert or replace a message of ours.
INSERT INTO outgoing (key, job_id, channel_id, thread_ts, phase, intent_at, ts, file_id, verify_at)
VALUES (:key, :job_id, :channel_id, :thread_ts, :phase, :intent_at, :ts, :file_id, :verify_at)
ON CONFLICT (key) DO UPDATE SET
    job_id = excluded.job_id, channel_id = excluded.channel_id, thread_ts = excluded.thread_ts,
    phase = excluded.phase, intent_at = excluded.intent_at, ts = excluded.ts, file_id = excluded.file_id,
    verify_at = excluded.verify_at
RETURNING key;

-- name: outbox_to_verify(now, count)
-- Messages that should be looked up again by now.
SELECT * FROM outgoing WHERE verify_at IS NOT NULL AND verify_at <= :now ORDER BY verify_at LIMIT :count;

-- name: put_inbox(kind, key, ref, payload, now, due_at)
-- Keep a push, unless it is there already (no row then).
INSERT INTO inbox (kind, key, ref, payload, received_at, due_at)
VALUES (:kind, :key, :ref, :payload, :now, :due_at)
ON CONFLICT (kind, key) DO NOTHING
RETURNING id;

-- name: forget_used_inbox(before)
-- Keys of used pushes are needed for a day only.
DELETE FROM inbox WHERE used = 1 AND received_at < :before RETURNING id;

-- name: inbox_for(kind, ref)
-- What waits for a reference, oldest first.
SELECT id, kind, key, ref, payload, due_at FROM inbox WHERE kind = :kind AND ref = :ref AND used = 0 ORDER BY id;

-- name: inbox_due(kind, now, count)
-- What waits and is due.
SELECT id, kind, key, ref, payload, due_at FROM inbox
WHERE kind = :kind AND used = 0 AND due_at <= :now ORDER BY due_at LIMIT :count;

-- name: use_inbox(id, nothing)
-- Forget a payload, keep its key.
UPDATE inbox SET used = 1, payload = :nothing WHERE id = :id RETURNING id;

-- name: use_inbox_for(kind, ref, nothing)
-- The same of all that waits for a reference.
UPDATE inbox SET used = 1, payload = :nothing WHERE kind = :kind AND ref = :ref AND used = 0 RETURNING id;

-- ------------------------------------------------------------------------------------------------ budgets

-- name: budget_sqlite(account)
-- An account's budget; the transaction holds the write lock.
SELECT arrival_at, held_until, asked_at FROM budget WHERE account = :account;

-- name: budget_postgres(account)
-- An account's budget, locked until the end of the transaction.
SELECT arrival_at, held_until, asked_at FROM budget WHERE account = :account FOR UPDATE;

-- name: open_budget(account)
-- Make sure that an account has a budget.
INSERT INTO budget (account, arrival_at, held_until, asked_at) VALUES (:account, 0, 0, NULL)
ON CONFLICT (account) DO NOTHING
RETURNING account;

-- name: put_budget(account, arrival_at, held_until, asked_at)
-- What is left of an account's budget.
UPDATE budget SET arrival_at = :arrival_at, held_until = :held_until, asked_at = :asked_at WHERE account = :account
RETURNING account;

-- name: hold(account, until)
-- Nobody takes from this budget before.
INSERT INTO budget (account, arrival_at, held_until, asked_at) VALUES (:account, 0, :until, NULL)
ON CONFLICT (account) DO UPDATE SET
    held_until = CASE WHEN excluded.held_until > budget.held_until THEN excluded.held_until ELSE budget.held_until END
RETURNING account;

-- name: add_latency(account, audio_seconds, took_seconds)
-- One more finished job.
INSERT INTO latency (account, number, audio_seconds, took_seconds)
SELECT :account, COALESCE(MAX(number), 0) + 1, :audio_seconds, :took_seconds FROM latency WHERE account = :account
RETURNING number;

-- name: trim_latency(account, number)
-- Forget all up to this one.
DELETE FROM latency WHERE account = :account AND number <= :number RETURNING number;

-- name: latency(account)
-- What is known of an account's speed.
SELECT audio_seconds, took_seconds FROM latency WHERE account = :account ORDER BY number DESC LIMIT 50;

-- ------------------------------------------------------------------------------------------------ preferences

-- name: channel_settings(team_id, channel_id)
-- How a channel wants its audio treated.
SELECT * FROM channel WHERE team_id = :team_id AND channel_id = :channel_id;

-- name: put_channel_settings(team_id, channel_id, provider, language, recording_type, automatic, speakers, timestamps, changed_by, changed_at)
-- Save it.
INSERT INTO channel (
    team_id, channel_id, provider, language, recording_type, automatic, speakers, timestamps, changed_by, changed_at
) VALUES (
    :team_id, :channel_id, :provider, :language, :recording_type, :automatic, :speakers, :timestamps, :changed_by,
    :changed_at
)
ON CONFLICT (team_id, channel_id) DO UPDATE SET
    provider = excluded.provider, language = excluded.language, recording_type = excluded.recording_type,
    automatic = excluded.automatic, speakers = excluded.speakers, timestamps = excluded.timestamps,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
RETURNING channel_id;

-- name: high_water(name)
-- A high-water mark.
SELECT mark FROM high_water WHERE name = :name;

-- name: high_waters(first, beyond)
-- The high-water marks with these first letters.
SELECT name, mark FROM high_water WHERE name >= :first AND name < :beyond ORDER BY name;

-- name: put_high_water(name, mark)
-- Move it.
INSERT INTO high_water (name, mark) VALUES (:name, :mark)
ON CONFLICT (name) DO UPDATE SET mark = excluded.mark
RETURNING name;

-- ------------------------------------------------------------------------------------------------ the store itself

-- name: seal_keys()
-- The keys that have sealed something here.
SELECT key_id FROM seal_key;

-- name: add_seal_key(key_id, now)
-- From now on this key seals.
INSERT INTO seal_key (key_id, first_used_at) VALUES (:key_id, :now) ON CONFLICT (key_id) DO NOTHING RETURNING key_id;

-- name: beat()
-- Write and read one row.
UPDATE pulse SET beats = beats + 1 WHERE id = 1 RETURNING beats;

-- name: schema_number()
-- Which migration was applied last.
SELECT MAX(number) AS number FROM migration;

-- name: add_migration(number, name, now)
-- Note that a migration was applied.
INSERT INTO migration (number, name, applied_at) VALUES (:number, :name, :now) RETURNING number;
