-- What search looks through: the folded words of every job that has a transcript, its own or a shared one.
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
