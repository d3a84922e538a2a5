-- What search looks through: the folded words of every job that has a transcript, its own or a shared one.
-- Of a sealed transcript no word is kept here; it is opened when somebody asks.

CREATE TABLE said (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE REFERENCES job (id),
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    words TEXT NOT NULL
);

CREATE INDEX said_source ON said (source);
CREATE INDEX said_sealed ON said (id) WHERE sealed = 1;

-- The words come folded (`bot.text.search`), so nothing is left to fold here; marks belong to words in Indic scripts.
CREATE VIRTUAL TABLE said_index USING fts5 (
    place, words, content='said', content_rowid='id', prefix='3',
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);

CREATE TRIGGER said_added AFTER INSERT ON said BEGIN
    INSERT INTO said_index (rowid, place, words) VALUES (new.id, new.place, new.words);
END;

CREATE TRIGGER said_deleted AFTER DELETE ON said BEGIN
    INSERT INTO said_index (said_index, rowid, place, words) VALUES ('delete', old.id, old.place, old.words);
END;

CREATE TRIGGER said_changed AFTER UPDATE ON said BEGIN
    INSERT INTO said_index (said_index, rowid, place, words) VALUES ('delete', old.id, old.place, old.words);
    INSERT INTO said_index (rowid, place, words) VALUES (new.id, new.place, new.words);
END;
