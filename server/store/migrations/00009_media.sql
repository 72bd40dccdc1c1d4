-- Where a file comes from, and what people say of it.

-- +goose Up

-- 'Record', 'Upload', 'VideoProcessing', and what whoever made it added.
ALTER TABLE assets ADD COLUMN source_type TEXT NOT NULL DEFAULT 'Record';
ALTER TABLE assets ADD COLUMN source_context TEXT NOT NULL DEFAULT '';
-- JSON: tags, and moments with a description
ALTER TABLE assets ADD COLUMN tags TEXT NOT NULL DEFAULT 'null';
ALTER TABLE assets ADD COLUMN key_frames TEXT NOT NULL DEFAULT 'null';
-- the object key of its cover picture, or the address of one that lies elsewhere
ALTER TABLE assets ADD COLUMN cover TEXT NOT NULL DEFAULT '';
-- it must not be played
ALTER TABLE assets ADD COLUMN forbidden BOOLEAN NOT NULL DEFAULT FALSE;
