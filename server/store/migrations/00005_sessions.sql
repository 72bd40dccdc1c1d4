-- Which pushes are live, so that a crash does not leave one without an end.

-- +goose Up

CREATE TABLE live_sessions (
    id         TEXT   NOT NULL PRIMARY KEY,
    domain     TEXT   NOT NULL,
    app        TEXT   NOT NULL,
    stream     TEXT   NOT NULL,
    start_time BIGINT NOT NULL,
    -- when it was last known to be live
    seen_time  BIGINT NOT NULL,
    -- addresses with ports
    remote     TEXT   NOT NULL,
    local      TEXT   NOT NULL,
    params     TEXT   NOT NULL
);
