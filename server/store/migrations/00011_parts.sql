-- Files that were made of others: their parts, and names that are about to be given.

-- +goose Up

CREATE TABLE parts (
    id           BIGINT  NOT NULL PRIMARY KEY,
    file_id      BIGINT  NOT NULL REFERENCES asset_ids (id),
    kind         TEXT    NOT NULL,
    definition   BIGINT  NOT NULL,
    place        BIGINT  NOT NULL,
    storage_id   TEXT    NOT NULL,
    object_key   TEXT    NOT NULL,
    -- of an asset's own file that is to be removed without the asset
    playlist_key TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         BIGINT  NOT NULL,
    -- JSON, or empty
    meta         TEXT    NOT NULL,
    create_time  BIGINT  NOT NULL,
    -- its files are to be removed; nobody sees it any more
    doomed       BOOLEAN NOT NULL
);
CREATE INDEX parts_file ON parts (file_id, kind, definition, place, id) WHERE NOT doomed;
CREATE INDEX parts_doomed ON parts (id) WHERE doomed;
CREATE INDEX parts_doomed_file ON parts (file_id, id) WHERE doomed;
CREATE INDEX parts_object ON parts (storage_id, object_key);

-- Names that files are about to be given. What has such a name and is in no other table is to be removed, unless somebody works at it.
CREATE TABLE reservations (
    id           BIGINT NOT NULL PRIMARY KEY,
    extension    TEXT   NOT NULL,
    storage_id   TEXT   NOT NULL,
    object_key   TEXT   NOT NULL,
    playlist_key TEXT   NOT NULL
);
CREATE INDEX reservations_object ON reservations (storage_id, object_key);

-- Which of name (1), description (2), class (4) and expiry (8) somebody has changed since it was made: a recording that is finished keeps
-- those.
ALTER TABLE assets ADD COLUMN edits BIGINT NOT NULL DEFAULT 0;
