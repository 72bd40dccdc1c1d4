-- Who may play, what may not be pushed, and what was pushed.

-- +goose Up

-- Domains from before get a random key at the next start.
ALTER TABLE domains ADD COLUMN play_enable BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE domains ADD COLUMN play_master TEXT NOT NULL DEFAULT '';
ALTER TABLE domains ADD COLUMN play_backup TEXT NOT NULL DEFAULT '';
-- nanoseconds
ALTER TABLE domains ADD COLUMN play_delta BIGINT NOT NULL DEFAULT 0;

-- Streams that must not be pushed.
CREATE TABLE forbidden_streams (
    domain      TEXT   NOT NULL,
    app         TEXT   NOT NULL,
    stream      TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    create_time BIGINT NOT NULL,
    -- from when on it may be pushed again
    expire_time BIGINT NOT NULL,
    PRIMARY KEY (domain, app, stream)
);

-- Pushes that are over.
CREATE TABLE pushes (
    id         TEXT    NOT NULL PRIMARY KEY,
    domain     TEXT    NOT NULL,
    app        TEXT    NOT NULL,
    stream     TEXT    NOT NULL,
    start_time BIGINT  NOT NULL,
    end_time   BIGINT  NOT NULL,
    -- address with port
    remote     TEXT    NOT NULL,
    -- why it ended, for people
    reason     TEXT    NOT NULL,
    -- media came
    media      BOOLEAN NOT NULL,
    width      BIGINT  NOT NULL,
    height     BIGINT  NOT NULL
);
-- What is listed, and what is forgotten.
CREATE INDEX pushes_end ON pushes (end_time, id);
CREATE INDEX pushes_domain ON pushes (domain, end_time, id);
