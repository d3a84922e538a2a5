-- works with: 3
-- Names, jargon and replacements of a conversation, sealed when a key is set; those of a whole workspace have the
-- channel ''. `revision` counts the changes.
CREATE TABLE vocabulary (
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    body BLOB NOT NULL,
    revision INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (team_id, channel_id)
);

-- How a recording was to be transcribed, beside its language and type: whether speakers are told apart, and which
-- vocabulary applied (revisions, no content).
ALTER TABLE job ADD COLUMN speakers TEXT;
ALTER TABLE job ADD COLUMN vocabulary TEXT;
