-- The pieces of a recording that is sent to a service piece by piece. The text of an answered one is in `body`, sealed
-- when a key is set. `sends` counts the requests of which nobody knows whether the service worked, and billed, for them.
CREATE TABLE piece (
    job_id TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    start_seconds DOUBLE PRECISION NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    digest TEXT NOT NULL,
    sends INTEGER NOT NULL DEFAULT 0,
    sent_at DOUBLE PRECISION,
    answered_at DOUBLE PRECISION,
    body BLOB,
    PRIMARY KEY (job_id, number)
);
