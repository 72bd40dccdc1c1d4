-- Keys of the API beside the first one, which is in a file.

-- +goose Up

CREATE TABLE access_keys (
    id          TEXT   NOT NULL PRIMARY KEY,
    -- as it is: signatures are checked with it; empty for the first key, of which only the last use is here
    secret      TEXT   NOT NULL,
    active      BIGINT NOT NULL,
    description TEXT   NOT NULL,
    create_time BIGINT NOT NULL,
    -- last one, 0 if it was never used
    use_time    BIGINT NOT NULL
);
