-- Classes, sub-applications, and how much there is of each storage class and where.

-- +goose Up

CREATE TABLE sub_apps (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,
    -- 'On', 'Off' or 'Destroyed'
    status      TEXT   NOT NULL,
    mode        TEXT   NOT NULL,
    type        TEXT   NOT NULL,
    region      TEXT   NOT NULL,
    -- JSON
    tags        TEXT   NOT NULL,
    create_time BIGINT NOT NULL
);
-- What templates have named so far was taken as it came: such files are to stay in reach, and new ones to go there as well.
CREATE TEMPORARY TABLE named_places AS
SELECT json_extract(format.value, '$.vod_sub_app_id') AS sub_app_id, json_extract(format.value, '$.class_id') AS class_id
FROM templates, json_each(templates.formats) AS format;
INSERT INTO sub_apps (id, name, description, status, mode, type, region, tags, create_time)
SELECT sub_app_id, 'application ' || sub_app_id, '', 'On', 'fileid', '', '', 'null', 0
FROM (SELECT sub_app_id FROM assets UNION SELECT sub_app_id FROM named_places) AS apps WHERE sub_app_id > 0;
INSERT INTO counters (name, value) SELECT 'sub_app', COALESCE(MAX(id), 0) FROM (SELECT id FROM sub_apps UNION SELECT 1500000000 AS id) AS ids;

CREATE TABLE classes (
    id          BIGINT NOT NULL PRIMARY KEY,
    sub_app_id  BIGINT NOT NULL,
    -- -1: none
    parent_id   BIGINT NOT NULL,
    name        TEXT   NOT NULL,
    create_time BIGINT NOT NULL,
    UNIQUE (sub_app_id, parent_id, name)
);
-- One ID names one class: that of the application with the lowest ID keeps it, files of others are in no class.
INSERT INTO classes (id, sub_app_id, parent_id, name, create_time)
SELECT class_id, MIN(sub_app_id), -1, 'class ' || class_id, 0 FROM assets WHERE class_id > 0 GROUP BY class_id;
INSERT INTO classes (id, sub_app_id, parent_id, name, create_time)
SELECT class_id, MIN(sub_app_id), -1, 'class ' || class_id, 0 FROM named_places
WHERE class_id > 0 AND class_id NOT IN (SELECT id FROM classes) GROUP BY class_id;
INSERT INTO counters (name, value) SELECT 'class', COALESCE(MAX(id), 0) FROM classes;
DROP TABLE named_places;

-- What was done otherwise than asked when a file came into the catalogue, for people.
ALTER TABLE assets ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- Where files lie, to find those that belong elsewhere.
CREATE INDEX assets_home ON assets (storage_id, storage_class, sub_app_id, id) WHERE status = 'Normal';

-- Visible files and what they occupy, kept by triggers: to sum a million rows takes a second. A lost file occupies nothing.
CREATE TABLE storage_usage (
    sub_app_id    BIGINT NOT NULL,
    storage_id    TEXT   NOT NULL,
    storage_class TEXT   NOT NULL,
    files         BIGINT NOT NULL,
    bytes         BIGINT NOT NULL,
    PRIMARY KEY (sub_app_id, storage_id, storage_class)
);
INSERT INTO storage_usage (sub_app_id, storage_id, storage_class, files, bytes)
SELECT sub_app_id, storage_id, storage_class, COUNT(*), SUM(CASE status WHEN 'Lost' THEN 0 ELSE size END)
FROM assets WHERE status IN ('Normal', 'Recording', 'Lost') GROUP BY sub_app_id, storage_id, storage_class;

-- +goose StatementBegin
CREATE TRIGGER storage_usage_insert AFTER INSERT ON assets WHEN NEW.status IN ('Normal', 'Recording', 'Lost')
BEGIN
    INSERT INTO storage_usage (sub_app_id, storage_id, storage_class, files, bytes)
    VALUES (NEW.sub_app_id, NEW.storage_id, NEW.storage_class, 1, CASE NEW.status WHEN 'Lost' THEN 0 ELSE NEW.size END)
    ON CONFLICT (sub_app_id, storage_id, storage_class) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER storage_usage_delete AFTER DELETE ON assets WHEN OLD.status IN ('Normal', 'Recording', 'Lost')
BEGIN
    UPDATE storage_usage SET files = files - 1, bytes = bytes - CASE OLD.status WHEN 'Lost' THEN 0 ELSE OLD.size END
    WHERE sub_app_id = OLD.sub_app_id AND storage_id = OLD.storage_id AND storage_class = OLD.storage_class;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER storage_usage_leave AFTER UPDATE OF status, size, sub_app_id, storage_id, storage_class ON assets
WHEN OLD.status IN ('Normal', 'Recording', 'Lost')
BEGIN
    UPDATE storage_usage SET files = files - 1, bytes = bytes - CASE OLD.status WHEN 'Lost' THEN 0 ELSE OLD.size END
    WHERE sub_app_id = OLD.sub_app_id AND storage_id = OLD.storage_id AND storage_class = OLD.storage_class;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER storage_usage_enter AFTER UPDATE OF status, size, sub_app_id, storage_id, storage_class ON assets
WHEN NEW.status IN ('Normal', 'Recording', 'Lost')
BEGIN
    INSERT INTO storage_usage (sub_app_id, storage_id, storage_class, files, bytes)
    VALUES (NEW.sub_app_id, NEW.storage_id, NEW.storage_class, 1, CASE NEW.status WHEN 'Lost' THEN 0 ELSE NEW.size END)
    ON CONFLICT (sub_app_id, storage_id, storage_class) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
END;
-- +goose StatementEnd

-- Parts count where they lie and in the class that their file had then; their own columns, because the file may be gone before them.
ALTER TABLE parts ADD COLUMN sub_app_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE parts ADD COLUMN storage_class TEXT NOT NULL DEFAULT 'STANDARD';
-- +goose StatementBegin
CREATE TRIGGER storage_usage_part AFTER INSERT ON parts WHEN NOT NEW.doomed
BEGIN
    UPDATE parts SET sub_app_id = COALESCE((SELECT sub_app_id FROM assets WHERE id = NEW.file_id), 0),
        storage_class = COALESCE((SELECT storage_class FROM assets WHERE id = NEW.file_id), 'STANDARD') WHERE id = NEW.id;
    INSERT INTO storage_usage (sub_app_id, storage_id, storage_class, files, bytes)
    SELECT sub_app_id, storage_id, storage_class, 0, size FROM parts WHERE id = NEW.id
    ON CONFLICT (sub_app_id, storage_id, storage_class) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER storage_usage_doom AFTER UPDATE OF doomed ON parts WHEN NEW.doomed AND NOT OLD.doomed
BEGIN
    UPDATE storage_usage SET bytes = bytes - OLD.size
    WHERE sub_app_id = OLD.sub_app_id AND storage_id = OLD.storage_id AND storage_class = OLD.storage_class;
END;
-- +goose StatementEnd
