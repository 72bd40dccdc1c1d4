-- Who changed what, and who logged in.

-- +goose Up

CREATE TABLE audit_log (
    id         INTEGER NOT NULL PRIMARY KEY,
    time       BIGINT  NOT NULL,
    -- how the caller proved who it is; key_id is empty for the console
    scheme     TEXT    NOT NULL,
    key_id     TEXT    NOT NULL,
    remote     TEXT    NOT NULL,
    agent      TEXT    NOT NULL,
    product    TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    -- JSON without secrets, may be cut
    params     TEXT    NOT NULL,
    answer     TEXT    NOT NULL,
    -- of the error, empty if there was none
    code       TEXT    NOT NULL,
    request_id TEXT    NOT NULL
);

-- with what is looked for, so that rows need not be read that do not fit
CREATE INDEX audit_log_time ON audit_log (time, product, action, key_id, code);
