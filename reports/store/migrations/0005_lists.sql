-- Lists of 1,000 sites and 100,000 findings come in the order of an index, so a
-- page reads what it shows and no more.

-- +goose Up
DROP INDEX findings_open;
CREATE INDEX findings_open ON findings(present, suppressed, severity_rank, last_seen DESC, site, fingerprint);
CREATE INDEX findings_all ON findings(severity_rank, last_seen DESC, site, fingerprint);
CREATE INDEX findings_rule ON findings(rule, severity_rank, last_seen DESC, site, fingerprint);
DROP INDEX recipients_vendor;
CREATE INDEX recipients_vendor ON recipients(vendor, entity, name, categories, site, named, present);
CREATE INDEX scans_last ON scans(site, finished_at DESC, id DESC) WHERE state IN ('finished', 'incomplete');

-- +goose Down
DROP INDEX scans_last;
DROP INDEX recipients_vendor;
CREATE INDEX recipients_vendor ON recipients(vendor, present);
DROP INDEX findings_rule;
DROP INDEX findings_all;
DROP INDEX findings_open;
CREATE INDEX findings_open ON findings(present, suppressed, severity_rank, last_seen);
