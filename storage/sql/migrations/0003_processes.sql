-- works with: 2
-- What several processes of one installation share besides jobs and messages.

-- The processes, each of which says every few seconds that it lives. `spool` is the id of the directory it keeps audio in,
-- `facts` JSON: what its lanes do and what its budgets have spent.
CREATE TABLE process (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    role TEXT NOT NULL,
    version TEXT NOT NULL,
    spool TEXT NOT NULL,
    started_at DOUBLE PRECISION NOT NULL,
    seen_at DOUBLE PRECISION NOT NULL,
    facts TEXT NOT NULL
);

-- When the next call of a kind that Slack limits may leave (a channel's messages, a workspace's edits), by key.
CREATE TABLE pace (
    key TEXT PRIMARY KEY,
    free_at DOUBLE PRECISION NOT NULL
);

-- The lowest schema that a program may know and still work with the schema after this migration; NULL: this one.
ALTER TABLE migration ADD COLUMN works_with INTEGER;
