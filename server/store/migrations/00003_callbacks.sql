-- Callbacks: who is told of events, and how that went.

-- +goose Up

INSERT INTO counters (name, value) VALUES ('callback_template', 0), ('delivery', 0);

CREATE TABLE callback_templates (
    id               BIGINT NOT NULL PRIMARY KEY,
    name             TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    -- JSON: one address per kind of event
    urls             TEXT   NOT NULL,
    -- JSON: the levels of exceptions that are sent; none: all
    exception_levels TEXT   NOT NULL,
    callback_key     TEXT   NOT NULL
);

CREATE TABLE callback_rules (
    domain      TEXT   NOT NULL REFERENCES domains (name),
    -- empty: every app that has no rule of its own
    app         TEXT   NOT NULL,
    template_id BIGINT NOT NULL REFERENCES callback_templates (id),
    create_time BIGINT NOT NULL,
    update_time BIGINT NOT NULL,
    PRIMARY KEY (domain, app)
);
CREATE INDEX callback_rules_template ON callback_rules (template_id);

-- What is still to be delivered, few of many, in the order of delivery; and what is not, in the order in which it is forgotten.
DROP INDEX events_due;
CREATE INDEX events_queued ON events (id) WHERE state IN ('pending', 'parked');
CREATE INDEX events_ended ON events (next_at, id) WHERE state IN ('delivered', 'unwanted', 'dropped');
-- What is replayed.
CREATE INDEX events_at ON events (at, id);

-- One row per try. It outlives its event, and says of it what is searched for.
CREATE TABLE deliveries (
    id        BIGINT NOT NULL PRIMARY KEY,
    event_id  BIGINT NOT NULL,
    type      BIGINT NOT NULL,
    domain    TEXT   NOT NULL,
    app       TEXT   NOT NULL,
    stream    TEXT   NOT NULL,
    url       TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    answer_at BIGINT NOT NULL,
    code      BIGINT NOT NULL,
    request   TEXT   NOT NULL,
    response  TEXT   NOT NULL
);
CREATE INDEX deliveries_stream ON deliveries (stream, at, id);
CREATE INDEX deliveries_at ON deliveries (at);
