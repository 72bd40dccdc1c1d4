-- Files are in the catalogue while they are recorded (status 'Recording'), and may have a playlist beside them.

-- +goose Up

ALTER TABLE assets ADD COLUMN playlist_key TEXT NOT NULL DEFAULT '';

-- The indexes of searches again, in their old order, now of all visible assets. The status at their end keeps counting away from
-- the rows: the condition alone does not tell it any more. Expiry and hashing go on looking at 'Normal' ones only.
DROP INDEX assets_time;
DROP INDEX assets_storage_class;
DROP INDEX assets_class;
DROP INDEX assets_container;
DROP INDEX assets_expire;
DROP INDEX assets_domain;
DROP INDEX assets_app;
DROP INDEX assets_name;
DROP INDEX assets_stream;
CREATE INDEX assets_time ON assets (sub_app_id, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_storage_class ON assets (sub_app_id, storage_class, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_class ON assets (sub_app_id, class_id, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_container ON assets (sub_app_id, container, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_expire ON assets (sub_app_id, expire_time, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_domain ON assets (sub_app_id, domain, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_app ON assets (sub_app_id, app, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_name ON assets (sub_app_id, name, create_time, id, status) WHERE status IN ('Normal', 'Recording');
CREATE INDEX assets_stream ON assets (sub_app_id, stream, create_time, id, status) WHERE status IN ('Normal', 'Recording');
-- What is being recorded: few of many.
CREATE INDEX assets_recording ON assets (sub_app_id, create_time, id) WHERE status = 'Recording';
