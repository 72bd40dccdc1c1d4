-- Sources that are fetched from other servers and cameras.

-- +goose Up

INSERT INTO counters (name, value) VALUES ('pull', 0);

CREATE TABLE pulls (
    id          BIGINT  NOT NULL PRIMARY KEY,
    -- with its secrets
    from_url    TEXT    NOT NULL,
    domain      TEXT    NOT NULL,
    app         TEXT    NOT NULL,
    stream      TEXT    NOT NULL,
    transport   TEXT    NOT NULL,
    insecure    BOOLEAN NOT NULL,
    fingerprint TEXT    NOT NULL,
    disabled    BOOLEAN NOT NULL,
    start_time  BIGINT  NOT NULL,
    end_time    BIGINT  NOT NULL,
    area_id     BIGINT  NOT NULL,
    isp_id      BIGINT  NOT NULL,
    create_time BIGINT  NOT NULL
);
