-- The catalogue's long work, and what it tells of itself and of its files.

-- +goose Up

INSERT INTO counters (name, value) VALUES ('vod_event', 0);

CREATE TABLE long_tasks (
    id              TEXT   NOT NULL PRIMARY KEY,
    type            TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    sub_app_id      BIGINT NOT NULL,
    -- 0: of none or many
    file_id         BIGINT NOT NULL,
    session_id      TEXT   NOT NULL,
    session_context TEXT   NOT NULL,
    priority        BIGINT NOT NULL,
    notify          TEXT   NOT NULL,
    -- JSON of the type's own; empty: none
    input           TEXT   NOT NULL,
    output          TEXT   NOT NULL,
    progress        BIGINT NOT NULL,
    code            BIGINT NOT NULL,
    message         TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    create_time     BIGINT NOT NULL,
    begin_time      BIGINT NOT NULL,
    finish_time     BIGINT NOT NULL
);
-- What is to be done, few of many.
CREATE INDEX long_tasks_open ON long_tasks (status, create_time) WHERE status IN ('WAITING', 'PROCESSING');
-- What is listed, and what is forgotten.
CREATE INDEX long_tasks_created ON long_tasks (sub_app_id, create_time, id);
CREATE INDEX long_tasks_file ON long_tasks (sub_app_id, file_id, create_time, id) WHERE file_id <> 0;
CREATE INDEX long_tasks_session ON long_tasks (sub_app_id, session_id, create_time) WHERE session_id <> '';
CREATE INDEX long_tasks_finished ON long_tasks (finish_time) WHERE finish_time <> 0;

-- What a composition has made, should it have been cut short after that.
CREATE INDEX assets_made ON assets (cause, id) WHERE cause_kind = 'compose';

-- What happened in the catalogue, append-only, with the state of its delivery.
CREATE TABLE vod_events (
    id          BIGINT NOT NULL PRIMARY KEY,
    sub_app_id  BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    -- JSON
    content     TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    -- 'pending', 'parked', 'delivered', 'dropped' as those of events; 'confirmed': by whom it was pulled
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    -- how often it was pulled, and until when it is not given to others
    pulls       BIGINT NOT NULL,
    lease_until BIGINT NOT NULL
);
CREATE INDEX vod_events_queued ON vod_events (sub_app_id, id) WHERE state IN ('pending', 'parked');
CREATE INDEX vod_events_lease ON vod_events (sub_app_id, lease_until) WHERE state IN ('pending', 'parked');
CREATE INDEX vod_events_at ON vod_events (at);

-- Who is told, and of what.
CREATE TABLE vod_event_configs (
    sub_app_id  BIGINT  NOT NULL PRIMARY KEY,
    mode        TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    uploaded    BOOLEAN NOT NULL,
    deleted     BOOLEAN NOT NULL,
    persisted   BOOLEAN NOT NULL,
    sign_key    TEXT    NOT NULL
);
