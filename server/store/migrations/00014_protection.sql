-- Who may play the files of a sub-application.

-- +goose Up

CREATE TABLE protections (
    sub_app_id   BIGINT PRIMARY KEY,              -- 0 is the primary application
    signed       BOOLEAN NOT NULL,                -- addresses must be signed with one of the keys
    key          TEXT NOT NULL,
    backup_key   TEXT NOT NULL,
    lifetime     BIGINT NOT NULL,                 -- of addresses that are shown, in seconds; 0 is the default
    referer_mode TEXT NOT NULL,                   -- '', 'White', 'Black'
    referers     TEXT NOT NULL,                   -- JSON
    no_referer   BOOLEAN NOT NULL,                -- who does not tell where they come from may play
    origins      TEXT NOT NULL,                   -- JSON: pages that may read files by script; none means all
    update_time  BIGINT NOT NULL                  -- microseconds
);
