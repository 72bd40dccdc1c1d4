-- Files can be held, which keeps them from being deleted, and can be lost (status 'Lost'): in the catalogue, but not in their storage.

-- +goose Up

-- hold_time 0: not held.
ALTER TABLE assets ADD COLUMN hold_time BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assets ADD COLUMN hold_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE assets ADD COLUMN hold_by TEXT NOT NULL DEFAULT '';

-- The indexes of searches again, in their old order, now with the lost ones.
DROP INDEX assets_time;
DROP INDEX assets_storage_class;
DROP INDEX assets_class;
DROP INDEX assets_container;
DROP INDEX assets_expire;
DROP INDEX assets_domain;
DROP INDEX assets_app;
DROP INDEX assets_name;
DROP INDEX assets_stream;
CREATE INDEX assets_time ON assets (sub_app_id, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_storage_class ON assets (sub_app_id, storage_class, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_class ON assets (sub_app_id, class_id, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_container ON assets (sub_app_id, container, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_expire ON assets (sub_app_id, expire_time, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_domain ON assets (sub_app_id, domain, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_app ON assets (sub_app_id, app, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_name ON assets (sub_app_id, name, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_stream ON assets (sub_app_id, stream, create_time, id, status) WHERE status IN ('Normal', 'Recording', 'Lost');
CREATE INDEX assets_lost ON assets (sub_app_id, create_time, id) WHERE status = 'Lost';

-- Work lists: what has expired, and what is the oldest, without what is held.
DROP INDEX assets_expired;
CREATE INDEX assets_expired ON assets (expire_time, id) WHERE status = 'Normal' AND hold_time = 0;
CREATE INDEX assets_oldest ON assets (storage_id, end_time, id) WHERE status = 'Normal' AND hold_time = 0;
-- Which file belongs to which asset.
CREATE INDEX assets_object ON assets (storage_id, object_key);
