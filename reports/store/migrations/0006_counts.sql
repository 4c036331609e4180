-- How many findings of each severity a site has that are there and not
-- suppressed, so that pages of many sites add up small rows instead of counting.
-- Whatever changes a finding's presence, suppression or severity counts its site
-- anew in the same change.

-- +goose Up
CREATE TABLE finding_counts (
	site TEXT NOT NULL REFERENCES sites(id),
	severity_rank BIGINT NOT NULL,
	number BIGINT NOT NULL,
	PRIMARY KEY (site, severity_rank)
);
INSERT INTO finding_counts(site, severity_rank, number) SELECT site, severity_rank, count(*) FROM findings WHERE present = 1 AND suppressed = 0 GROUP BY site, severity_rank;
DROP INDEX findings_count;
CREATE INDEX schedules_site ON schedules(site, paused, next_at);
CREATE INDEX sites_name ON sites(name, url, id) WHERE deleted_at = 0;

-- +goose Down
DROP INDEX sites_name;
DROP INDEX schedules_site;
CREATE INDEX findings_count ON findings(present, suppressed, severity, site);
DROP TABLE finding_counts;
