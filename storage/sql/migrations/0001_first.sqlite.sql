-- The job rows decide about turns and counts; these keep both in step, whatever statement changes a job.
CREATE TRIGGER job_added_turn AFTER INSERT ON job WHEN new.rank = 2 AND new.due_at < 253402300799 BEGIN
    INSERT INTO fair_turn (lane, person, served, since, due_at, ready)
    VALUES (new.lane, new.person, 0, new.created_at, new.due_at, 0)
    ON CONFLICT (lane, person) DO UPDATE SET
        due_at = MIN(due_at, excluded.due_at), since = MIN(since, excluded.since);
END;

CREATE TRIGGER job_changed_turn AFTER UPDATE OF due_at, lane, rank, lease_token ON job
WHEN new.rank = 2 AND new.due_at < 253402300799 AND new.lease_token = '' BEGIN
    INSERT INTO fair_turn (lane, person, served, since, due_at, ready)
    VALUES (new.lane, new.person, 0, new.created_at, new.due_at, 0)
    ON CONFLICT (lane, person) DO UPDATE SET
        due_at = MIN(due_at, excluded.due_at), since = MIN(since, excluded.since);
END;

-- A user who is served goes behind all others, and is not ready until the next of their jobs is due.
CREATE TRIGGER job_claimed AFTER UPDATE OF lease_token ON job
WHEN new.rank = 2 AND new.lease_token <> '' AND new.lease_token <> old.lease_token BEGIN
    UPDATE fair_turn SET served = 1 + (SELECT MAX(served) FROM fair_turn WHERE lane = new.lane), ready = 0,
        due_at = COALESCE((
            SELECT MIN(MAX(lease_until, due_at)) FROM job
            WHERE lane = new.lane AND person = new.person AND rank = 2 AND due_at < 253402300799
        ), 253402300799),
        since = COALESCE((
            SELECT MIN(created_at) FROM job
            WHERE lane = new.lane AND person = new.person AND rank = 2 AND due_at < 253402300799
        ), 253402300799)
    WHERE lane = new.lane AND person = new.person;
END;

CREATE TRIGGER job_added_count AFTER INSERT ON job WHEN new.state IN ('done', 'failed', 'cancelled', 'deleted') BEGIN
    INSERT INTO ended_count (state, part, jobs) VALUES (new.state, unicode(new.id) % 16, 1)
    ON CONFLICT (state, part) DO UPDATE SET jobs = jobs + 1;
END;

CREATE TRIGGER job_ended AFTER UPDATE OF state ON job
WHEN new.state <> old.state AND new.state IN ('done', 'failed', 'cancelled', 'deleted') BEGIN
    INSERT INTO ended_count (state, part, jobs) VALUES (new.state, unicode(new.id) % 16, 1)
    ON CONFLICT (state, part) DO UPDATE SET jobs = jobs + 1;
END;

CREATE TRIGGER job_not_ended AFTER UPDATE OF state ON job
WHEN new.state <> old.state AND old.state IN ('done', 'failed', 'cancelled', 'deleted') BEGIN
    UPDATE ended_count SET jobs = jobs - 1 WHERE state = old.state AND part = unicode(old.id) % 16;
END;

CREATE TRIGGER job_erased AFTER DELETE ON job WHEN old.state IN ('done', 'failed', 'cancelled', 'deleted') BEGIN
    UPDATE ended_count SET jobs = jobs - 1 WHERE state = old.state AND part = unicode(old.id) % 16;
END;

-- The search index: the folded words of every job that has a transcript, its own or a shared one.
-- Of a sealed transcript no word is kept here; it is opened when somebody searches.
CREATE TABLE transcript_index (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE REFERENCES job (id),
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    words TEXT NOT NULL
);

CREATE INDEX transcript_index_source ON transcript_index (source);
CREATE INDEX transcript_index_sealed ON transcript_index (id) WHERE sealed = 1;

-- The words come folded (`bot.text.search`), so nothing is left to fold here; marks belong to words in Indic scripts.
CREATE VIRTUAL TABLE transcript_fts USING fts5 (
    place, words, content='transcript_index', content_rowid='id', prefix='3',
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);

CREATE TRIGGER transcript_index_added AFTER INSERT ON transcript_index BEGIN
    INSERT INTO transcript_fts (rowid, place, words) VALUES (new.id, new.place, new.words);
END;

CREATE TRIGGER transcript_index_deleted AFTER DELETE ON transcript_index BEGIN
    INSERT INTO transcript_fts (transcript_fts, rowid, place, words) VALUES ('delete', old.id, old.place, old.words);
END;

CREATE TRIGGER transcript_index_changed AFTER UPDATE ON transcript_index BEGIN
    INSERT INTO transcript_fts (transcript_fts, rowid, place, words) VALUES ('delete', old.id, old.place, old.words);
    INSERT INTO transcript_fts (rowid, place, words) VALUES (new.id, new.place, new.words);
END;
