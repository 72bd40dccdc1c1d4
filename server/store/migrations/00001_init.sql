-- The schema's first version. It keeps to what SQLite and PostgreSQL both know: BIGINT for every number, times in
-- microseconds since 1970 (0: none), identities given by the program from the table counters.

-- +goose Up

CREATE TABLE counters (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('template', 0), ('event', 0);

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Where files lie. The id is also in the storage itself, so that another one in its place is noticed.
CREATE TABLE storages (
    id       TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    location TEXT NOT NULL,
    UNIQUE (kind, location)
);

CREATE TABLE domains (
    name                 TEXT    NOT NULL PRIMARY KEY,
    type                 BIGINT  NOT NULL,
    enabled              BOOLEAN NOT NULL,
    built_in             BOOLEAN NOT NULL,
    play_type            BIGINT  NOT NULL,
    is_delay_live        BOOLEAN NOT NULL,
    is_mini_program_live BOOLEAN NOT NULL,
    push_enable          BOOLEAN NOT NULL,
    push_master          TEXT    NOT NULL,
    push_backup          TEXT    NOT NULL,
    -- nanoseconds
    push_delta           BIGINT  NOT NULL,
    create_time          BIGINT  NOT NULL
);

CREATE TABLE templates (
    id                     BIGINT  NOT NULL PRIMARY KEY,
    name                   TEXT    NOT NULL,
    description            TEXT    NOT NULL,
    -- JSON: one object per format
    formats                TEXT    NOT NULL,
    flow_continue_duration BIGINT  NOT NULL,
    is_delay_live          BOOLEAN NOT NULL,
    remove_watermark       BOOLEAN NOT NULL,
    flv_upload             BOOLEAN NOT NULL,
    create_time            BIGINT  NOT NULL,
    update_time            BIGINT  NOT NULL
);

CREATE TABLE rules (
    domain      TEXT   NOT NULL REFERENCES domains (name),
    -- empty: every app, every stream
    app         TEXT   NOT NULL,
    stream      TEXT   NOT NULL,
    template_id BIGINT NOT NULL REFERENCES templates (id),
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (domain, app, stream)
);
CREATE INDEX rules_template ON rules (template_id);

-- Every asset there ever was, so that a file which was deleted is not catalogued again.
CREATE TABLE asset_ids (
    id BIGINT NOT NULL PRIMARY KEY
);

CREATE TABLE assets (
    id            BIGINT  NOT NULL PRIMARY KEY REFERENCES asset_ids (id),
    name          TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    container     TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    storage_id    TEXT    NOT NULL,
    object_key    TEXT    NOT NULL,
    size          BIGINT  NOT NULL,
    -- nanoseconds
    duration      BIGINT  NOT NULL,
    start_time    BIGINT  NOT NULL,
    end_time      BIGINT  NOT NULL,
    create_time   BIGINT  NOT NULL,
    update_time   BIGINT  NOT NULL,
    -- 9999-12-31T23:59:59Z: never
    expire_time   BIGINT  NOT NULL,
    domain        TEXT    NOT NULL,
    app           TEXT    NOT NULL,
    stream        TEXT    NOT NULL,
    session_id    TEXT    NOT NULL,
    params        TEXT    NOT NULL,
    template_id   BIGINT  NOT NULL,
    cause_kind    TEXT    NOT NULL,
    cause         TEXT    NOT NULL,
    sub_app_id    BIGINT  NOT NULL,
    class_id      BIGINT  NOT NULL,
    storage_class TEXT    NOT NULL,
    procedure_name TEXT   NOT NULL,
    -- JSON
    tracks        TEXT    NOT NULL,
    gaps          TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    recovered     BOOLEAN NOT NULL,
    sha256        TEXT    NOT NULL
);
-- One index per field that can be searched by. Each ends in the order of the result, so that a page is read without sorting,
-- and holds visible assets only, so that matches are counted without looking at rows. Of several that fit, SQLite takes the one
-- made last: they stand from the coarsest to the finest.
CREATE INDEX assets_time ON assets (sub_app_id, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_storage_class ON assets (sub_app_id, storage_class, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_class ON assets (sub_app_id, class_id, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_container ON assets (sub_app_id, container, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_expire ON assets (sub_app_id, expire_time, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_domain ON assets (sub_app_id, domain, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_app ON assets (sub_app_id, app, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_name ON assets (sub_app_id, name, create_time, id) WHERE status = 'Normal';
CREATE INDEX assets_stream ON assets (sub_app_id, stream, create_time, id) WHERE status = 'Normal';
-- Work lists.
CREATE INDEX assets_expired ON assets (expire_time, id) WHERE status = 'Normal';
CREATE INDEX assets_deleting ON assets (id) WHERE status = 'Deleting';
CREATE INDEX assets_unhashed ON assets (id) WHERE status = 'Normal' AND sha256 = '';

-- What happened, append-only, with the state of its delivery.
CREATE TABLE events (
    id          BIGINT NOT NULL PRIMARY KEY,
    type        BIGINT NOT NULL,
    domain      TEXT   NOT NULL,
    app         TEXT   NOT NULL,
    stream      TEXT   NOT NULL,
    -- JSON
    payload     TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    lease_owner TEXT   NOT NULL,
    lease_until BIGINT NOT NULL
);
CREATE INDEX events_due ON events (state, next_at, id);
