-- The headers of what was sent and of what was answered.

-- +goose Up

-- JSON: [{"Name": ..., "Value": ...}]; empty for tries of an earlier version
ALTER TABLE deliveries ADD COLUMN request_header TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN response_header TEXT NOT NULL DEFAULT '';
