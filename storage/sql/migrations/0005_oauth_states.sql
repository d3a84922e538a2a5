-- works with: 4
-- The oldest of the states that wait are found, so that they can be bounded.
CREATE INDEX oauth_state_expires ON oauth_state (expires_at);
