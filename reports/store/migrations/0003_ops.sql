-- +goose Up
-- Attempts that a stopping worker handed back: they are not held against the scan.
ALTER TABLE scans ADD COLUMN handed_back BIGINT NOT NULL DEFAULT 0;
-- Visits of pages, for the organisation's quota.
ALTER TABLE scans ADD COLUMN pages BIGINT NOT NULL DEFAULT 0;
-- Why a scan that is in line does not begin, in words.
ALTER TABLE scans ADD COLUMN waits TEXT NOT NULL DEFAULT '';
CREATE INDEX scans_started ON scans(started_at);
CREATE INDEX scans_finished ON scans(state, finished_at);

-- What an organisation may use of the service; 0 is no limit.
ALTER TABLE organisations ADD COLUMN scans_per_day BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN scans_at_once BIGINT NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN pages_per_day BIGINT NOT NULL DEFAULT 0;

-- What a purge takes away: written before anything is deleted, done when nothing
-- is left, kept for ever.
CREATE TABLE tombstones (
	scan TEXT NOT NULL REFERENCES scans(id),
	kind TEXT NOT NULL,
	buried_at BIGINT NOT NULL,
	done_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (scan, kind)
);
CREATE INDEX tombstones_done ON tombstones(done_at);

-- +goose Down
DROP TABLE tombstones;
ALTER TABLE organisations DROP COLUMN pages_per_day;
ALTER TABLE organisations DROP COLUMN scans_at_once;
ALTER TABLE organisations DROP COLUMN scans_per_day;
DROP INDEX scans_finished;
DROP INDEX scans_started;
ALTER TABLE scans DROP COLUMN waits;
ALTER TABLE scans DROP COLUMN pages;
ALTER TABLE scans DROP COLUMN handed_back;
