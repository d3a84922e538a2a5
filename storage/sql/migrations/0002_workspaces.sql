-- Several workspaces: where the app is installed, what each workspace has set for itself, and whose each message and
-- each deferred task is. `team_id` is empty in rows of before.

-- An installation, of one workspace (`id` is its team's id) or of a whole organisation (its enterprise's id, and
-- `team_id` is empty). `tokens` is sealed, and empty once the app was removed.
CREATE TABLE installation (
    id TEXT PRIMARY KEY,
    team_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    name TEXT NOT NULL,
    app_id TEXT NOT NULL,
    bot_user_id TEXT NOT NULL,
    bot_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    installed_by TEXT NOT NULL,
    tokens BLOB NOT NULL,
    expires_at DOUBLE PRECISION,
    installed_at DOUBLE PRECISION NOT NULL,
    removed_at DOUBLE PRECISION,
    removed_for TEXT NOT NULL,
    purged_at DOUBLE PRECISION,
    revision BIGINT NOT NULL
);

-- A workspace that the bot works in or has worked in. `settings` is sealed JSON: provider keys may be in it.
CREATE TABLE workspace (
    team_id TEXT PRIMARY KEY,
    enterprise_id TEXT NOT NULL,
    name TEXT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    settings BLOB NOT NULL,
    retention_days INTEGER
);

CREATE INDEX workspace_enterprise ON workspace (enterprise_id) WHERE enterprise_id <> '';

-- The states of installations under way, as hashes; each can be used once.
CREATE TABLE oauth_state (
    digest TEXT PRIMARY KEY,
    expires_at DOUBLE PRECISION NOT NULL
);

ALTER TABLE inbox ADD COLUMN team_id TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN team_id TEXT NOT NULL DEFAULT '';

CREATE INDEX inbox_team ON inbox (due_at, team_id) WHERE used = 0 AND team_id <> '';
