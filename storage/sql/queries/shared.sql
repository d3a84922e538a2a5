-- `@now` is the time of the database. What processes share: named leases, budgets, learnt speed, channel settings, cursors; and the store itself.

-- name: claim_task
-- Lease a task that nobody else has (no row if somebody does).
INSERT INTO task_lease (name, owner, until) VALUES (:name, :owner, :until)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE task_lease.owner = excluded.owner OR task_lease.until <= CAST(:now AS DOUBLE PRECISION)
RETURNING name;

-- name: release_task
-- Give it back.
DELETE FROM task_lease WHERE name = :name AND owner = :owner RETURNING name;

-- name: purge_tasks
-- Delete leases that ended long ago.
DELETE FROM task_lease WHERE until < :before RETURNING name;

-- name: budget
-- An account's budget.
SELECT arrival_at, held_until, asked_at FROM budget WHERE account = :account;

-- name: put_budget
-- What is left of it, unless somebody else took from it meanwhile (no row then).
UPDATE budget SET arrival_at = :arrival_at, held_until = :held_until, asked_at = :asked_at
WHERE account = :account AND arrival_at = :was_arrival AND held_until = :was_held
RETURNING account;

-- name: open_budget
-- Make sure that an account has a budget.
INSERT INTO budget (account, arrival_at, held_until, asked_at) VALUES (:account, 0, 0, NULL)
ON CONFLICT (account) DO NOTHING
RETURNING account;

-- name: hold
-- Nobody takes from this budget before.
INSERT INTO budget (account, arrival_at, held_until, asked_at) VALUES (:account, 0, :until, NULL)
ON CONFLICT (account) DO UPDATE SET
    held_until = CASE WHEN excluded.held_until > budget.held_until THEN excluded.held_until ELSE budget.held_until END
RETURNING account;

-- name: add_latency
-- One more finished job.
INSERT INTO latency (account, audio_seconds, took_seconds) VALUES (:account, :audio_seconds, :took_seconds)
RETURNING id;

-- name: trim_latency
-- Delete all but the newest.
DELETE FROM latency WHERE account = :account AND id <= (
    SELECT id FROM latency WHERE account = :account ORDER BY id DESC LIMIT 1 OFFSET :kept
) RETURNING id;

-- name: latency
-- What is known of an account's speed.
SELECT audio_seconds, took_seconds FROM latency WHERE account = :account ORDER BY id DESC LIMIT :kept;

-- name: channel_settings
-- How a channel wants its audio treated.
SELECT settings FROM channel_settings WHERE team_id = :team_id AND channel_id = :channel_id;

-- name: put_channel_settings
-- Save it.
INSERT INTO channel_settings (team_id, channel_id, settings, retention_days)
VALUES (:team_id, :channel_id, :settings, :retention_days)
ON CONFLICT (team_id, channel_id) DO UPDATE SET
    settings = excluded.settings, retention_days = excluded.retention_days
RETURNING channel_id;

-- name: vocabulary
-- Names, jargon and replacements of a conversation, and of its whole workspace.
SELECT channel_id, body, revision, changed_by, changed_at FROM vocabulary
WHERE team_id = :team_id AND channel_id IN ('', :channel_id);

-- name: conversation
-- The settings of a channel, and what `vocabulary` gives; in rows of their own.
SELECT settings, '' AS channel_id, NULL AS body, 0 AS revision, '' AS changed_by, 0.0 AS changed_at
FROM channel_settings WHERE team_id = :team_id AND channel_id = :channel_id
UNION ALL
SELECT NULL AS settings, channel_id, body, revision, changed_by, changed_at FROM vocabulary
WHERE team_id = :team_id AND channel_id IN ('', :channel_id);

-- name: put_vocabulary
-- Save them, if nobody has changed them since they were read (no row then).
INSERT INTO vocabulary (team_id, channel_id, body, revision, changed_by, changed_at)
VALUES (:team_id, :channel_id, :body, :revision, :changed_by, :changed_at)
ON CONFLICT (team_id, channel_id) DO UPDATE SET body = excluded.body, revision = excluded.revision,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at
WHERE vocabulary.revision = excluded.revision - 1
RETURNING revision;

-- name: cursor
-- How far something was read.
SELECT value FROM cursor WHERE name = :name;

-- name: cursors
-- The cursors whose names begin so.
SELECT name, value FROM cursor WHERE name @bytewise >= :first AND name @bytewise < :beyond ORDER BY name;

-- name: put_cursor
-- Set it.
INSERT INTO cursor (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
RETURNING name;

-- name: purge_acts
-- That somebody acted in a group message before (a time with ten digits before the point, so its text is in order).
DELETE FROM cursor
WHERE name @bytewise >= 'acted:' AND name @bytewise < 'acted;' AND value @bytewise < :before RETURNING name;

-- name: seal_keys
-- The keys that have sealed something here.
SELECT key_id FROM seal_key;

-- name: add_seal_key
-- From now on this key seals.
INSERT INTO seal_key (key_id, first_used_at) VALUES (:key_id, @now) ON CONFLICT (key_id) DO NOTHING RETURNING key_id;

-- name: beat
-- Write and read one row.
UPDATE heartbeat SET beats = beats + 1 WHERE id = 1 RETURNING beats;

-- name: schema_number
-- Which migration was applied last.
SELECT MAX(number) AS number FROM migration;

-- name: works_with
-- The lowest schema that a program has to know for the migrations after `newest`.
SELECT MAX(COALESCE(works_with, number)) AS number FROM migration WHERE number > CAST(:newest AS INTEGER);

-- name: note_works_with
-- Note that for a migration.
UPDATE migration SET works_with = :works_with WHERE number = :number RETURNING number;

-- name: add_migration
-- Note that a migration was applied.
INSERT INTO migration (number, name, applied_at) VALUES (:number, :name, @now) RETURNING number;

-- name: clock_sqlite
-- A process has the file to itself: its own clock counts.
SELECT :now AS now;

-- name: clock_postgres
-- The time that all processes share.
SELECT @now AS now;
