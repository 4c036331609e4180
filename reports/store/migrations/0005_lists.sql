-- Lists of 1,000 sites and 100,000 findings come in the order of an index, so a
-- page reads what it shows and no more.

-- +goose Up
DROP INDEX findings_open;
CREATE INDEX findings_open ON findings(present, suppressed, severity_rank, last_seen DESC, site, fingerprint);
CREATE INDEX findings_all ON findings(severity_rank, last_seen DESC, site, fingerprint);
CREATE INDEX findings_rule ON findings(rule, severity_rank, last_seen DESC, site, fingerprint);
DROP INDEX recipients_vendor;
CREATE INDEX recipients_vendor ON recipients(vendor, entity, name, categories, site, named, present);
CREATE INDEX findings_count ON findings(present, suppressed, severity, site);
DROP INDEX findings_due;
CREATE INDEX findings_due ON findings(due_at) WHERE due_at > 0;
CREATE INDEX scans_last ON scans(site, finished_at DESC, id DESC) WHERE state IN ('finished', 'incomplete');

-- +goose Down
DROP INDEX scans_last;
DROP INDEX findings_due;
CREATE INDEX findings_due ON findings(due_at);
DROP INDEX findings_count;
DROP INDEX recipients_vendor;
CREATE INDEX recipients_vendor ON recipients(vendor, present);
DROP INDEX findings_rule;
DROP INDEX findings_all;
DROP INDEX findings_open;
CREATE INDEX findings_open ON findings(present, suppressed, severity_rank, last_seen);
