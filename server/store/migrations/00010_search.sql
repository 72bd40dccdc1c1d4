-- What searches find files by: an index of all that can be asked of them, in the order of results. It is brought up to date after the
-- change: search_pending says for which files it is not. Those are looked at themselves, so that a search is right at any time.

-- +goose Up

-- Files whose entry is missing or out of date. (INTEGER PRIMARY KEY: in SQLite, the number of the row itself.)
CREATE TABLE search_pending (
    asset_id INTEGER NOT NULL PRIMARY KEY
);

-- One entry per visible file that has been indexed. seq is in the order of (create_time, id), with room in between.
CREATE TABLE search_entries (
    seq                INTEGER NOT NULL PRIMARY KEY,
    id                 BIGINT  NOT NULL,
    create_time        BIGINT  NOT NULL,
    expire_time        BIGINT  NOT NULL,
    name               TEXT    NOT NULL,
    -- without regard to case
    folded_name        TEXT    NOT NULL,
    folded_description TEXT    NOT NULL
);
CREATE UNIQUE INDEX search_entries_id ON search_entries (id);
CREATE UNIQUE INDEX search_entries_time ON search_entries (create_time, id);

-- The words of an entry, which the program makes; its rowid is seq. Another database has an inverted index of its own.
CREATE VIRTUAL TABLE search_index USING fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

INSERT INTO search_pending SELECT id FROM assets WHERE status IN ('Normal', 'Recording', 'Lost');

CREATE INDEX assets_forbidden ON assets (id) WHERE forbidden;

-- +goose StatementBegin
CREATE TRIGGER assets_added AFTER INSERT ON assets BEGIN
    INSERT OR IGNORE INTO search_pending (asset_id) VALUES (new.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assets_removed AFTER DELETE ON assets BEGIN
    INSERT OR IGNORE INTO search_pending (asset_id) VALUES (old.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER assets_changed AFTER UPDATE OF name, description, container, status, create_time, expire_time, domain, app, stream,
    sub_app_id, class_id, storage_class, source_type, tags, forbidden ON assets BEGIN
    INSERT OR IGNORE INTO search_pending (asset_id) VALUES (new.id);
END;
-- +goose StatementEnd
