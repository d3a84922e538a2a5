-- Leases: who works on which job, in what order, and what is due again.

-- name: claim_due_sqlite
-- Lease the job of one rank that has been due longest.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job
    WHERE lane = :lane AND rank = :rank AND due_at <= :now AND due_at < 253402300799 AND lease_until <= :now
    ORDER BY due_at, created_at LIMIT 1
)
RETURNING *;

-- name: claim_due_postgres
-- The same, passing by rows that another server is leasing at this moment.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job
    WHERE lane = :lane AND rank = :rank AND due_at <= :now AND due_at < 253402300799 AND lease_until <= :now
    ORDER BY due_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: claim_of_person_sqlite
-- Lease the oldest due job of a user that is not begun. Left alone, SQLite would sort all that is due in the lane.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job INDEXED BY job_turn
    WHERE lane = :lane AND person = :person AND rank = 2 AND due_at <= :now AND due_at < 253402300799
        AND lease_until <= :now
    ORDER BY created_at, id LIMIT 1
)
RETURNING *;

-- name: claim_of_person_postgres
-- The same, passing by rows that another server is leasing at this moment.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = (
    SELECT id FROM job
    WHERE lane = :lane AND person = :person AND rank = 2 AND due_at <= :now AND due_at < 253402300799
        AND lease_until <= :now
    ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *;

-- name: ready_turns_sqlite
-- Users with a job that is due now are ready to be served.
UPDATE fair_turn SET ready = 1 WHERE lane = :lane AND ready = 0 AND due_at <= :now RETURNING person;

-- name: ready_turns_postgres
-- The same, leaving to another server what it is changing at this moment.
UPDATE fair_turn SET ready = 1 WHERE (lane, person) IN (
    SELECT lane, person FROM fair_turn
    WHERE lane = :lane AND ready = 0 AND due_at <= :now FOR UPDATE SKIP LOCKED
) RETURNING person;

-- name: next_turn_sqlite
-- The ready user served longest ago; among those never served, the one whose job is oldest.
SELECT person FROM fair_turn WHERE lane = :lane AND ready = 1 ORDER BY served, since LIMIT 1;

-- name: next_turn_postgres
-- The same, locked: what another process changes for this user is then seen before `rest_turn`.
SELECT person FROM fair_turn WHERE lane = :lane AND ready = 1 ORDER BY served, since LIMIT 1 FOR UPDATE;

-- name: serve_turn
-- This user has been served most recently.
UPDATE fair_turn SET served = 1 + (SELECT MAX(served) FROM fair_turn WHERE lane = :lane)
WHERE lane = :lane AND person = :person
RETURNING served;

-- name: rest_turn
-- This user has nothing to claim: not ready until the next of their jobs is due.
UPDATE fair_turn SET ready = 0,
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

-- name: mark_turn
-- A job of this user, not begun yet, is due at `due_at`.
INSERT INTO fair_turn (lane, person, served, since, due_at, ready) VALUES (:lane, :person, 0, :since, :due_at, 0)
ON CONFLICT (lane, person) DO UPDATE SET
    due_at = CASE WHEN excluded.due_at < fair_turn.due_at THEN excluded.due_at ELSE fair_turn.due_at END,
    since = CASE WHEN excluded.since < fair_turn.since THEN excluded.since ELSE fair_turn.since END
RETURNING ready;

-- name: next_due
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

-- name: renew
-- Prolong a lease that is still held.
UPDATE job SET lease_until = :until WHERE id = :id AND lease_token = :token AND lease_token <> '' RETURNING id;

-- name: release
-- Give a lease back unused.
UPDATE job SET lease_token = '', lease_until = 0 WHERE id = :id AND lease_token = :token AND lease_token <> ''
RETURNING lane, rank, person, due_at, created_at;

-- name: release_all
-- Void every lease that ends later than that.
UPDATE job SET lease_token = '', lease_until = 0 WHERE lease_token <> '' AND lease_until > :beyond
RETURNING lane, rank, person, due_at, created_at;

-- name: release_inbox
-- The same for claims of inbox rows.
UPDATE inbox SET claim = '', claimed_until = 0 WHERE used = 0 AND claimed_until > :beyond
RETURNING id;

-- name: wake
-- Make an unfinished job due. A parked one is only noted: it is due when it is resumed.
UPDATE job SET wake_count = wake_count + 1,
    due_at = CASE WHEN state <> 'parked' AND due_at > :now THEN :now ELSE due_at END
WHERE id = :id AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
RETURNING lane, rank, person, due_at, created_at;

-- name: request_cancel
-- Note who wants a job cancelled and make it due, a parked one too.
UPDATE job SET wake_count = wake_count + 1, cancel_by = :user_id,
    due_at = CASE WHEN due_at > :now THEN :now ELSE due_at END
WHERE id = :id AND state NOT IN ('replying', 'done', 'failed', 'cancelled', 'deleted')
    AND NOT (state = 'parked' AND parked_from = 'replying')
RETURNING lane, rank, person, due_at, created_at;

-- name: state
-- The state of a job that is not marked as deleted.
SELECT state, reuses FROM job WHERE id = :id AND deleted_at IS NULL;

-- name: mark_deleted
-- The recording is gone: one that had ended becomes deleted, one that had not is due now, a parked one, too.
UPDATE job SET deleted_at = :now, updated_at = :now, state = :target, due_at = :due_at, wake_count = wake_count + 1,
    revision = revision + 1
WHERE id = :id AND state = :source AND deleted_at IS NULL
RETURNING lane, rank, person, due_at, created_at, revision;

-- name: parked_jobs
-- Jobs that wait for an account to be fixed.
SELECT * FROM job WHERE parked_for = :account AND state = 'parked' AND lease_token = '' LIMIT :count;
