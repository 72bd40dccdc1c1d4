-- Who is logged in to the console.

-- +goose Up

CREATE TABLE console_sessions (
    -- SHA-256 of the token
    hash       TEXT   NOT NULL PRIMARY KEY,
    begin_time BIGINT NOT NULL,
    seen_time  BIGINT NOT NULL,
    remote     TEXT   NOT NULL,
    agent      TEXT   NOT NULL
);
