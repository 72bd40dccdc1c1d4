-- Task flows: what is made of files.

-- +goose Up

CREATE TABLE procedures (
    sub_app_id  BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    comment     TEXT   NOT NULL,
    -- JSON
    flow        TEXT   NOT NULL,
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (sub_app_id, name)
);

-- Files that were stored and may want a cover.
CREATE TABLE covers_due (
    file_id BIGINT NOT NULL PRIMARY KEY,
    tries   BIGINT NOT NULL
);
