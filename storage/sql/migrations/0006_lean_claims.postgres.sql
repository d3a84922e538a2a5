-- The next due job of a lane, leased: one round trip, and nothing stays locked after it. What another process is
-- changing at this moment is passed by. Ranks 0 and 1 by `due_at`; rank 2 by the user served longest ago, then by age.
CREATE OR REPLACE FUNCTION claim_job(
    a_lane TEXT, first BOOLEAN, second BOOLEAN, third BOOLEAN, now DOUBLE PRECISION, token TEXT, until DOUBLE PRECISION
) RETURNS SETOF job LANGUAGE plpgsql AS $$
DECLARE
    turn RECORD;
    claimed job;
BEGIN
    IF first OR second THEN
        UPDATE job SET lease_token = token, lease_until = until, wake_count_at_claim = wake_count
        WHERE id = COALESCE(
            CASE WHEN first THEN (
                SELECT id FROM job
                WHERE lane = a_lane AND rank = 0 AND due_at <= now AND due_at < 253402300799 AND lease_until <= now
                ORDER BY due_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
            ) END,
            CASE WHEN second THEN (
                SELECT id FROM job
                WHERE lane = a_lane AND rank = 1 AND due_at <= now AND due_at < 253402300799 AND lease_until <= now
                ORDER BY due_at, created_at LIMIT 1 FOR UPDATE SKIP LOCKED
            ) END
        ) RETURNING * INTO claimed;
        IF FOUND THEN
            RETURN NEXT claimed;
            RETURN;
        END IF;
    END IF;
    IF NOT third THEN
        RETURN;
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
END $$;
