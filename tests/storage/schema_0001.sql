-- A database as schema 1 left it: every later program must read it. Never edit; made by `.dump`.
BEGIN TRANSACTION;
CREATE TABLE block (
    job_id TEXT NOT NULL REFERENCES job (id),
    number INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (job_id, number)
);
INSERT INTO "block" VALUES('abcdefghjk',1,X'007B2276223A312C227365676D656E7473223A5B5B22D4B2D5A1D680D68720D5B1D5A5D5A6222C302E302C312E352C22D4BDD5B8D5BDD5B6D5A1D5AF2031222C5B5B22D4B2D5A1D680D687222C302E302C302E375D2C5B22D5B1D5A5D5A6222C302E372C312E355D5D5D2C5B2268656C6C6F222C6E756C6C2C6E756C6C2C6E756C6C2C5B5D5D5D2C226C616E6775616765223A226879227D');
CREATE TABLE budget (
    account TEXT PRIMARY KEY,
    arrival_at DOUBLE PRECISION NOT NULL,
    held_until DOUBLE PRECISION NOT NULL,
    asked_at DOUBLE PRECISION
);
INSERT INTO "budget" VALUES('xosum',1.80000000428571414953e+09,0.0,1800000000.0);
CREATE TABLE channel (
    team_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    language TEXT NOT NULL,
    recording_type TEXT NOT NULL,
    automatic INTEGER NOT NULL,
    speakers INTEGER NOT NULL,
    timestamps INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (team_id, channel_id)
);
INSERT INTO "channel" VALUES('T1','C1','xosum','hy','',1,1,1,'',0.0);
CREATE TABLE high_water (
    name TEXT PRIMARY KEY,
    mark TEXT NOT NULL
);
INSERT INTO "high_water" VALUES('C1','1.5');
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    ref TEXT NOT NULL,
    payload BLOB NOT NULL,
    received_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, key)
);
INSERT INTO "inbox" VALUES(1,'hook','k','remote-1',X'007061796C6F6164',1800000000.0,1800000000.0,0);
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    team_id TEXT NOT NULL,
    enterprise_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    message_ts TEXT NOT NULL,
    file_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    state TEXT NOT NULL,
    lane TEXT NOT NULL,
    rank INTEGER NOT NULL,
    person TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    file_name TEXT NOT NULL,
    file_mimetype TEXT NOT NULL,
    file_filetype TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    file_seconds DOUBLE PRECISION,
    file_subtype TEXT NOT NULL,
    language TEXT,
    recording_type TEXT,
    expected_audio INTEGER NOT NULL,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    outcome TEXT,
    problem_code TEXT,
    problem_params BLOB,
    attempts INTEGER NOT NULL,
    last_error TEXT NOT NULL,
    client_ref TEXT NOT NULL,
    hook_token TEXT NOT NULL,
    remote_ref TEXT,
    remote_url BLOB,
    remote_expires_at DOUBLE PRECISION,
    submitted_at DOUBLE PRECISION,
    progress DOUBLE PRECISION,
    parked_from TEXT,
    parked_for TEXT NOT NULL,
    cancel_by TEXT NOT NULL,
    reuses TEXT NOT NULL,
    finished_at DOUBLE PRECISION,
    lease_token TEXT NOT NULL DEFAULT '',
    lease_until DOUBLE PRECISION NOT NULL DEFAULT 0,
    wake_count INTEGER NOT NULL DEFAULT 0,
    wake_count_at_claim INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    purged_at DOUBLE PRECISION,
    UNIQUE (team_id, file_id, channel_id, thread_ts)
);
INSERT INTO "job" VALUES('abcdefghjk','T1','E1','C1','1.0','1.5','F1','U1','done','slack',2,'T1:U1',1800000000.0,1800000000.0,253402300799.0,'talk.m4a','audio/mp4','m4a',12345,61.5,'slack_audio','es','phone_call',1,'xosum','xosum','transcript',NULL,NULL,0,'','client-ref-1','hook-token-1','remote-1',X'0068747470733A2F2F75706C6F61642E6578616D706C652F736563726574',1800000600.0,1800000000.0,NULL,NULL,'','','',1800000000.0,'',0.0,0,0,7,NULL);
CREATE TABLE job_event (
    job_id TEXT NOT NULL REFERENCES job (id),
    revision INTEGER NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    source TEXT,
    target TEXT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (job_id, revision)
);
INSERT INTO "job_event" VALUES('abcdefghjk',1,1800000000.0,NULL,'received','received');
INSERT INTO "job_event" VALUES('abcdefghjk',2,1800000000.0,'received','submitting','accepted for xosum');
INSERT INTO "job_event" VALUES('abcdefghjk',3,1800000000.0,'submitting','submitting','remote job created');
INSERT INTO "job_event" VALUES('abcdefghjk',4,1800000000.0,'submitting','waiting','audio handed over');
INSERT INTO "job_event" VALUES('abcdefghjk',5,1800000000.0,'waiting','finishing','result ready');
INSERT INTO "job_event" VALUES('abcdefghjk',6,1800000000.0,'finishing','replying','transcript stored');
INSERT INTO "job_event" VALUES('abcdefghjk',7,1800000000.0,'replying','done','replied');
CREATE TABLE latency (
    account TEXT NOT NULL,
    number BIGINT NOT NULL,
    audio_seconds DOUBLE PRECISION NOT NULL,
    took_seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (account, number)
);
INSERT INTO "latency" VALUES('xosum',1,10.0,5.0);
CREATE TABLE migration (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at DOUBLE PRECISION NOT NULL);
INSERT INTO "migration" VALUES(1,'first',1.79524921809350633625e+09);
CREATE TABLE outgoing (
    key TEXT PRIMARY KEY,
    job_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    thread_ts TEXT NOT NULL,
    phase TEXT NOT NULL,
    intent_at DOUBLE PRECISION NOT NULL,
    ts TEXT NOT NULL,
    file_id TEXT NOT NULL,
    verify_at DOUBLE PRECISION
);
INSERT INTO "outgoing" VALUES('reply:abcdefghjk','abcdefghjk','C1','1.0','posted',1800000000.0,'5.5','',1800000060.0);
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY,
    beats BIGINT NOT NULL
);
INSERT INTO "pulse" VALUES(1,0);
CREATE TABLE seal_key (
    key_id TEXT PRIMARY KEY,
    first_used_at DOUBLE PRECISION NOT NULL
);
CREATE TABLE transcript (
    job_id TEXT PRIMARY KEY REFERENCES job (id),
    body BLOB NOT NULL,
    stored_at DOUBLE PRECISION NOT NULL
);
INSERT INTO "transcript" VALUES('abcdefghjk',X'007B2276223A312C227365676D656E7473223A5B5B22D4B2D5A1D680D68720D5B1D5A5D5A6222C302E302C312E352C22D4BDD5B8D5BDD5B6D5A1D5AF2031222C5B5B22D4B2D5A1D680D687222C302E302C302E375D2C5B22D5B1D5A5D5A6222C302E372C312E355D5D5D2C5B2268656C6C6F222C6E756C6C2C6E756C6C2C6E756C6C2C5B5D5D5D2C226C616E6775616765223A226879222C227365636F6E6473223A31322E352C227469746C65223A225469746C65222C2273756D6D617279223A2253756D6D617279222C22686967686C6967687473223A5B2268656C6C6F225D2C2270726F7669646572223A22786F73756D222C22737065616B65725F6E616D6573223A7B22D4BDD5B8D5BDD5B6D5A1D5AF2031223A22416E69227D7D',1800000000.0);
CREATE TABLE turn (
    lane TEXT NOT NULL,
    person TEXT NOT NULL,
    served BIGINT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    ready INTEGER NOT NULL,
    PRIMARY KEY (lane, person)
);
INSERT INTO "turn" VALUES('slack','T1:U1',0,1800000000.0,1800000000.0,0);
INSERT INTO "turn" VALUES('xosum','T1:U1',0,1800000000.0,1800000000.0,0);
CREATE INDEX job_queue ON job (lane, rank, due_at, created_at) WHERE due_at < 253402300799;
CREATE INDEX job_turn ON job (lane, rank, person, created_at, id, due_at) WHERE rank = 2 AND due_at < 253402300799;
CREATE INDEX job_leased ON job (lane, lease_until) WHERE lease_token <> '';
CREATE INDEX job_remote ON job (account, remote_ref) WHERE remote_ref IS NOT NULL;
CREATE UNIQUE INDEX job_hook ON job (hook_token);
CREATE INDEX job_message ON job (team_id, channel_id, message_ts, created_at);
CREATE INDEX job_state ON job (state, created_at);
CREATE INDEX job_user ON job (user_id, created_at);
CREATE INDEX job_channel ON job (channel_id, created_at);
CREATE INDEX job_parked ON job (parked_for) WHERE state = 'parked';
CREATE INDEX job_reuses ON job (reuses) WHERE reuses <> '';
CREATE INDEX job_kept ON job (finished_at) WHERE purged_at IS NULL AND finished_at IS NOT NULL;
CREATE INDEX turn_served ON turn (lane, served);
CREATE INDEX turn_ready ON turn (lane, served, since) WHERE ready = 1;
CREATE INDEX turn_resting ON turn (lane, due_at) WHERE ready = 0;
CREATE INDEX outgoing_verify ON outgoing (verify_at) WHERE verify_at IS NOT NULL;
CREATE INDEX inbox_ref ON inbox (ref, kind, id) WHERE used = 0;
CREATE INDEX inbox_due ON inbox (kind, due_at) WHERE used = 0;
CREATE INDEX inbox_received ON inbox (received_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('inbox',1);
COMMIT;
