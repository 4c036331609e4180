-- +goose Up
-- Who is told of what. The address holds a secret and is shown to nobody.
CREATE TABLE destinations (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	address TEXT NOT NULL,
	organisation TEXT NOT NULL,
	sites TEXT NOT NULL,
	kinds TEXT NOT NULL,
	min_severity TEXT NOT NULL,
	digest_hour BIGINT NOT NULL,
	zone TEXT NOT NULL,
	quiet_from TEXT NOT NULL,
	quiet_to TEXT NOT NULL,
	paused BIGINT NOT NULL DEFAULT 0,
	created_at BIGINT NOT NULL,
	deleted_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX destinations_name ON destinations(name) WHERE deleted_at = 0;

-- What is to be said, to whom, and what became of it.
CREATE TABLE alerts (
	id TEXT PRIMARY KEY,
	destination TEXT NOT NULL REFERENCES destinations(id),
	organisation TEXT NOT NULL,
	site TEXT NOT NULL REFERENCES sites(id),
	scan TEXT NOT NULL,
	kind TEXT NOT NULL,
	severity TEXT NOT NULL,
	title TEXT NOT NULL,
	detail TEXT NOT NULL,
	path TEXT NOT NULL,
	dedupe TEXT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	attempts BIGINT NOT NULL DEFAULT 0,
	claim TEXT NOT NULL DEFAULT '',
	claimed_at BIGINT NOT NULL DEFAULT 0,
	sent_at BIGINT NOT NULL DEFAULT 0,
	failure TEXT NOT NULL DEFAULT ''
);
-- Each destination is told of a thing once.
CREATE UNIQUE INDEX alerts_once ON alerts(destination, dedupe);
CREATE INDEX alerts_due ON alerts(state, due_at);
CREATE INDEX alerts_created ON alerts(created_at);
CREATE INDEX alerts_claim ON alerts(claim);

-- Sites about which nobody is told anything.
CREATE TABLE silenced (
	site TEXT PRIMARY KEY REFERENCES sites(id)
);

-- What became of each promise of a site's texts.
CREATE TABLE promises (
	site TEXT NOT NULL REFERENCES sites(id),
	fingerprint TEXT NOT NULL,
	broken BIGINT NOT NULL,
	last_scan TEXT NOT NULL,
	last_seen BIGINT NOT NULL,
	PRIMARY KEY (site, fingerprint)
);

-- +goose Down
DROP TABLE promises;
DROP TABLE silenced;
DROP TABLE alerts;
DROP TABLE destinations;
