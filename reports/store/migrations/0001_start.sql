-- The same statements run on SQLite and on PostgreSQL: times are milliseconds of
-- Unix time, truths are 0 or 1, values are JSON text.

-- +goose Up
CREATE TABLE organisations (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	created_at BIGINT NOT NULL
);

CREATE TABLE sites (
	id TEXT PRIMARY KEY,
	organisation TEXT NOT NULL REFERENCES organisations(id),
	url TEXT NOT NULL,
	host TEXT NOT NULL,
	name TEXT NOT NULL,
	options TEXT NOT NULL,
	profile TEXT NOT NULL,
	paused BIGINT NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	deleted_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sites_url ON sites(organisation, url) WHERE deleted_at = 0;

CREATE TABLE schedules (
	id TEXT PRIMARY KEY,
	site TEXT NOT NULL REFERENCES sites(id),
	expression TEXT NOT NULL,
	zone TEXT NOT NULL,
	jitter_ms BIGINT NOT NULL,
	paused BIGINT NOT NULL DEFAULT 0,
	next_at BIGINT NOT NULL,
	last_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX schedules_next ON schedules(paused, next_at);

CREATE TABLE scans (
	id TEXT PRIMARY KEY,
	site TEXT NOT NULL REFERENCES sites(id),
	schedule TEXT NOT NULL DEFAULT '',
	reason TEXT NOT NULL,
	priority BIGINT NOT NULL,
	state TEXT NOT NULL,
	attempt BIGINT NOT NULL DEFAULT 0,
	worker TEXT NOT NULL DEFAULT '',
	beat_at BIGINT NOT NULL DEFAULT 0,
	queued_at BIGINT NOT NULL,
	started_at BIGINT NOT NULL DEFAULT 0,
	finished_at BIGINT NOT NULL DEFAULT 0,
	progress TEXT NOT NULL DEFAULT '{}',
	summary TEXT NOT NULL DEFAULT '{}',
	failure TEXT NOT NULL DEFAULT '',
	rules_version TEXT NOT NULL DEFAULT '',
	report_blob TEXT NOT NULL DEFAULT '',
	evidence_blob TEXT NOT NULL DEFAULT ''
);
CREATE INDEX scans_site ON scans(site, queued_at);
CREATE INDEX scans_state ON scans(state, queued_at);
-- One scan of a site waits or runs at a time.
CREATE UNIQUE INDEX scans_open ON scans(site) WHERE state IN ('queued', 'running');

CREATE TABLE findings (
	site TEXT NOT NULL REFERENCES sites(id),
	fingerprint TEXT NOT NULL,
	rule TEXT NOT NULL,
	pack TEXT NOT NULL,
	severity TEXT NOT NULL,
	severity_rank BIGINT NOT NULL,
	confidence TEXT NOT NULL,
	outcome TEXT NOT NULL,
	title TEXT NOT NULL,
	message TEXT NOT NULL,
	recipients TEXT NOT NULL,
	first_scan TEXT NOT NULL,
	first_seen BIGINT NOT NULL,
	last_scan TEXT NOT NULL,
	last_seen BIGINT NOT NULL,
	present BIGINT NOT NULL,
	suppressed BIGINT NOT NULL DEFAULT 0,
	review TEXT NOT NULL DEFAULT '',
	note TEXT NOT NULL DEFAULT '',
	owner TEXT NOT NULL DEFAULT '',
	due_at BIGINT NOT NULL DEFAULT 0,
	reviewed_by TEXT NOT NULL DEFAULT '',
	reviewed_at BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (site, fingerprint)
);
CREATE INDEX findings_open ON findings(present, suppressed, severity_rank, last_seen);

CREATE TABLE sightings (
	scan TEXT NOT NULL REFERENCES scans(id),
	site TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	severity TEXT NOT NULL,
	suppressed BIGINT NOT NULL,
	PRIMARY KEY (scan, fingerprint)
);
CREATE INDEX sightings_finding ON sightings(site, fingerprint);

CREATE TABLE recipients (
	site TEXT NOT NULL REFERENCES sites(id),
	vendor TEXT NOT NULL,
	name TEXT NOT NULL,
	entity TEXT NOT NULL,
	categories TEXT NOT NULL,
	named BIGINT NOT NULL,
	first_seen BIGINT NOT NULL,
	last_seen BIGINT NOT NULL,
	last_scan TEXT NOT NULL,
	present BIGINT NOT NULL,
	PRIMARY KEY (site, vendor)
);
CREATE INDEX recipients_vendor ON recipients(vendor, present);
CREATE INDEX recipients_entity ON recipients(entity, present);

CREATE TABLE policies (
	site TEXT NOT NULL REFERENCES sites(id),
	url TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	kind TEXT NOT NULL,
	title TEXT NOT NULL,
	last_updated TEXT NOT NULL,
	words BIGINT NOT NULL,
	statements TEXT NOT NULL,
	first_scan TEXT NOT NULL,
	first_seen BIGINT NOT NULL,
	last_scan TEXT NOT NULL,
	last_seen BIGINT NOT NULL,
	PRIMARY KEY (site, url, sha256)
);

CREATE TABLE suppressions (
	id TEXT PRIMARY KEY,
	site TEXT NOT NULL REFERENCES sites(id),
	fingerprint TEXT NOT NULL,
	reason TEXT NOT NULL,
	justification TEXT NOT NULL,
	owner TEXT NOT NULL,
	approver TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	withdrawn_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX suppressions_site ON suppressions(site, expires_at);

CREATE TABLE audit (
	seq BIGINT PRIMARY KEY,
	at BIGINT NOT NULL,
	actor TEXT NOT NULL,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	detail TEXT NOT NULL,
	previous TEXT NOT NULL,
	hash TEXT NOT NULL
);

CREATE TABLE people (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	subject TEXT NOT NULL,
	role TEXT NOT NULL,
	password TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	disabled BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX people_subject ON people(subject) WHERE subject <> '';

-- What somebody shows to be let in: a session's cookie, a token of the API, a
-- link that was shared. Only hashes are kept.
CREATE TABLE passes (
	hash TEXT PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	kind TEXT NOT NULL,
	person TEXT NOT NULL,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	object TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX passes_person ON passes(person, kind);

CREATE TABLE settings (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

-- +goose Down
DROP TABLE settings;
DROP TABLE passes;
DROP TABLE people;
DROP TABLE audit;
DROP TABLE suppressions;
DROP TABLE policies;
DROP TABLE recipients;
DROP TABLE sightings;
DROP TABLE findings;
DROP TABLE scans;
DROP TABLE schedules;
DROP TABLE sites;
DROP TABLE organisations;
