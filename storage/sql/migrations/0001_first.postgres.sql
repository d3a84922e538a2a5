-- The job rows decide about turns and counts; these keep both in step, whatever statement changes a job.
CREATE FUNCTION mark_turn() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fair_turn (lane, person, served, since, due_at, ready)
    VALUES (NEW.lane, NEW.person, 0, NEW.created_at, NEW.due_at, 0)
    ON CONFLICT (lane, person) DO UPDATE SET
        due_at = LEAST(fair_turn.due_at, excluded.due_at), since = LEAST(fair_turn.since, excluded.since)
    WHERE fair_turn.due_at > excluded.due_at OR fair_turn.since > excluded.since;
    RETURN NULL;
END $$;

CREATE TRIGGER job_added_turn AFTER INSERT ON job FOR EACH ROW
    WHEN (NEW.rank = 2 AND NEW.due_at < 253402300799) EXECUTE FUNCTION mark_turn();
CREATE TRIGGER job_changed_turn AFTER UPDATE OF due_at, lane, rank, lease_token ON job FOR EACH ROW
    WHEN (NEW.rank = 2 AND NEW.due_at < 253402300799 AND NEW.lease_token = '') EXECUTE FUNCTION mark_turn();

CREATE FUNCTION count_ended() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state IN ('done', 'failed', 'cancelled', 'deleted') THEN
        UPDATE ended_count SET jobs = jobs - 1 WHERE state = OLD.state AND part = ascii(OLD.id) % 16;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state IN ('done', 'failed', 'cancelled', 'deleted') THEN
        INSERT INTO ended_count (state, part, jobs) VALUES (NEW.state, ascii(NEW.id) % 16, 1)
        ON CONFLICT (state, part) DO UPDATE SET jobs = ended_count.jobs + 1;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER job_added_count AFTER INSERT ON job FOR EACH ROW
    WHEN (NEW.state IN ('done', 'failed', 'cancelled', 'deleted')) EXECUTE FUNCTION count_ended();
CREATE TRIGGER job_changed_count AFTER UPDATE OF state ON job FOR EACH ROW
    WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION count_ended();
CREATE TRIGGER job_erased AFTER DELETE ON job FOR EACH ROW
    WHEN (OLD.state IN ('done', 'failed', 'cancelled', 'deleted')) EXECUTE FUNCTION count_ended();

-- The next due job of a lane, leased: one round trip, and nothing stays locked after it. What another process is
-- changing at this moment is passed by. Ranks 0 and 1 by `due_at`; rank 2 by the user served longest ago, then by age.
CREATE FUNCTION claim_job(
    a_lane TEXT, first BOOLEAN, second BOOLEAN, third BOOLEAN, now DOUBLE PRECISION, token TEXT, until DOUBLE PRECISION
) RETURNS SETOF job LANGUAGE plpgsql AS $$
DECLARE
    turn RECORD;
    claimed job;
BEGIN
    FOR a_rank IN 0..2 LOOP
        CONTINUE WHEN NOT CASE a_rank WHEN 0 THEN first WHEN 1 THEN second ELSE third END;
        IF a_rank < 2 THEN
            UPDATE job SET lease_token = token, lease_until = until, wake_count_at_claim = wake_count
            WHERE id = (
                SELECT id FROM job
                WHERE lane = a_lane AND rank = a_rank AND due_at <= now AND due_at < 253402300799
                    AND lease_until <= now
                ORDER BY due_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
            ) RETURNING * INTO claimed;
            IF FOUND THEN
                RETURN NEXT claimed;
                RETURN;
            END IF;
            CONTINUE;
        END IF;
        UPDATE fair_turn SET ready = 1 WHERE (lane, person) IN (
            SELECT lane, person FROM fair_turn
            WHERE lane = a_lane AND ready = 0 AND due_at <= now FOR UPDATE SKIP LOCKED
        );
        FOR turn IN
            SELECT person FROM fair_turn WHERE lane = a_lane AND ready = 1 ORDER BY served, since
        LOOP
            UPDATE job SET lease_token = token, lease_until = until, wake_count_at_claim = wake_count
            WHERE id = (
                SELECT id FROM job
                WHERE lane = a_lane AND person = turn.person AND rank = 2 AND due_at <= now
                    AND due_at < 253402300799 AND lease_until <= now
                ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
            ) RETURNING * INTO claimed;
            IF FOUND THEN
                UPDATE fair_turn SET served = 1 + (SELECT MAX(served) FROM fair_turn WHERE lane = a_lane)
                WHERE lane = a_lane AND person = (
                    SELECT person FROM fair_turn
                    WHERE lane = a_lane AND person = turn.person FOR UPDATE SKIP LOCKED
                );
                RETURN NEXT claimed;
                RETURN;
            END IF;
            -- Nothing to claim: not ready until the next job is due. The row is locked first, so that what another
            -- process has changed for this user is seen; one that is changing it now will say so itself.
            PERFORM 1 FROM fair_turn WHERE lane = a_lane AND person = turn.person FOR UPDATE SKIP LOCKED;
            IF FOUND THEN
                UPDATE fair_turn SET ready = 0,
                    due_at = COALESCE((
                        SELECT MIN(GREATEST(lease_until, due_at)) FROM job
                        WHERE lane = a_lane AND person = turn.person AND rank = 2 AND due_at < 253402300799
                    ), 253402300799),
                    since = COALESCE((
                        SELECT MIN(created_at) FROM job
                        WHERE lane = a_lane AND person = turn.person AND rank = 2 AND due_at < 253402300799
                    ), 253402300799)
                WHERE lane = a_lane AND person = turn.person;
            END IF;
        END LOOP;
    END LOOP;
END $$;

-- The search index: the folded words of every job that has a transcript, its own or a shared one.
-- Of a sealed transcript no word is kept here; it is opened when somebody searches.
CREATE TABLE transcript_index (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE REFERENCES job (id),
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    sealed INTEGER NOT NULL,
    words TSVECTOR NOT NULL
);

CREATE INDEX transcript_index_source ON transcript_index (source);
CREATE INDEX transcript_index_sealed ON transcript_index (id) WHERE sealed = 1;
CREATE INDEX transcript_index_words ON transcript_index USING GIN (words);

-- These rows change often: room for HOT updates, and vacuum long before a fifth of a large table is dead.
ALTER TABLE job SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
ALTER TABLE fair_turn SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
ALTER TABLE budget SET (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);
ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE outbox SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
