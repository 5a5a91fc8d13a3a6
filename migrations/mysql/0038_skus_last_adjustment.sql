-- The last adjustment in the counts (projected): one at or below it is a repeat.
ALTER TABLE skus ADD COLUMN last_adjustment_id BIGINT NOT NULL DEFAULT 0;
