-- Where the app is installed, and what each workspace has set for itself.

-- name: installation
-- One installation, by the id of its team or organisation.
SELECT * FROM installation WHERE id = :id;

-- name: installations
-- All of them, those that were removed included.
SELECT * FROM installation ORDER BY installed_at, id;

-- name: save_installation
-- A new one, or one that was made again.
INSERT INTO installation (
    id, team_id, enterprise_id, name, app_id, bot_user_id, bot_id, scopes, installed_by, tokens, expires_at,
    installed_at, removed_at, removed_for, purged_at, revision
)
VALUES (
    :id, :team_id, :enterprise_id, :name, :app_id, :bot_user_id, :bot_id, :scopes, :installed_by, :tokens,
    :expires_at, :now, NULL, '', NULL, 1
)
ON CONFLICT (id) DO UPDATE SET
    team_id = excluded.team_id, enterprise_id = excluded.enterprise_id, name = excluded.name,
    app_id = excluded.app_id, bot_user_id = excluded.bot_user_id, bot_id = excluded.bot_id,
    scopes = excluded.scopes, installed_by = excluded.installed_by, tokens = excluded.tokens,
    expires_at = excluded.expires_at, installed_at = excluded.installed_at, removed_at = NULL, removed_for = '',
    purged_at = NULL, revision = installation.revision + 1
RETURNING revision;

-- name: replace_tokens
-- New tokens, unless somebody else has replaced them, or the app was removed (no row then).
UPDATE installation SET tokens = :tokens, expires_at = :expires_at, revision = revision + 1
WHERE id = :id AND revision = :revision AND removed_at IS NULL
RETURNING revision;

-- name: remove_installation
-- The app was removed, or its tokens were revoked: the tokens go at once.
UPDATE installation SET removed_at = :now, removed_for = :reason, tokens = :nothing, expires_at = NULL,
    revision = revision + 1
WHERE id = :id AND removed_at IS NULL
RETURNING revision;

-- name: revoke_access
-- An organisation took the app out of one workspace; no row where that has an installation of its own.
INSERT INTO installation (
    id, team_id, enterprise_id, name, app_id, bot_user_id, bot_id, scopes, installed_by, tokens, expires_at,
    installed_at, removed_at, removed_for, purged_at, revision
)
VALUES (
    :team_id, :team_id, :enterprise_id, :name, '', '', '', '', '', :nothing, NULL, :now, :now, :reason, NULL, 1
)
ON CONFLICT (id) DO UPDATE SET
    removed_at = excluded.removed_at, removed_for = excluded.removed_for, purged_at = NULL,
    revision = installation.revision + 1
WHERE installation.removed_at IS NOT NULL
RETURNING revision;

-- name: grant_access
-- It let the app in again.
DELETE FROM installation WHERE id = :team_id AND removed_for = :reason AND removed_at IS NOT NULL RETURNING id;

-- name: removed_installations
-- Installations that were removed before, and whose content is still there.
SELECT * FROM installation
WHERE removed_at IS NOT NULL AND removed_at < :before AND purged_at IS NULL
ORDER BY removed_at;

-- name: installation_purged
-- Note that its content is gone, unless the app was installed again meanwhile.
UPDATE installation SET purged_at = :now WHERE id = :id AND revision = :revision AND removed_at IS NOT NULL
RETURNING id;

-- name: workspace
-- One workspace.
SELECT * FROM workspace WHERE team_id = :team_id;

-- name: workspaces
-- All of them.
SELECT * FROM workspace ORDER BY since, team_id;

-- name: teams_of_enterprise
-- Those of one organisation.
SELECT team_id FROM workspace WHERE enterprise_id = :enterprise_id AND enterprise_id <> '';

-- name: note_workspace
-- A workspace that the bot works in; what is known of it already stays.
INSERT INTO workspace (team_id, enterprise_id, name, since, settings, retention_days)
VALUES (:team_id, :enterprise_id, :name, :now, :nothing, NULL)
ON CONFLICT (team_id) DO UPDATE SET
    enterprise_id = excluded.enterprise_id,
    name = CASE WHEN excluded.name = '' THEN workspace.name ELSE excluded.name END
RETURNING team_id;

-- name: save_workspace_settings
-- What it has set for itself.
UPDATE workspace SET settings = :settings, retention_days = :retention_days WHERE team_id = :team_id
RETURNING team_id;

-- name: workspaces_with_retention
-- Workspaces that decide for themselves how long content is kept.
SELECT team_id, retention_days FROM workspace WHERE retention_days IS NOT NULL;

-- name: jobs_to_purge_in_workspace
-- The old jobs of one of these, but for those of channels that decide for themselves.
SELECT id, reuses FROM job
WHERE team_id = :team_id AND purged_at IS NULL AND due_at >= 253402300799 AND updated_at < :before
    AND NOT EXISTS (
        SELECT 1 FROM channel_settings
        WHERE channel_settings.team_id = job.team_id AND channel_settings.channel_id = job.channel_id
            AND channel_settings.retention_days IS NOT NULL
    )
    AND NOT @held
ORDER BY updated_at LIMIT :count;

-- name: all_jobs_to_purge_in_workspace
-- Every job of a workspace that ended or is parked and may have content.
SELECT id, reuses FROM job
WHERE team_id = :team_id AND purged_at IS NULL AND due_at >= 253402300799 AND NOT @held
ORDER BY updated_at LIMIT :count;

-- name: job_with_content
-- Whether any job of a workspace may have content.
SELECT id FROM job WHERE team_id = :team_id AND purged_at IS NULL LIMIT 1;

-- name: purge_inbox_of_workspace
-- What waits to be done for it.
UPDATE inbox SET used = 1, payload = :nothing WHERE team_id = :team_id AND team_id <> '' AND used = 0 RETURNING id;

-- name: add_oauth_state
-- An installation is under way.
INSERT INTO oauth_state (digest, expires_at) VALUES (:digest, :expires_at)
ON CONFLICT (digest) DO NOTHING
RETURNING digest;

-- name: use_oauth_state
-- Take it away; no row if there is none.
DELETE FROM oauth_state WHERE digest = :digest RETURNING expires_at;

-- name: purge_oauth_states
-- Those that nobody came back with.
DELETE FROM oauth_state WHERE expires_at < :now RETURNING digest;

-- name: drop_oldest_oauth_states
-- What a stranger who opens the page over and over may leave behind is bounded.
DELETE FROM oauth_state
WHERE digest IN (
  SELECT digest FROM oauth_state WHERE expires_at >= :now ORDER BY expires_at DESC LIMIT 100 OFFSET :most
)
RETURNING digest;

-- name: teams_with_work
-- Whose deferred work is due.
SELECT DISTINCT team_id FROM inbox
WHERE used = 0 AND team_id <> '' AND due_at <= :now AND claimed_until <= :now
LIMIT :count;
