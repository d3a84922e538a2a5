-- Leases: who works on which job, in what order, and what is due again. Triggers keep `fair_turn` in step with `job`.
-- A statement without text is not sent.

-- name: ready_turns_sqlite
-- Users with a job that is due now are ready to be served.
UPDATE fair_turn SET ready = 1 WHERE lane = :lane AND ready = 0 AND due_at <= :now RETURNING person;

-- name: ready_turns_postgres
-- Done by `claim_job`.

-- name: claim_job_sqlite
-- Lease the next due job of these ranks (1: wanted): the one that has been due longest; of those not begun, the oldest
-- of the ready user served longest ago. Left alone, SQLite would sort all that is due in the lane.
UPDATE job SET lease_token = :token, lease_until = :until, wake_count_at_claim = wake_count
WHERE id = COALESCE(
    (
        SELECT id FROM job
        WHERE :first = 1 AND lane = :lane AND rank = 0 AND due_at <= :now AND due_at < 253402300799
            AND lease_until <= :now
        ORDER BY due_at, created_at LIMIT 1
    ),
    (
        SELECT id FROM job
        WHERE :second = 1 AND lane = :lane AND rank = 1 AND due_at <= :now AND due_at < 253402300799
            AND lease_until <= :now
        ORDER BY due_at, created_at LIMIT 1
    ),
    (
        SELECT (
            SELECT id FROM job INDEXED BY job_turn
            WHERE lane = fair_turn.lane AND person = fair_turn.person AND rank = 2 AND due_at <= :now
                AND due_at < 253402300799 AND lease_until <= :now
            ORDER BY created_at, id LIMIT 1
        ) AS oldest
        FROM fair_turn INDEXED BY fair_turn_ready
        WHERE :third = 1 AND lane = :lane AND ready = 1 AND oldest IS NOT NULL
        ORDER BY served, since LIMIT 1
    )
)
RETURNING *;

-- name: claim_job_postgres
-- The same, passing by what another process is changing at this moment.
SELECT * FROM claim_job(
    CAST(:lane AS TEXT), CAST(:first AS INTEGER) = 1, CAST(:second AS INTEGER) = 1, CAST(:third AS INTEGER) = 1,
    CAST(:now AS DOUBLE PRECISION), CAST(:token AS TEXT), CAST(:until AS DOUBLE PRECISION)
);

-- name: rest_turns_sqlite
-- Ready users turned out to have nothing to claim: not ready until the next of their jobs is due.
UPDATE fair_turn SET ready = 0,
    due_at = COALESCE((
        SELECT MIN(MAX(lease_until, due_at)) FROM job
        WHERE job.lane = fair_turn.lane AND job.person = fair_turn.person AND rank = 2 AND due_at < 253402300799
    ), 253402300799),
    since = COALESCE((
        SELECT MIN(created_at) FROM job
        WHERE job.lane = fair_turn.lane AND job.person = fair_turn.person AND rank = 2 AND due_at < 253402300799
    ), 253402300799)
WHERE lane = :lane AND ready = 1
RETURNING due_at;

-- name: rest_turns_postgres
-- Done by `claim_job`.

-- name: next_due
-- When the earliest job of a lane that nobody has leased is due.
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
) AS earliest;

-- name: renew
-- Prolong a lease that is still held.
UPDATE job SET lease_until = :until WHERE id = :id AND lease_token = :token AND lease_token <> '' RETURNING id;

-- name: release
-- Give a lease back unused.
UPDATE job SET lease_token = '', lease_until = 0 WHERE id = :id AND lease_token = :token AND lease_token <> ''
RETURNING lane;

-- name: release_all_sqlite
-- Void every lease that ends later than that; a leased job is due some day, so its index has it.
UPDATE job SET lease_token = '', lease_until = 0 WHERE id IN (
    SELECT id FROM job INDEXED BY job_queue
    WHERE due_at < 253402300799 AND lease_token <> '' AND lease_until > :beyond
)
RETURNING lane;

-- name: release_all_postgres
-- The same.
UPDATE job SET lease_token = '', lease_until = 0
WHERE due_at < 253402300799 AND lease_token <> '' AND lease_until > :beyond
RETURNING lane;

-- name: release_outbox
-- The same for claims of messages.
UPDATE outbox SET owner = '', claimed_until = 0, revision = revision + 1
WHERE owner <> '' AND claimed_until > :beyond
RETURNING key;

-- name: release_tasks
-- The same for tasks.
DELETE FROM task_lease RETURNING name;

-- name: release_inbox
-- The same for claims of inbox rows.
UPDATE inbox SET claim = '', claimed_until = 0 WHERE used = 0 AND claimed_until > 0 AND claimed_until > :beyond
RETURNING id;

-- name: wake_sqlite
-- Make an unfinished job due. A parked one is only noted: it is due when it is resumed.
UPDATE job SET wake_count = wake_count + 1,
    due_at = CASE WHEN state <> 'parked' AND due_at > :now THEN :now ELSE due_at END
WHERE id = :id AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
RETURNING lane;

-- name: wake_postgres
-- The same; other processes are notified.
WITH woken AS (
    UPDATE job SET wake_count = wake_count + 1,
        due_at = CASE WHEN state <> 'parked' AND due_at > :now THEN :now ELSE due_at END
    WHERE id = :id AND state NOT IN ('done', 'failed', 'cancelled', 'deleted')
    RETURNING lane
)
SELECT lane, pg_notify('threadscribe', lane) FROM woken;

-- name: request_cancel_sqlite
-- Note who wants a job cancelled and make it due, a parked one too.
UPDATE job SET wake_count = wake_count + 1, cancel_by = :user_id,
    due_at = CASE WHEN due_at > :now THEN :now ELSE due_at END
WHERE id = :id AND state NOT IN ('replying', 'done', 'failed', 'cancelled', 'deleted')
    AND NOT (state = 'parked' AND parked_from = 'replying')
RETURNING lane;

-- name: request_cancel_postgres
-- The same; other processes are notified.
WITH woken AS (
    UPDATE job SET wake_count = wake_count + 1, cancel_by = :user_id,
        due_at = CASE WHEN due_at > :now THEN :now ELSE due_at END
    WHERE id = :id AND state NOT IN ('replying', 'done', 'failed', 'cancelled', 'deleted')
        AND NOT (state = 'parked' AND parked_from = 'replying')
    RETURNING lane
)
SELECT lane, pg_notify('threadscribe', lane) FROM woken;

-- name: state
-- The state of a job that is not marked as deleted.
SELECT state, reuses FROM job WHERE id = :id AND deleted_at IS NULL;

-- name: mark_deleted_sqlite
-- The recording is gone: one that had ended becomes deleted, one that had not is due now, a parked one, too.
UPDATE job SET deleted_at = :now, updated_at = :now, state = :target, due_at = :due_at, wake_count = wake_count + 1,
    revision = revision + 1
WHERE id = :id AND state = :source AND deleted_at IS NULL
RETURNING revision;

-- name: mark_deleted_postgres
-- The same; other processes are notified.
WITH woken AS (
    UPDATE job SET deleted_at = :now, updated_at = :now, state = :target, due_at = :due_at, wake_count = wake_count + 1,
        revision = revision + 1
    WHERE id = :id AND state = :source AND deleted_at IS NULL
    RETURNING revision, lane
)
SELECT revision, lane, pg_notify('threadscribe', lane) FROM woken;

-- name: parked_jobs
-- Jobs that wait for an account to be fixed.
SELECT * FROM job WHERE parked_for = :account AND state = 'parked' AND lease_token = '' LIMIT :count;
