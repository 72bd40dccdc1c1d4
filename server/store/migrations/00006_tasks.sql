-- Record tasks: windows of time in which streams are recorded.

-- +goose Up

INSERT INTO counters (name, value) VALUES ('legacy_task', 0);

CREATE TABLE tasks (
    id            TEXT    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL,
    domain        TEXT    NOT NULL,
    app           TEXT    NOT NULL,
    stream        TEXT    NOT NULL,
    stream_type   BIGINT  NOT NULL,
    -- 0: format, cut after record_interval, kept for storage_time (nanoseconds)
    template_id   BIGINT  NOT NULL,
    format        TEXT    NOT NULL,
    record_interval BIGINT NOT NULL,
    storage_time  BIGINT  NOT NULL,
    start_time    BIGINT  NOT NULL,
    end_time      BIGINT  NOT NULL,
    real_time     BOOLEAN NOT NULL,
    extension     TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    -- when something is to be done next; 0: never
    next_at       BIGINT  NOT NULL,
    create_time   BIGINT  NOT NULL,
    stopped_time  BIGINT  NOT NULL,
    deleted_time  BIGINT  NOT NULL,
    -- JSON: the states it was in
    history       TEXT    NOT NULL,
    lease_owner   TEXT    NOT NULL,
    lease_until   BIGINT  NOT NULL
);
-- What is to be done, few of many.
CREATE INDEX tasks_next ON tasks (state, next_at) WHERE state IN ('waiting', 'recording', 'interrupted');
CREATE INDEX tasks_template ON tasks (template_id) WHERE state IN ('waiting', 'recording', 'interrupted');
-- What is listed.
CREATE INDEX tasks_start ON tasks (start_time, id) WHERE kind = 'current' AND deleted_time = 0;
CREATE INDEX tasks_stream ON tasks (domain, app, stream, end_time);
-- What is forgotten.
CREATE INDEX tasks_end ON tasks (end_time);

CREATE TABLE task_files (
    task_id TEXT   NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    file_id BIGINT NOT NULL,
    PRIMARY KEY (task_id, file_id)
);
