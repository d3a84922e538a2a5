-- The processes of one installation, and the pace towards Slack that they share.

-- name: report_process
-- A process lives.
INSERT INTO process (id, host, role, version, spool, started_at, seen_at, facts)
VALUES (:id, :host, :role, :version, :spool, :started_at, :seen_at, :facts)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, facts = excluded.facts
RETURNING id;

-- name: processes
-- Those that were seen since then, oldest first.
SELECT * FROM process WHERE seen_at >= :since ORDER BY started_at, id;

-- name: forget_process
-- It has ended.
DELETE FROM process WHERE id = :id RETURNING id;

-- name: purge_processes
-- Delete those that were not seen since then.
DELETE FROM process WHERE seen_at < :before RETURNING id;

-- name: reserve_pace_sqlite
-- Take times for calls: `wanted` is a JSON list of {"key", "seconds"}, in the order of its keys. The row then says when
-- the next call after them may leave. A row that is ten minutes ahead is of a time that never came.
INSERT INTO pace (key, free_at)
SELECT json_extract(value, '$.key'), :now + json_extract(value, '$.seconds') FROM json_each(:wanted) WHERE 1
ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at - :now
    + CASE WHEN pace.free_at BETWEEN :now AND :now + 600 THEN pace.free_at ELSE :now END
RETURNING key, free_at;

-- name: reserve_pace_postgres
-- The same.
INSERT INTO pace (key, free_at)
SELECT wanted.key, CAST(:now AS DOUBLE PRECISION) + wanted.seconds
FROM jsonb_to_recordset(CAST(CAST(:wanted AS TEXT) AS JSONB)) AS wanted (key TEXT, seconds DOUBLE PRECISION)
ORDER BY wanted.key
ON CONFLICT (key) DO UPDATE SET free_at = excluded.free_at - CAST(:now AS DOUBLE PRECISION)
    + CASE WHEN pace.free_at BETWEEN :now AND CAST(:now AS DOUBLE PRECISION) + 600 THEN pace.free_at ELSE :now END
RETURNING key, free_at;

-- name: hold_pace
-- Slack asked for a pause: no further call of this kind before then.
INSERT INTO pace (key, free_at) VALUES (:key, :until)
ON CONFLICT (key) DO UPDATE SET
    free_at = CASE WHEN excluded.free_at > pace.free_at THEN excluded.free_at ELSE pace.free_at END
RETURNING key;

-- name: purge_pace
-- Delete what has passed long ago.
DELETE FROM pace WHERE free_at < :before RETURNING key;

-- name: backlog
-- The jobs of each lane that are not over, how many of them are due, and how old the oldest is: what will be due some day
-- by the index of the queue alone, and what is parked.
SELECT lane, CAST(SUM(jobs) AS BIGINT) AS jobs, MIN(oldest_at) AS oldest_at, CAST(SUM(due) AS BIGINT) AS due FROM (
    SELECT lane, COUNT(*) AS jobs, MIN(created_at) AS oldest_at,
        SUM(CASE WHEN due_at <= CAST(:now AS DOUBLE PRECISION) THEN 1 ELSE 0 END) AS due
    FROM job WHERE due_at < 253402300799 GROUP BY lane
    UNION ALL
    SELECT lane, COUNT(*) AS jobs, MIN(created_at) AS oldest_at, 0 AS due
    FROM job WHERE state = 'parked' AND due_at >= 253402300799 GROUP BY lane
) AS parts
GROUP BY lane ORDER BY lane;

-- name: budgets
-- The budgets of all accounts.
SELECT account, arrival_at, held_until FROM budget ORDER BY account;

-- name: unfinished
-- Which of these jobs still need their audio.
SELECT id FROM job
WHERE id IN @ids AND deleted_at IS NULL AND state NOT IN ('replying', 'done', 'failed', 'cancelled', 'deleted');
