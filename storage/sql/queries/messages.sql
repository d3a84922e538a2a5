-- Our own messages in Slack (outbox), and what came in and waits (inbox). `@ids` is a list in JSON, as a subquery.

-- name: outbox_message
-- A message of ours.
SELECT * FROM outbox WHERE key = :key;

-- name: outbox_of_job
-- Everything that was posted for a job.
SELECT * FROM outbox WHERE job_id = :job_id ORDER BY key;

-- name: claim_outbox
-- Claim a message that nobody has changed since, and nobody else has claimed; it is stored as given.
INSERT INTO outbox (
    key, job_id, channel_id, thread_ts, phase, intent_at, ts, file_id, verify_at, owner, claimed_until, revision,
    team_id
)
SELECT CAST(:key AS TEXT), CAST(:job_id AS TEXT), CAST(:channel_id AS TEXT), CAST(:thread_ts AS TEXT),
    CAST(:phase AS TEXT), CAST(:intent_at AS DOUBLE PRECISION), CAST(:ts AS TEXT), CAST(:file_id AS TEXT),
    CAST(:verify_at AS DOUBLE PRECISION), CAST(:owner AS TEXT), CAST(:until AS DOUBLE PRECISION), 1,
    CAST(:team_id AS TEXT)
WHERE CAST(:revision AS INTEGER) = 0 OR EXISTS (SELECT 1 FROM outbox WHERE key = :key)
ON CONFLICT (key) DO UPDATE SET
    job_id = excluded.job_id, channel_id = excluded.channel_id, thread_ts = excluded.thread_ts,
    phase = excluded.phase, intent_at = excluded.intent_at, ts = excluded.ts, file_id = excluded.file_id,
    verify_at = excluded.verify_at, owner = excluded.owner, claimed_until = excluded.claimed_until,
    team_id = excluded.team_id,
    revision = outbox.revision + 1
WHERE outbox.revision = :revision
    AND (outbox.owner = '' OR outbox.owner = :owner OR outbox.claimed_until <= CAST(:now AS DOUBLE PRECISION))
RETURNING revision;

-- name: add_outbox
-- A message that is not there yet (no row if it is).
INSERT INTO outbox (
    key, job_id, channel_id, thread_ts, phase, intent_at, ts, file_id, verify_at, owner, claimed_until, revision,
    team_id
)
VALUES (:key, :job_id, :channel_id, :thread_ts, :phase, :intent_at, :ts, :file_id, :verify_at, '', 0, 1, :team_id)
ON CONFLICT (key) DO NOTHING
RETURNING revision;

-- name: update_outbox
-- Replace a message that nobody has changed since.
UPDATE outbox SET job_id = :job_id, channel_id = :channel_id, thread_ts = :thread_ts, phase = :phase,
    intent_at = :intent_at, ts = :ts, file_id = :file_id, verify_at = :verify_at, team_id = :team_id,
    owner = CASE WHEN :release = 1 THEN '' ELSE owner END,
    claimed_until = CASE WHEN :release = 1 THEN 0 ELSE claimed_until END,
    revision = revision + 1
WHERE key = :key AND revision = :revision
RETURNING owner, claimed_until, revision;

-- name: outbox_to_verify
-- Messages that should be checked again by now.
SELECT * FROM outbox WHERE verify_at IS NOT NULL AND verify_at <= :now ORDER BY verify_at LIMIT :count;

-- name: put_inbox
-- Keep an item, unless it is there already (no row then); the key of one that was used long ago is free again.
INSERT INTO inbox (kind, key, ref, payload, received_at, due_at, team_id)
VALUES (:kind, :key, :ref, :payload, :now, :due_at, :team_id)
ON CONFLICT (kind, key) DO UPDATE SET
    ref = excluded.ref, payload = excluded.payload, received_at = excluded.received_at, due_at = excluded.due_at,
    used = 0, attempts = 0, claim = '', claimed_until = 0, team_id = excluded.team_id
WHERE inbox.used = 1 AND inbox.received_at < CAST(:before AS DOUBLE PRECISION)
RETURNING id;

-- name: inbox_for
-- What waits for these references, oldest first.
SELECT * FROM inbox WHERE kind = :kind AND ref IN @ids AND used = 0 ORDER BY id;

-- name: inbox_due
-- What waits and is due; of one workspace if one is named.
SELECT * FROM inbox
WHERE kind = :kind AND used = 0 AND due_at <= :now AND (:team_id = '' OR team_id = :team_id)
ORDER BY due_at LIMIT :count;

-- name: claim_inbox_sqlite
-- The same, claimed.
UPDATE inbox SET claim = :claim, claimed_until = :until
WHERE id IN (
    SELECT id FROM inbox
    WHERE kind = :kind AND used = 0 AND due_at <= :now AND claimed_until <= :now
        AND (:team_id = '' OR team_id = :team_id)
    ORDER BY due_at LIMIT :count
)
RETURNING *;

-- name: claim_inbox_postgres
-- The same, passing by rows that another process is claiming at this moment.
UPDATE inbox SET claim = :claim, claimed_until = :until
WHERE id IN (
    SELECT id FROM inbox
    WHERE kind = :kind AND used = 0 AND due_at <= :now AND claimed_until <= :now
        AND (:team_id = '' OR team_id = :team_id)
    ORDER BY due_at LIMIT :count FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: use_inbox
-- Done: delete the payload, keep the key. Without a claim, also if it is claimed.
UPDATE inbox SET used = 1, payload = :nothing WHERE id = :id AND (:claim = '' OR claim = :claim) AND used = 0
RETURNING id;

-- name: postpone_inbox
-- Not done: end the claim and try again later.
UPDATE inbox SET claim = '', claimed_until = 0, attempts = attempts + 1, due_at = :due_at
WHERE id = :id AND claim = :claim AND used = 0
RETURNING id;
